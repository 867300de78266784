from datetime import datetime

from django.db import models
from django.db.models import Case, DurationField, ExpressionWrapper, F, FloatField, IntegerField, Q, Sum, Value, When
from django.db.models.functions import Coalesce, Extract, Greatest

from annotation.models import TestSet
from annotation.models.base import StudyOwnedQuerySet
from evaluation.models.classifier import Classifier

SHORTEST = 0.1
"""Seconds below which nothing is said of how fast a shard goes."""


class RunQuerySet(StudyOwnedQuerySet):
    def standing(self) -> "RunQuerySet":
        """Those that keep the same run from being opened again: open or finished."""
        return self.exclude(state__in=[Run.State.FAILED, Run.State.CANCELLED, Run.State.WITHDRAWN])

    def with_score(self) -> "RunQuerySet":
        """With the counts of their scores, but not the bit per image, which is long."""
        return self.select_related("score").defer("score__is_correct", "score__is_correct_top5")

    def with_progress(self) -> "RunQuerySet":
        """With `num_images` and `num_images_done`, counted over the shards."""
        size = F("shards__stop") - F("shards__start")
        done = Case(
            When(shards__finished_at__isnull=False, then=size),
            default=F("shards__num_done"),
            output_field=IntegerField(),
        )
        return self.annotate(num_images=Coalesce(Sum(size), 0), num_images_done=Coalesce(Sum(done), 0))

    def with_speed(self, *, now: datetime) -> "RunQuerySet":
        """With `images_per_second`: what those who hold a shard now do together, since each began with it."""
        since = ExpressionWrapper(Value(now) - F("shards__started_at"), output_field=DurationField())
        seconds = Greatest(Extract(since, "epoch"), Value(SHORTEST), output_field=FloatField())
        is_held = Q(shards__finished_at__isnull=True, shards__lease_expires_at__gt=now, state=Run.State.OPEN)
        return self.annotate(
            images_per_second=Coalesce(
                Sum(F("shards__num_done") / seconds, filter=is_held, output_field=FloatField()), Value(0.0)
            )
        )


class Run(models.Model):
    """One classifier × one test set × one condition."""

    class State(models.TextChoices):
        OPEN = "open", "running"
        FINISHED = "finished"
        FAILED = "failed"
        CANCELLED = "cancelled"
        WITHDRAWN = "withdrawn"

    study_path = "classifier__study"
    num_images: int  # both from with_progress()
    num_images_done: int
    images_per_second: float  # from with_speed()

    classifier = models.ForeignKey(Classifier, on_delete=models.CASCADE, related_name="runs")
    test_set = models.ForeignKey(TestSet, on_delete=models.PROTECT, related_name="runs")
    condition = models.CharField(max_length=60, default="clean")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    failure = models.TextField(blank=True, help_text="Why it failed, or why its predictions were withdrawn.")
    requested_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["classifier", "test_set", "condition"],
                condition=~Q(state__in=["failed", "cancelled", "withdrawn"]),
                name="run_once_unless_it_came_to_nothing",
            ),
            models.CheckConstraint(
                condition=Q(state="open", ended_at__isnull=True) | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="run_ended_when_not_open",
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.pk}"

    @property
    def seconds_left(self) -> float | None:
        """At the speed of now; nothing while nobody works on it. Needs `with_progress()` and `with_speed()`."""
        left = self.num_images - self.num_images_done
        return left / self.images_per_second if self.images_per_second else None


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
    num_errors = models.PositiveSmallIntegerField(default=0, help_text="Tries that ended in an error, not in a death.")
    started_at = models.DateTimeField(null=True, blank=True, help_text="When this try began with its first image.")
    num_done = models.PositiveIntegerField(default=0, help_text="Images scored in this try.")
    suspect = models.PositiveIntegerField(
        null=True, blank=True, help_text="The image that a careful try, going image by image, has begun last."
    )
    num_suspected = models.PositiveSmallIntegerField(
        default=0, help_text="How many tries in a row began the suspect and died there."
    )
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
