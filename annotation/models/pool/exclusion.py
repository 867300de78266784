from django.conf import settings
from django.db import models
from django.db.models import Q

from annotation.models.base import StudyOwnedQuerySet
from annotation.models.pool.candidate import Candidate
from annotation.models.study import Study


class Exclusion(models.Model):
    """Why a candidate takes no further part, and who said so."""

    class Reason(models.TextChoices):
        IN_ORIGINAL = "in_original", "is an image of the original test set"
        DUPLICATE = "duplicate", "shows the same scene as another candidate"
        WRONG_CLASS = "wrong_class", "is not of the class"
        UNUSABLE = "unusable", "is broken, offensive or not a photograph"
        # What reviewers of a test set say beside these.
        UNCLEAR = "unclear", "does not show clearly what it is of"
        DRAWING = "drawing", "is a drawing or a computer graphic"
        COMPOSITE = "composite", "is put together from several pictures"
        OFFENSIVE = "offensive", "is offensive or upsetting"
        ROTATED = "rotated", "is rotated"
        OTHER = "other", "was excluded in a review, for the reason noted there"
        # Follows from taking a picture down, and from nothing else.
        TAKEN_DOWN = "taken_down", "was taken down: its picture may not be kept"

        @classmethod
        def to_give(cls) -> list[tuple[str, str]]:
            """Those that a person may give, with their words."""
            return [(value, text) for value, text in cls.choices if value != cls.TAKEN_DOWN]

    study_path = "candidate__study"

    candidate = models.OneToOneField(Candidate, on_delete=models.CASCADE, related_name="exclusion")
    reason = models.CharField(max_length=20, choices=Reason.choices)
    excluded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    excluded_at = models.DateTimeField()
    stage = models.CharField(
        max_length=20,
        blank=True,
        db_default="",
        default="",
        help_text="The stage that follows from its own decisions, and takes it back with them; empty for all others.",
    )

    bulk = models.ForeignKey(
        "BulkExclusion",
        on_delete=models.SET_NULL,
        related_name="exclusions",
        null=True,
        blank=True,
        help_text="With which many others it was excluded at once; none where it was one by one.",
    )

    objects = StudyOwnedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.candidate_id}: {self.get_reason_display()}"


class ReplacedExclusion(models.Model):
    """What an exclusion had said before another reason took its place, and who gave that one."""

    study_path = "candidate__study"

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="replaced_exclusions")
    reason = models.CharField(max_length=20, choices=Exclusion.Reason.choices)
    excluded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    excluded_at = models.DateTimeField()
    stage = models.CharField(max_length=20, blank=True, help_text="The stage that had found it; empty for all others.")
    bulk = models.ForeignKey(
        "BulkExclusion",
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
        help_text="With which many others it was excluded at once.",
    )
    replaced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    replaced_at = models.DateTimeField()

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.candidate_id}: before, {self.get_reason_display()}"


class Readmission(models.Model):
    """An exclusion that a person took back: what it had said, and who let the candidate in again."""

    study_path = "candidate__study"

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="readmissions")
    reason = models.CharField(max_length=20, choices=Exclusion.Reason.choices)
    excluded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    excluded_at = models.DateTimeField()
    let_in_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    let_in_at = models.DateTimeField()

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.candidate_id}: not any more {self.get_reason_display()}"


class BulkExclusion(models.Model):
    """Candidates that one person excluded at once, by what they have in common; it can be undone as one."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="bulk_exclusions")
    reason = models.CharField(max_length=20, choices=Exclusion.Reason.choices)
    criteria = models.JSONField(help_text="What they have in common, as the person gave it.")
    num_excluded = models.PositiveIntegerField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    made_at = models.DateTimeField()
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, blank=True)
    num_taken_back = models.PositiveIntegerField(default=0)

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(undone_at__isnull=False) | Q(undone_by__isnull=True, num_taken_back=0),
                name="bulk_exclusion_is_undone_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.num_excluded} candidates of study {self.study_id}: {self.get_reason_display()}"
