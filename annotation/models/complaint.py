from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotation.models.assignment import Assignment
from annotation.models.base import StudyOwnedQuerySet
from annotation.models.grid import Grid
from annotation.models.pool.candidate import Candidate
from annotation.models.worker import Worker


class ComplaintQuerySet(StudyOwnedQuerySet):
    def waiting(self) -> Self:
        """Those that no researcher has settled."""
        return self.filter(settled_at__isnull=True)

    def offensive(self) -> Self:
        """Those for which an image is covered: it may upset, and no researcher has said that it does not."""
        return self.filter(reason="offensive").exclude(is_upheld=False)

    def positions(self, grid: Grid, *, worker_id: int | None, until: datetime) -> set[int]:
        """Where on the grid the images are that this worker had complained about by then."""
        mine = self.filter(worker=worker_id, candidate__in=grid.candidate_ids, filed_at__lte=until)
        ids = set(mine.order_by().values_list("candidate_id", flat=True))
        return {position for position, candidate_id in enumerate(grid.candidate_ids) if candidate_id in ids}


class Complaint(models.Model):
    """A worker's word that an image should not be shown, until a researcher has settled it.

    It is not shown to this worker any more, whatever the researcher decides.
    """

    class Reason(models.TextChoices):
        BROKEN = "broken", "the picture is broken"
        OFFENSIVE = "offensive", "the picture is offensive or upsetting"

    study_path = "candidate__study"

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="complaints")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="complaints", db_index=False)
    assignment = models.ForeignKey(
        Assignment, on_delete=models.CASCADE, related_name="complaints", help_text="Where they met it."
    )
    reason = models.CharField(max_length=20, choices=Reason.choices)
    filed_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    is_upheld = models.BooleanField(null=True, blank=True, help_text="Whether the image was excluded for it.")

    objects = ComplaintQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["worker", "candidate"], name="complaint_once_per_worker_and_image"),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, is_upheld__isnull=True)
                | Q(settled_at__isnull=False, is_upheld__isnull=False),
                name="a_settled_complaint_has_an_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"complaint {self.pk} about candidate {self.candidate_id}"
