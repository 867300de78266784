from django.db import models
from django.db.models import F, Q

from annotation.models.base import StudyOwnedQuerySet
from annotation.models.candidate import Candidate
from annotation.models.study import TargetClass


class SelectionFrequency(models.Model):
    """How many workers saw a candidate, and how many of them selected it."""

    study_path = "candidate__study"

    candidate = models.OneToOneField(Candidate, on_delete=models.CASCADE, related_name="selection_frequency")
    num_selected = models.PositiveIntegerField()
    num_seen = models.PositiveIntegerField()

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["candidate_id"]
        verbose_name_plural = "selection frequencies"
        constraints = [
            models.CheckConstraint(condition=Q(num_selected__lte=F("num_seen")), name="selected_were_seen"),
        ]

    def __str__(self) -> str:
        return f"{self.num_selected} of {self.num_seen}"

    @property
    def frequency(self) -> float | None:
        """In [0, 1]; none while nobody has seen the image."""
        return self.num_selected / self.num_seen if self.num_seen else None


class FrequencyTally(models.Model):
    """How many assignments the frequencies of a class were last counted from; fewer than submitted is stale."""

    study_path = "target_class__study"

    target_class = models.OneToOneField(TargetClass, on_delete=models.CASCADE, related_name="frequency_tally")
    num_assignments = models.PositiveIntegerField()
    counted_at = models.DateTimeField()

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "frequency tallies"

    def __str__(self) -> str:
        return f"class {self.target_class_id}: {self.num_assignments}"
