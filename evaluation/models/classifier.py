from typing import Self

from django.db import models
from django.db.models import F, Q

from annotation.models import Study
from annotation.models.base import StudyOwnedQuerySet

SCORED_ELSEWHERE = "predictions"
"""The runtime of a classifier whose predictions were uploaded: there is no file, so nothing is run."""


class ClassifierQuerySet(StudyOwnedQuerySet):
    def runnable(self) -> Self:
        """Those that Twinset has; of the others only predictions are here."""
        return self.exclude(runtime=SCORED_ELSEWHERE)


class Classifier(models.Model):
    """A trained network or any other function from image to class, with its own preprocessing."""

    class Group(models.TextChoices):
        STANDARD = "standard", "standard"
        ROBUSTNESS = "robustness", "robustness intervention"
        MORE_DATA = "more_data", "more data"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="classifiers")
    name = models.CharField(max_length=200)
    runtime = models.CharField(max_length=20)
    file_sha256 = models.CharField(max_length=64, blank=True, help_text="Empty for one that was scored elsewhere.")
    num_bytes = models.PositiveBigIntegerField()
    preprocessing = models.JSONField(default=dict)
    class_ids = models.JSONField(help_text="The class id of each output, in the order of the outputs.")
    registered_at = models.DateTimeField()
    family = models.CharField(
        max_length=100, blank=True, help_text="What near-copies have in common, so that they can be counted once."
    )
    group = models.CharField(max_length=10, choices=Group.choices, default=Group.STANDARD)
    counterpart = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="interventions",
        help_text="The classifier that is the same without the intervention.",
    )
    released_on = models.DateField(null=True, blank=True)

    objects = ClassifierQuerySet.as_manager()

    class Meta:
        ordering = ["study_id", "name"]
        constraints = [
            models.UniqueConstraint(fields=["study", "name"], name="classifier_name_once_per_study"),
            models.CheckConstraint(condition=~Q(counterpart=F("id")), name="classifier_is_not_its_own_counterpart"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_scored_elsewhere(self) -> bool:
        return self.runtime == SCORED_ELSEWHERE
