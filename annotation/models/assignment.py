from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, Q, Sum

from annotation.models.base import StudyOwnedQuerySet
from annotation.models.hit import HIT
from annotation.models.worker import Worker


@dataclass(frozen=True)
class Progress:
    """What a worker has done in a study, and what the accepted part earns them: minor units by currency."""

    num_done: int
    num_accepted: int
    pay: dict[str, int]

    @classmethod
    def of(cls, by_currency: Mapping[str, Sequence[int]]) -> Self:
        """From how many grids were done for each currency, and what they earn."""
        num_done = sum(count for count, _ in by_currency.values())
        # People of one's own are not judged grid by grid: what they hand in is accepted.
        return cls(num_done, num_done, {currency: pay for currency, (_, pay) in by_currency.items() if pay})


class AssignmentQuerySet(StudyOwnedQuerySet):
    def progress_of(self, worker_id: int | None, *, study_id: int) -> Progress:
        """What this worker has handed in in this study."""
        done = self.filter(worker=worker_id, submitted_at__isnull=False, hit__batch__study=study_id)
        rows = (
            done.order_by()
            .values_list("hit__batch__currency")
            .annotate(num_done=Count("pk"), pay=Sum("hit__batch__pay_minor_units"))
        )
        return Progress.of({currency: (num_done, pay) for currency, num_done, pay in rows})


class Assignment(models.Model):
    """A slot of a HIT: free (no worker), claimed (a lease runs) or submitted (the judgements are in)."""

    study_path = "hit__batch__study"

    # The constraint and the indexes below begin with these two; more of the same would only slow every write.
    hit = models.ForeignKey(HIT, on_delete=models.CASCADE, related_name="assignments", db_index=False)
    worker = models.ForeignKey(
        Worker, on_delete=models.PROTECT, null=True, blank=True, related_name="assignments", db_index=False
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    is_late = models.BooleanField(default=False, help_text="Handed in after the lease had ended.")
    seen = models.BinaryField(null=True, blank=True, help_text="Bitmap of positions whose image loaded.")
    selected = models.BinaryField(null=True, blank=True, help_text="Bitmap of positions the worker selected.")
    draft = models.BinaryField(null=True, blank=True, help_text="Bitmap of what is selected so far; not an answer yet.")
    draft_kept_at = models.DateTimeField(null=True, blank=True)
    submission_key = models.UUIDField(null=True, blank=True, help_text="Names the request that handed it in.")
    taken_from = ArrayField(
        models.BigIntegerField(),
        null=True,
        blank=True,
        help_text="Ids of the workers whose lease ended and whose slot went to another, oldest first.",
    )

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["hit", "worker"], name="worker_once_per_hit"),
            models.CheckConstraint(
                condition=Q(worker__isnull=True, claimed_at__isnull=True, lease_expires_at__isnull=True)
                | Q(worker__isnull=False, claimed_at__isnull=False, lease_expires_at__isnull=False),
                name="a_claim_has_a_worker_and_a_lease",
            ),
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True, seen__isnull=True, selected__isnull=True)
                | Q(
                    submitted_at__isnull=False,
                    seen__isnull=False,
                    selected__isnull=False,
                    worker__isnull=False,
                ),
                name="submitted_work_has_judgements",
            ),
            models.CheckConstraint(
                condition=Q(draft__isnull=True, draft_kept_at__isnull=True)
                | Q(draft__isnull=False, draft_kept_at__isnull=False, worker__isnull=False, submitted_at__isnull=True),
                name="only_claimed_work_has_a_draft",
            ),
        ]
        indexes = [
            models.Index(fields=["hit", "lease_expires_at"], condition=Q(submitted_at__isnull=True), name="open_slots"),
            models.Index(fields=["worker", "submitted_at"], name="work_of_a_worker"),
        ]

    def __str__(self) -> str:
        return f"assignment {self.pk}"

    @property
    def is_submitted(self) -> bool:
        return self.submitted_at is not None

    def is_held_at(self, now: datetime) -> bool:
        """Whether a worker's lease runs at this moment."""
        return not self.is_submitted and self.lease_expires_at is not None and self.lease_expires_at > now
