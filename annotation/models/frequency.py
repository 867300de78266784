from typing import Self

import numpy as np
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from annotation.models.base import StudyOwnedQuerySet
from annotation.models.pool.candidate import Candidate
from annotation.models.pool.collection import Origin
from annotation.models.study import Study, TargetClass
from annotation.stats.beta_binomial import BetaBinomialMixture


class JudgementFilter(models.Model):
    """Which judgements count; it never changes once it is defined, so that counts under its name mean one thing."""

    STANDARD = "standard"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="judgement_filters")
    slug = models.SlugField(max_length=80)
    name = models.CharField(max_length=200)
    until = models.DateTimeField(null=True, blank=True, help_text="Only what was handed in by then; empty: everything.")
    leaves_out_excluded = models.BooleanField(
        default=True, help_text="Leaves out workers who are excluded from frequencies by a decision."
    )
    min_control_accuracy = models.FloatField(
        null=True,
        blank=True,
        help_text="In [0, 1]: an assignment with a smaller share of its controls right is left out; empty: none is.",
    )
    created_at = models.DateTimeField()

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["study", "slug"], name="judgement_filter_once_per_study"),
            models.CheckConstraint(
                condition=Q(min_control_accuracy__isnull=True)
                | Q(min_control_accuracy__gte=0, min_control_accuracy__lte=1),
                name="control_accuracy_is_a_fraction",
            ),
            models.CheckConstraint(
                condition=~Q(slug="standard")
                | Q(until__isnull=True, leaves_out_excluded=True, min_control_accuracy__isnull=True),
                name="standard_filter_is_the_same_everywhere",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_standard(self) -> bool:
        """Whether pages and test sets use it where none is named."""
        return self.slug == self.STANDARD


class SelectionFrequencyQuerySet(StudyOwnedQuerySet):
    def standard(self) -> Self:
        """Counted as every page and test set does where no filter is named."""
        return self.filter(judgement_filter__slug=JudgementFilter.STANDARD)


class SelectionFrequency(models.Model):
    """How many workers saw a candidate, and how many of them selected it, under a judgement filter.

    Each worker counts once, so that `num_seen` is a number of people.
    """

    study_path = "candidate__study"

    # Neither reference is checked row by row: that took longer than all else together (ADR 0012).
    judgement_filter = models.ForeignKey(
        JudgementFilter, on_delete=models.CASCADE, related_name="frequencies", db_constraint=False, db_index=False
    )
    candidate = models.ForeignKey(
        Candidate,
        on_delete=models.CASCADE,
        related_name="selection_frequencies",
        db_constraint=False,
        db_index=False,
    )
    num_selected = models.PositiveIntegerField()
    num_seen = models.PositiveIntegerField()

    objects = SelectionFrequencyQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "selection frequencies"
        constraints = [
            models.UniqueConstraint(fields=["judgement_filter", "candidate"], name="frequency_once_per_filter"),
            models.CheckConstraint(condition=Q(num_selected__lte=F("num_seen")), name="selected_were_seen"),
        ]

    def __str__(self) -> str:
        return f"{self.num_selected} of {self.num_seen}"

    @property
    def frequency(self) -> float | None:
        """In [0, 1]; none while nobody has seen the image."""
        return self.num_selected / self.num_seen if self.num_seen else None


class FrequencyTally(models.Model):
    """What the frequencies of a class under a filter were last counted from.

    They are stale where another number of assignments is handed in by now, or where the row is marked.
    """

    study_path = "target_class__study"

    judgement_filter = models.ForeignKey(JudgementFilter, on_delete=models.CASCADE, related_name="tallies")
    target_class = models.ForeignKey(TargetClass, on_delete=models.CASCADE, related_name="frequency_tallies")
    num_assignments = models.PositiveIntegerField(help_text="Handed in, as far as the filter's time reaches.")
    num_counted = models.PositiveIntegerField(help_text="Those of them that the filter lets count.")
    is_stale = models.BooleanField(default=False, help_text="Something else than what is handed in has changed.")
    counted_at = models.DateTimeField()

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "frequency tallies"
        constraints = [
            models.UniqueConstraint(fields=["judgement_filter", "target_class"], name="tally_once_per_filter"),
            models.CheckConstraint(condition=Q(num_counted__lte=F("num_assignments")), name="counted_were_handed_in"),
        ]

    def __str__(self) -> str:
        return f"class {self.target_class_id}: {self.num_counted} of {self.num_assignments}"


class FrequencyMixture(models.Model):
    """What the true frequencies of a study look like: beta-binomials fitted to its counts, per filter and origin.

    Choosing how many takes seconds, so it is a row: what it was fitted on stands beside it.
    """

    study_path = "judgement_filter__study"

    judgement_filter = models.ForeignKey(JudgementFilter, on_delete=models.CASCADE, related_name="mixtures")
    origin = models.CharField(max_length=10, choices=Origin.choices)
    weight = ArrayField(models.FloatField(), help_text="Share of each component, summing to 1.")
    a = ArrayField(models.FloatField())
    b = ArrayField(models.FloatField())
    held_out = ArrayField(
        models.FloatField(), help_text="Log-likelihood of images left out, by number of components from 1."
    )
    num_images = models.PositiveIntegerField()
    num_selected = models.PositiveBigIntegerField(help_text="Judgements it was fitted on that selected their image.")
    num_seen = models.PositiveBigIntegerField(help_text="All judgements it was fitted on.")
    fitted_at = models.DateTimeField()

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["judgement_filter", "origin"], name="mixture_once_per_filter_and_origin"),
        ]

    def __str__(self) -> str:
        return f"{len(self.weight)} components for {self.num_images} {self.origin} images"

    @property
    def components(self) -> list[tuple[float, float]]:
        """Share and mean frequency of each."""
        return [(weight, a / (a + b)) for weight, a, b in zip(self.weight, self.a, self.b, strict=True)]

    @property
    def mixture(self) -> BetaBinomialMixture:
        """To compute with."""
        return BetaBinomialMixture(*(np.array(values) for values in (self.weight, self.a, self.b)))
