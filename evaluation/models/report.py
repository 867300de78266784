from typing import Self

from django.db import models
from django.db.models import Q

from annotation.models import Study
from annotation.models.base import StudyOwnedQuerySet


class ReportQuerySet(StudyOwnedQuerySet):
    def built(self) -> Self:
        """Those that can be read."""
        return self.filter(state=Report.State.BUILT)


class Report(models.Model):
    """What was found, as data: the page, the charts and the JSON are all drawn from `content`."""

    class State(models.TextChoices):
        BUILDING = "building"
        BUILT = "built"
        FAILED = "failed"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="reports")
    selection = models.JSONField(
        default=dict, help_text="Test sets and classifiers it was asked for; empty: all that are frozen and scored."
    )
    selection_key = models.CharField(max_length=64, blank=True, help_text="Hash of the selection; empty for all.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.BUILDING)
    failure = models.TextField(blank=True)
    num_attempts = models.PositiveSmallIntegerField(default=0, help_text="How often building it was begun.")
    num_steps = models.PositiveIntegerField(default=0)
    num_steps_done = models.PositiveIntegerField(default=0)
    content = models.JSONField(default=dict)
    requested_at = models.DateTimeField()
    built_at = models.DateTimeField(null=True, blank=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["study", "selection_key", "-id"], name="report_of_selection")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="built", built_at__isnull=False) | (~Q(state="built") & Q(built_at__isnull=True)),
                name="report_has_a_time_when_built",
            )
        ]

    def __str__(self) -> str:
        return f"report {self.pk}"
