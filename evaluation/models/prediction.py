from django.db import models

from annotation.models.base import StudyOwnedQuerySet
from evaluation.models.run import RunShard


class PredictionSet(models.Model):
    """The predictions of one shard, stored as a file under its content hash: logits, or ranked classes."""

    study_path = "shard__run__classifier__study"

    shard = models.OneToOneField(RunShard, on_delete=models.CASCADE, related_name="prediction_set")
    sha256 = models.CharField(max_length=64)
    num_images = models.PositiveIntegerField()
    num_ranks = models.PositiveIntegerField(
        null=True, blank=True, help_text="How many classes are named per image, the likeliest first; empty: logits."
    )
    stored_at = models.DateTimeField()

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["shard_id"]

    def __str__(self) -> str:
        return self.sha256[:12]
