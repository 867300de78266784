from django.db import models

from annotation.models import Study
from annotation.models.base import StudyOwnedQuerySet


class Report(models.Model):
    """What was found, as data: the page, the charts and the JSON are all drawn from `content`."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="reports")
    content = models.JSONField()
    built_at = models.DateTimeField()

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"report {self.pk}"
