from django.conf import settings
from django.db import models
from django.db.models import Q

from annotation.models.assignment import Assignment
from annotation.models.base import StudyOwnedQuerySet
from annotation.models.candidate import Candidate


class Complaint(models.Model):
    """A worker's word that an image should not be shown, until a researcher has settled it."""

    class Reason(models.TextChoices):
        BROKEN = "broken", "the picture is broken"
        OFFENSIVE = "offensive", "the picture is offensive or upsetting"

    study_path = "candidate__study"

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="complaints")
    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="complaints")
    reason = models.CharField(max_length=20, choices=Reason.choices)
    filed_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    is_upheld = models.BooleanField(null=True, blank=True, help_text="Whether the image was excluded for it.")

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["assignment", "candidate"], name="complaint_once_per_assignment_and_image"),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, is_upheld__isnull=True)
                | Q(settled_at__isnull=False, is_upheld__isnull=False),
                name="a_settled_complaint_has_an_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"complaint {self.pk} about candidate {self.candidate_id}"
