from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

from annotation.models import TestSet
from annotation.models.base import StudyOwnedQuerySet
from evaluation.models.classifier import Classifier


class RunQuerySet(StudyOwnedQuerySet):
    def with_progress(self) -> "RunQuerySet":
        """With `num_images` and `num_images_done`, counted over the shards."""
        size = F("shards__stop") - F("shards__start")
        return self.annotate(
            num_images=Coalesce(Sum(size), 0),
            num_images_done=Coalesce(Sum(size, filter=Q(shards__finished_at__isnull=False)), 0),
        )


class Run(models.Model):
    """One classifier × one test set × one condition."""

    class State(models.TextChoices):
        OPEN = "open", "running"
        FINISHED = "finished"
        FAILED = "failed"

    study_path = "classifier__study"
    num_images: int  # both from with_progress()
    num_images_done: int

    classifier = models.ForeignKey(Classifier, on_delete=models.CASCADE, related_name="runs")
    test_set = models.ForeignKey(TestSet, on_delete=models.PROTECT, related_name="runs")
    condition = models.CharField(max_length=60, default="clean")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    failure = models.TextField(blank=True)
    requested_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["classifier", "test_set", "condition"],
                condition=~Q(state="failed"),
                name="run_once_unless_it_failed",
            ),
            models.CheckConstraint(
                condition=Q(state="open", ended_at__isnull=True) | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="run_ended_when_not_open",
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.pk}"


class RunShard(models.Model):
    """Images `start` to `stop` of a run's test set: what one consumer scores under one lease."""

    study_path = "run__classifier__study"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="shards")
    number = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    stop = models.PositiveIntegerField()
    consumer = models.CharField(max_length=200, blank=True, help_text="Who holds, or last held, the lease.")
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    num_attempts = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["run_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="shard_number_once_per_run"),
            models.CheckConstraint(condition=Q(start__lt=F("stop")), name="shard_has_images"),
        ]
        indexes = [models.Index(fields=["run", "number"], condition=Q(finished_at__isnull=True), name="open_shards")]

    def __str__(self) -> str:
        return f"shard {self.number} of run {self.run_id}"

    @property
    def num_images(self) -> int:
        return self.stop - self.start
