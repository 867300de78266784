from collections.abc import Collection
from typing import Self

from django.db import models
from django.db.models import F, Q

from annotation.models import TestSet
from annotation.models.base import StudyOwnedQuerySet
from evaluation.models.run import Run


class ScoreQuerySet(StudyOwnedQuerySet):
    def clean_on(self, test_sets: Collection[TestSet]) -> Self:
        """Of finished runs on these sets, with the images as they are: what is compared."""
        return self.filter(run__test_set__in=test_sets, run__condition="clean", run__state=Run.State.FINISHED)


class Score(models.Model):
    """How many images of a run's test set the classifier got right."""

    study_path = "run__classifier__study"

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="score")
    num_correct = models.PositiveIntegerField()
    num_correct_top5 = models.PositiveIntegerField(
        null=True, blank=True, help_text="Empty where predictions named fewer than five classes per image."
    )
    num_images = models.PositiveIntegerField()
    is_correct = models.BinaryField(
        null=True, help_text="A bit per image in the order of the set; empty for scores from before this was kept."
    )
    is_correct_top5 = models.BinaryField(null=True, help_text="The same for the five likeliest classes.")
    computed_at = models.DateTimeField()

    objects = ScoreQuerySet.as_manager()

    class Meta:
        ordering = ["run_id"]
        constraints = [
            models.CheckConstraint(condition=Q(num_correct__lte=F("num_images")), name="correct_within_images"),
            models.CheckConstraint(
                condition=Q(num_correct_top5__isnull=True)
                | (Q(num_correct__lte=F("num_correct_top5")) & Q(num_correct_top5__lte=F("num_images"))),
                name="correct_within_top5_within_images",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.num_correct} of {self.num_images}"

    @property
    def accuracy(self) -> float:
        """Top-1 accuracy in [0, 1]."""
        return self.num_correct / self.num_images
