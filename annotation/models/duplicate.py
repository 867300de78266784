from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q
from django.db.models.lookups import Exact

from annotation.models.base import StudyOwnedQuerySet
from annotation.models.pool.candidate import Candidate
from annotation.models.pool.exclusion import Exclusion
from annotation.models.study import Study
from annotation.models.testset import TestSetImage

DUPLICATES = "duplicates"
"""The stage, as its exclusions name it."""


class ReferenceImage(models.Model):
    """An image that no candidate may show, such as one of a training set: known by its hash, perhaps its signature."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="reference_images")
    source = models.CharField(max_length=1000, blank=True, default="", help_text="The folder or table it came from.")
    name = models.CharField(max_length=1000, help_text="Its path below the folder, or as the table has it.")
    hash = models.BigIntegerField(help_text="The 64 bits of its perceptual hash, as a signed number.")
    grey = models.BinaryField(
        null=True, blank=True, help_text="32 × 32 grey values; empty where only the hash is known."
    )

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["study", "name", "hash"], name="reference_once_per_name_and_content"),
            models.CheckConstraint(
                condition=Q(grey__isnull=True)
                | Q(Exact(Func("grey", function="octet_length", output_field=models.IntegerField()), 1024)),
                name="a_reference_has_1024_grey_values_or_none",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def folder(self) -> str:
        """Where it came from, by the last part of the path: two folders may use the same names."""
        return self.source.rsplit("/", 1)[-1]


class DuplicateSearch(models.Model):
    """The last search for near-duplicates in a study: asked for by a person, carried out by the queue."""

    study = models.OneToOneField(Study, on_delete=models.CASCADE, related_name="duplicate_search")
    max_distance = models.PositiveSmallIntegerField(default=8, help_text="Bits in which two hashes may differ.")
    requested_at = models.DateTimeField(null=True, blank=True, help_text="Empty while nobody waits for the next one.")
    step = models.CharField(max_length=40, blank=True, help_text="What is being done; empty while nothing is.")
    num_done = models.PositiveIntegerField(default=0)
    num_wanted = models.PositiveIntegerField(default=0)
    num_images = models.PositiveIntegerField(default=0, help_text="Pool, original and reference images compared.")
    num_unreadable = models.PositiveIntegerField(default=0, help_text="Without a signature, as their files are lost.")
    num_thinned = models.PositiveIntegerField(
        default=0, help_text="With the same hash as many others, and compared only through the first of those."
    )
    num_attempts = models.PositiveSmallIntegerField(
        default=0, help_text="How often the search that is asked for was begun, without an end."
    )
    problem = models.CharField(max_length=300, blank=True, help_text="Why the last search broke off, if it did.")
    searched_at = models.DateTimeField(null=True, blank=True, help_text="Empty until the first search is done.")

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["study_id"]
        constraints = [
            models.CheckConstraint(condition=Q(max_distance__lte=16), name="at_most_16_bits_apart"),
        ]

    def __str__(self) -> str:
        return f"search of study {self.study_id}"

    @property
    def is_asked_for(self) -> bool:
        return self.requested_at is not None


class DuplicatePairQuerySet(StudyOwnedQuerySet):
    def ranked(self) -> Self:
        """The likest first; before them those that only hashes tell of, as nothing ranks them but the hash."""
        return self.order_by((F("pixel_distance") + F("structural_distance")).asc(nulls_first=True), "hamming", "id")

    def concerning(self) -> Self:
        """Without those whose pool image is out for another reason: nothing depends on them."""
        elsewhere = Exclusion.objects.filter(stage="")
        rows = self.exclude(Exists(elsewhere.filter(candidate=OuterRef("first"))))
        return rows.exclude(Exists(elsewhere.filter(candidate=OuterRef("second"), candidate__origin="pool")))

    def touching(self, test_set_id: int) -> Self:
        """Those that would make the set hold an image of the original or the reference, or one scene twice."""
        images = TestSetImage.objects.filter(test_set=test_set_id).order_by().values("candidate")
        other = Q(reference__isnull=False) | Q(second__origin="original") | Q(second__in=images)
        return self.concerning().filter(other, first__in=images)

    def decided(self) -> Self:
        return self.filter(Exists(DuplicateDecision.objects.active().filter(pair=OuterRef("pk"))))

    def undecided(self) -> Self:
        """Those that a person has yet to look at."""
        return self.exclude(Exists(DuplicateDecision.objects.active().filter(pair=OuterRef("pk"))))


class DuplicatePair(models.Model):
    """Two images that look alike: one of the pool, and one of the pool, the original or the reference images.

    Its distances oblige a person to look, and decide nothing.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="duplicate_pairs")
    first = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="+", help_text="Of the pool.")
    second = models.ForeignKey(Candidate, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    reference = models.ForeignKey(ReferenceImage, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    copy = models.CharField(
        max_length=40, blank=True, help_text="As what one was found in the other: mirrored or cropped; empty as it is."
    )
    hamming = models.PositiveSmallIntegerField(help_text="Bits in which the hashes differ.")
    pixel_distance = models.FloatField(null=True, blank=True, help_text="Root mean square of 32 × 32 grey values, 0–1.")
    structural_distance = models.FloatField(null=True, blank=True, help_text="(1 − SSIM)/2 of them, 0–1.")
    embedding_distance = models.FloatField(null=True, blank=True, help_text="1 − cosine of a classifier's features.")
    embedded_by = models.CharField(max_length=100, blank=True, help_text="The classifier that gave the features.")
    found_at = models.DateTimeField()

    objects = DuplicatePairQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="pair_of_candidates_once"),
            models.UniqueConstraint(fields=["first", "reference"], name="pair_with_reference_once"),
            models.CheckConstraint(
                condition=Q(second__isnull=True, reference__isnull=False)
                | Q(second__isnull=False, reference__isnull=True),
                name="a_pair_has_one_other",
            ),
            models.CheckConstraint(condition=~Q(first=F("second")), name="a_pair_has_two_images"),
        ]

    def __str__(self) -> str:
        other = self.reference_id if self.second_id is None else self.second_id
        return f"{self.first_id} and {'reference ' if self.second_id is None else ''}{other}"


class DuplicateDecisionQuerySet(StudyOwnedQuerySet):
    def active(self) -> Self:
        """Those that nobody has undone."""
        return self.filter(undone_at__isnull=True)


class DuplicateDecision(models.Model):
    """A person's word on a pair. Undoing it is written beside it; it goes only with a reference that is removed."""

    study_path = "pair__study"

    pair = models.ForeignKey(DuplicatePair, on_delete=models.CASCADE, related_name="decisions")
    is_duplicate = models.BooleanField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = DuplicateDecisionQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["pair"], condition=Q(undone_at__isnull=True), name="one_active_decision_per_pair"
            ),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True, undone_by__isnull=True)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="who_undoes_a_decision_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"pair {self.pair_id}: {'duplicate' if self.is_duplicate else 'not a duplicate'}"

    @property
    def is_active(self) -> bool:
        return self.undone_at is None


class SurvivorChoice(models.Model):
    """The image that a person keeps of its duplicates, instead of the one most selected; the latest word counts."""

    study_path = "candidate__study"

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="+")
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    chosen_at = models.DateTimeField()

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"keep candidate {self.candidate_id}"
