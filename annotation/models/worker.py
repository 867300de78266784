from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotation.models.base import StudyOwnedQuerySet
from annotation.models.study import Study


class Worker(models.Model):
    """A person who judges grids, known by the platform's id for them."""

    platform = models.CharField(max_length=20)
    external_id = models.CharField(max_length=100)
    is_simulated = models.BooleanField(default=False)
    link_number = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Stands in the worker's links; links with another number are dead."
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["platform", "external_id"], name="worker_once_per_platform"),
        ]

    def __str__(self) -> str:
        return f"worker {self.pk}"


class InvitationQuerySet(StudyOwnedQuerySet):
    def standing(self, study: Study, *, platform: str, is_simulated: bool) -> "Invitation | None":
        """The study's link for everyone of this kind: without any limit, and not withdrawn."""
        of_kind = self.filter(study=study, platform=platform, is_simulated=is_simulated)
        return of_kind.filter(max_workers=None, expires_at=None, withdrawn_at=None).first()


class Invitation(models.Model):
    """A link by which people join a study, perhaps only so many of them, perhaps only until some time."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="invitations")
    name = models.CharField(max_length=100, help_text="For the researcher: to whom it was sent.")
    platform = models.CharField(max_length=20)
    is_simulated = models.BooleanField(default=False)
    max_workers = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: as many as come.")
    expires_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    created_at = models.DateTimeField()

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(max_workers__isnull=True) | Q(max_workers__gte=1), name="invites_someone"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_standing(self) -> bool:
        """Whether it is the study's link for everyone."""
        return self.max_workers is None and self.expires_at is None and self.withdrawn_at is None

    def is_open_at(self, now: datetime) -> bool:
        """Whether its time has not run out and nobody has withdrawn it; it may be full all the same."""
        return self.withdrawn_at is None and (self.expires_at is None or self.expires_at > now)


class Enrolment(models.Model):
    """A worker who takes part in a study, since they agreed to it."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="enrolments")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="enrolments")
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="enrolments")
    consented_at = models.DateTimeField()
    practised_at = models.DateTimeField(null=True, blank=True)

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["study", "worker"], name="worker_once_per_study")]

    def __str__(self) -> str:
        return f"worker {self.worker_id} in study {self.study_id}"
