from django.conf import settings
from django.db import models
from django.db.models import F, Q

from annotation.models import Study
from annotation.models.base import StudyOwnedQuerySet


class AccuracyLook(models.Model):
    """That a person was shown accuracies of a study, where, and when for the first time and the last."""

    class Where(models.TextChoices):
        RUNS = "runs", "the runs"
        REPORT = "report", "the report"
        CHART = "chart", "a chart of the report"
        REPORT_DATA = "report_data", "the report as data"
        API_RUNS = "api_runs", "the runs, by the API"
        API_REPORTS = "api_reports", "the reports, by the API"
        CHANGES = "changes", "changes between revisions"
        PLAN = "plan", "the plan"
        ADMIN = "admin", "the administration"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="accuracy_looks")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="accuracy_looks")
    where = models.CharField(max_length=12, choices=Where.choices)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    num_times = models.PositiveIntegerField(default=1)

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["study_id", "first_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["study", "person", "where"], name="a_look_per_person_and_place"),
            models.CheckConstraint(condition=Q(first_at__lte=F("last_at")), name="first_look_before_the_last"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} looked at {self.get_where_display()}"
