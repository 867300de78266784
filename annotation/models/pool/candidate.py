from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from annotation.models.base import StudyOwnedQuerySet
from annotation.models.pool.collection import Collection, Origin
from annotation.models.pool.image import Image
from annotation.models.pool.takedown import TakeDown
from annotation.models.study import Study, TargetClass

if TYPE_CHECKING:
    from annotation.models.frequency import JudgementFilter


class CandidateQuerySet(StudyOwnedQuerySet):
    def included(self) -> "CandidateQuerySet":
        """Without those a person or a rule has excluded."""
        # By the column that joins them: by any other, the database expects next to none, and plans for that.
        return self.filter(exclusion__candidate__isnull=True)

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

    def lacking_picture(self) -> "CandidateQuerySet":
        """Those whose picture may still come; of those that were taken down, none ever does."""
        return self.filter(image__isnull=True, take_down__isnull=True)


class Candidate(models.Model):
    """An image for a target class."""

    # These three are found through the indexes below, which begin with them.
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="candidates", db_index=False)
    target_class = models.ForeignKey(TargetClass, on_delete=models.CASCADE, related_name="candidates", db_index=False)
    image = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        related_name="candidates",
        null=True,
        blank=True,
        help_text="Empty: its picture is not here, only judgements of it, or it was taken down.",
    )
    take_down = models.ForeignKey(
        TakeDown,
        on_delete=models.PROTECT,
        related_name="candidates",
        null=True,
        blank=True,
        db_index=False,
        help_text="By which its picture was removed for good; then it has none.",
    )
    origin = models.CharField(max_length=10, choices=Origin.choices)
    source = models.CharField(max_length=1000, help_text="Where it came from: path or address, for provenance.")
    licence = models.CharField(
        max_length=200, blank=True, db_default="", help_text="Under which the image may be used, as its source says."
    )
    taken_at = models.DateTimeField(
        null=True, blank=True, help_text="When the photograph was taken, as its source or the picture says."
    )
    uploaded_at = models.DateTimeField(null=True, blank=True, help_text="When it was put where it was found.")
    owner = models.CharField(max_length=200, blank=True, db_default="", help_text="Who put it there, as named there.")
    page_url = models.CharField(max_length=2000, blank=True, db_default="", help_text="The page that shows it.")
    query = models.CharField(max_length=200, blank=True, db_default="", help_text="The words it was found with.")
    collection = models.ForeignKey(
        Collection,
        on_delete=models.PROTECT,
        related_name="candidates",
        null=True,
        blank=True,
        db_index=False,
        help_text="With which it came in; none for what came before these were kept.",
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
                condition=Q(image__isnull=True, take_down__isnull=True),
                name="candidate_without_picture_once",
            ),
            models.CheckConstraint(
                condition=Q(image__isnull=True) | Q(take_down__isnull=True), name="what_is_taken_down_has_no_picture"
            ),
        ]
        # Each ends with the id, so that a page of a million is read in order, from where the last one ended.
        indexes = [
            models.Index(fields=["target_class", "origin", "id"]),
            models.Index(fields=["study", "id"], name="candidate_of_study"),
            models.Index(fields=["study", "origin", "id"], name="candidate_of_origin"),
            models.Index(
                fields=["collection", "id"], name="candidate_of_collection", condition=Q(collection__isnull=False)
            ),
            models.Index(fields=["study", "id"], name="candidate_taken_down", condition=Q(take_down__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"candidate {self.pk}"
