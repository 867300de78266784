from django.db import models

from annotation.models import Study
from annotation.models.base import StudyOwnedQuerySet


class Classifier(models.Model):
    """A trained network or any other function from image to class, with its own preprocessing."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="classifiers")
    name = models.CharField(max_length=200)
    runtime = models.CharField(max_length=20)
    file_sha256 = models.CharField(max_length=64)
    num_bytes = models.PositiveBigIntegerField()
    preprocessing = models.JSONField(default=dict)
    class_ids = models.JSONField(help_text="The class id of each output, in the order of the outputs.")
    registered_at = models.DateTimeField()

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["study_id", "name"]
        constraints = [models.UniqueConstraint(fields=["study", "name"], name="classifier_name_once_per_study")]

    def __str__(self) -> str:
        return self.name
