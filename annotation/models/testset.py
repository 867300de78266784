import re
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from annotation.models.base import StudyOwnedQuerySet
from annotation.models.pool.candidate import Candidate
from annotation.models.study import Study, TargetClass


class Strategy(models.TextChoices):
    ORIGINAL = "original", "original"
    MATCHED_FREQUENCY = "matched_frequency", "calibrated"
    MATCHED_POSTERIOR = "matched_posterior", "recalibrated"
    THRESHOLD = "threshold", "easier"
    TOP_IMAGES = "top_images", "easiest"


class TestSetQuerySet(StudyOwnedQuerySet):
    def cited(self, citation: str) -> Self:
        """The one revision that a citation such as `digits-twin/calibrated@r7` names, or nothing."""
        parts = re.fullmatch(r"([-\w]+)/([-\w]+)@r(\d{1,9})", citation, re.ASCII)
        if parts is None:
            return self.none()
        study, name, revision = parts.groups()
        return self.filter(study__slug=study, name=name, revision=int(revision))

    def current(self) -> Self:
        """The latest revision of each set, in the order they were first built."""
        latest = self.order_by("study_id", "name", "-revision").distinct("study_id", "name")
        return self.filter(pk__in=latest.values("pk")).order_by("pk")

    def newest_frozen(self) -> Self:
        """The latest frozen revision of each set: what classifiers are run on and reports are about."""
        return self.filter(frozen_at__isnull=False).current()


class TestSet(models.Model):
    """A list of candidates drawn by a strategy; frozen once, never changed after (a trigger sees to it)."""

    __test__ = False  # not a pytest class

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="test_sets")
    strategy = models.CharField(max_length=20, choices=Strategy.choices)
    name = models.SlugField(max_length=40, help_text="original, calibrated, recalibrated, easier, easiest.")
    revision = models.PositiveIntegerField()
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="revisions")
    kept_from = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whose images were taken first where they still fitted; empty: all were drawn.",
    )
    seed = models.PositiveBigIntegerField()
    parameters = models.JSONField(default=dict)
    shortages = models.JSONField(default=list, help_text="What could not be filled: class, bin, number, reason.")
    substitutions = models.JSONField(default=list, help_text="Images taken from a higher bin than asked for.")
    figures = models.JSONField(
        default=dict,
        blank=True,
        help_text="Rows of num_selected, num_seen, images, share: of set and original, chosen and held out; the gap.",
    )
    is_simulated = models.BooleanField(default=False)
    built_at = models.DateTimeField()
    built_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    frozen_at = models.DateTimeField(null=True, blank=True)
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    content_sha256 = models.CharField(max_length=64, blank=True, help_text="Of the manifest; set by freeze.")

    objects = TestSetQuerySet.as_manager()

    class Meta:
        ordering = ["study_id", "name", "-revision"]
        constraints = [
            models.UniqueConstraint(fields=["study", "name", "revision"], name="test_set_revision_once"),
            models.CheckConstraint(
                condition=Q(frozen_at__isnull=True, content_sha256="")
                | (Q(frozen_at__isnull=False) & ~Q(content_sha256="")),
                name="frozen_test_set_has_a_hash",
            ),
        ]

    def __str__(self) -> str:
        return self.citation

    @property
    def citation(self) -> str:
        """The id a paper can cite."""
        return f"{self.study.slug}/{self.name}@r{self.revision}"

    @property
    def is_given(self) -> bool:
        """Whether it was drawn elsewhere and imported as a list of images."""
        return bool(self.parameters.get("given"))

    @property
    def is_frozen(self) -> bool:
        return self.frozen_at is not None


class TestSetImage(models.Model):
    """One image of a test set with the counts it was chosen by."""

    __test__ = False
    study_path = "test_set__study"

    test_set = models.ForeignKey(TestSet, on_delete=models.CASCADE, related_name="images")
    number = models.PositiveIntegerField(help_text="Order in the set, from 0: by class, then candidate id.")
    candidate = models.ForeignKey(Candidate, on_delete=models.PROTECT, related_name="+")
    target_class = models.ForeignKey(TargetClass, on_delete=models.PROTECT, related_name="+")
    num_selected = models.PositiveIntegerField()
    num_seen = models.PositiveIntegerField()

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["test_set_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["test_set", "number"], name="test_set_number_once"),
            models.UniqueConstraint(fields=["test_set", "candidate"], name="test_set_candidate_once"),
            models.CheckConstraint(condition=Q(num_selected__lte=F("num_seen")), name="chosen_by_seen_counts"),
        ]

    def __str__(self) -> str:
        return f"{self.test_set_id}: {self.number}"
