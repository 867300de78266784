from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from annotation.models.base import StudyOwnedQuerySet
from annotation.models.pool.candidate import Candidate
from annotation.models.study import Study, TargetClass
from annotation.models.worker import IMPORTED


class IsAmong(models.Func):
    """Whether a value is one of an array: `value = ANY (array)`, which finds the values by their index."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY ("
    output_field = models.BooleanField()


class GridQuerySet(StudyOwnedQuerySet):
    def waiting(self) -> Self:
        """Grids that no open batch asks about and that nobody has handed in: those to launch.

        None that were out with workers when a picture of them was taken down.
        """
        being_asked = models.Q(hits__batch__isnull=False, hits__batch__expired_at__isnull=True)
        handed_in = models.Q(hits__assignments__submitted_at__isnull=False)
        stopped = models.Q(hits__stopped_at__isnull=False)
        taken = self.model._base_manager.filter(being_asked | handed_in | stopped, pk=models.OuterRef("pk"))
        return self.filter(~models.Exists(taken))

    def lost(self, now: datetime) -> Self:
        """Grids that were stopped before anybody handed one in, and that nobody is at work on."""
        slot = "hits__assignments"
        at_work = models.Q(**{f"{slot}__lease_expires_at__gt": now})
        handed_in = models.Q(**{f"{slot}__submitted_at__isnull": False})
        kept = self.model._base_manager.filter(at_work | handed_in, pk=models.OuterRef("pk"))
        stopped = self.model._base_manager.filter(hits__stopped_at__isnull=False, pk=models.OuterRef("pk"))
        return self.filter(models.Exists(stopped), ~models.Exists(kept))

    def imported(self) -> Self:
        """Grids that were put together for judgements made elsewhere."""
        elsewhere = self.model._base_manager.filter(hits__batch__platform=IMPORTED, pk=models.OuterRef("pk"))
        return self.filter(models.Exists(elsewhere))

    def with_pictures(self) -> Self:
        """Grids that can be shown: the picture of every image is here."""
        missing = Candidate.objects.without_picture().filter(IsAmong(models.F("pk"), models.OuterRef("candidate_ids")))
        return self.filter(~models.Exists(missing))


class Grid(models.Model):
    """Candidates in the order a worker sees them; bit i of a bitmap is about position i."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="grids")
    target_class = models.ForeignKey(TargetClass, on_delete=models.CASCADE, related_name="grids")
    number = models.PositiveIntegerField(help_text="Within the target class, from 0.")
    candidate_ids = ArrayField(models.BigIntegerField())
    measured = models.BinaryField(help_text="Bitmap: the positions that count towards a frequency.")
    positive_controls = models.BinaryField(help_text="Bitmap: originals of the class, known positives.")
    negative_controls = models.BinaryField(help_text="Bitmap: originals of the nearest class, known negatives.")
    sheets = ArrayField(
        models.CharField(max_length=64),
        default=list,
        db_default=[],
        blank=True,
        help_text="The sha256 of each contact sheet; empty until they are made.",
    )
    created_at = models.DateTimeField()

    objects = GridQuerySet.as_manager()

    class Meta:
        ordering = ["target_class_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["target_class", "number"], name="grid_number_once_per_class"),
            models.CheckConstraint(condition=models.Q(candidate_ids__len__gt=0), name="grid_has_positions"),
        ]
        indexes = [GinIndex(fields=["candidate_ids"], name="grids_by_candidate", fastupdate=False)]

    def __str__(self) -> str:
        return f"grid {self.number} of class {self.target_class_id}"

    @property
    def num_positions(self) -> int:
        return len(self.candidate_ids)
