from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Func, Q
from django.db.models.lookups import Exact

from annotation.models.base import StudyOwnedQuerySet
from annotation.models.study import Study, TargetClass

if TYPE_CHECKING:
    from annotation.models.frequency import JudgementFilter


class Image(models.Model):
    """A picture by its content, shared by all studies; access always goes through a candidate."""

    sha256 = models.CharField(max_length=64, unique=True, help_text="Of the file as it came.")
    pixel_sha256 = models.CharField(max_length=64, db_index=True, help_text="Of the upright RGB pixels.")
    format = models.CharField(max_length=10)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    num_bytes = models.PositiveBigIntegerField()
    rendition_sha256 = models.CharField(max_length=64, help_text="Of the re-encoded picture that people are shown.")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.sha256[:12]


class ImageSignature(models.Model):
    """What near-duplicates of an image are found and ranked by."""

    image = models.OneToOneField(Image, on_delete=models.CASCADE, primary_key=True, related_name="signature")
    hash = models.BigIntegerField(help_text="The 64 bits of its perceptual hash, as a signed number.")
    grey = models.BinaryField(help_text="32 × 32 grey values, row by row.")

    class Meta:
        ordering = ["image_id"]
        constraints = [
            models.CheckConstraint(
                condition=Exact(Func("grey", function="octet_length", output_field=models.IntegerField()), 1024),
                name="a_signature_has_1024_grey_values",
            ),
        ]

    def __str__(self) -> str:
        return f"signature of image {self.image_id}"


class Origin(models.TextChoices):
    ORIGINAL = "original"
    POOL = "pool"


class CandidateQuerySet(StudyOwnedQuerySet):
    def included(self) -> "CandidateQuerySet":
        """Without those a person or a rule has excluded."""
        return self.filter(exclusion__isnull=True)

    def counted(self, judgement_filter: "JudgementFilter") -> "CandidateQuerySet":
        """Those of the filter's study; `counts` leads to what each has under the filter, if anything."""
        own = Q(selection_frequencies__judgement_filter=judgement_filter)
        counts = models.FilteredRelation("selection_frequencies", condition=own)
        return self.filter(study=judgement_filter.study_id).annotate(counts=counts)

    def with_picture(self) -> "CandidateQuerySet":
        """Those that can be shown and scored; judgements from elsewhere may be about images that are not here."""
        return self.filter(image__isnull=False)

    def without_picture(self) -> "CandidateQuerySet":
        return self.filter(image__isnull=True)


class Candidate(models.Model):
    """An image for a target class."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="candidates")
    target_class = models.ForeignKey(TargetClass, on_delete=models.CASCADE, related_name="candidates")
    image = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        related_name="candidates",
        null=True,
        blank=True,
        help_text="Empty: its picture is not here, only judgements of it.",
    )
    origin = models.CharField(max_length=10, choices=Origin.choices)
    source = models.CharField(max_length=1000, help_text="Where it came from: path or address, for provenance.")
    licence = models.CharField(
        max_length=200, blank=True, db_default="", help_text="Under which the image may be used, as its source says."
    )
    taken_at = models.DateTimeField(
        null=True, blank=True, help_text="When the photograph was taken, as its source or the picture says."
    )
    created_at = models.DateTimeField()

    objects = CandidateQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "target_class", "image", "origin"],
                name="candidate_once_per_class_and_origin",
            ),
            models.UniqueConstraint(
                fields=["study", "target_class", "origin", "source"],
                condition=Q(image__isnull=True),
                name="candidate_without_picture_once",
            ),
        ]
        indexes = [models.Index(fields=["target_class", "origin", "id"])]

    def __str__(self) -> str:
        return f"candidate {self.pk}"


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

    objects = StudyOwnedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.candidate_id}: {self.get_reason_display()}"
