import base64
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Count, F, Max, Q
from django.db.models.functions import Greatest
from django.utils.crypto import salted_hmac

from annotation.models.base import StudyOwnedQuerySet
from annotation.models.study import Study

IMPORTED = "imported"  # the platform of whoever judged elsewhere: they get no links and are served nothing
PSEUDONYM_LENGTH = 10


class Worker(models.Model):
    """A person who judges grids, known by the platform's id for them."""

    platform = models.CharField(max_length=20)
    external_id = models.CharField(max_length=200)
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

    @staticmethod
    def pseudonym_in(study_id: int, worker_id: int) -> str:
        """What a study, and all that leaves it, calls a worker: always the same there, another in other studies.

        It can't be traced back, nor compared between studies, without the server's secret key.
        """
        digest = salted_hmac("annotation.worker", f"{study_id}:{worker_id}", algorithm="sha256").digest()
        return base64.b32encode(digest).decode().lower()[:PSEUDONYM_LENGTH]


class InvitationQuerySet(StudyOwnedQuerySet):
    def with_joined(self) -> Self:
        """With `num_joined`, how many workers each has brought."""
        return self.annotate(num_joined=Count("enrolments"))

    def standing(self) -> Self:
        """The links for everyone: without any limit, and not withdrawn."""
        return self.filter(max_workers=None, expires_at=None, withdrawn_at=None)


class Invitation(models.Model):
    """A link by which people join a study, perhaps only so many of them, perhaps only until some time."""

    class State(models.TextChoices):
        OPEN = "open"
        FULL = "full"
        OVER = "over"
        WITHDRAWN = "withdrawn"

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

    def state_at(self, now: datetime, *, num_joined: int) -> State:
        """Whether anybody can join at this moment, and if not, why."""
        if self.withdrawn_at is not None:
            return self.State.WITHDRAWN
        if self.expires_at is not None and self.expires_at <= now:
            return self.State.OVER
        if self.max_workers is not None and num_joined >= self.max_workers:
            return self.State.FULL
        return self.State.OPEN


class EnrolmentQuerySet(StudyOwnedQuerySet):
    def with_progress(self) -> Self:
        """With `num_done`, the grids handed in in the study, and `last_seen_at`, the last sign of the worker in it."""
        slot = "worker__assignments"
        in_study = Q(**{f"{slot}__hit__batch__study": F("study")})
        signs = [Max(f"{slot}__{name}", filter=in_study) for name in ("claimed_at", "draft_kept_at", "submitted_at")]
        return self.annotate(
            num_done=Count(slot, filter=in_study & Q(**{f"{slot}__submitted_at__isnull": False})),
            last_seen_at=Greatest("consented_at", *signs),
        )


class Enrolment(models.Model):
    """A worker who takes part in a study, since they agreed to it."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="enrolments")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="enrolments")
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="enrolments")
    consented_at = models.DateTimeField()
    practised_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when the worker gets no more grids of the study."
    )

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["study", "worker"], name="worker_once_per_study")]
        # Nearly empty, so that serving, which asks it for every grid, pays next to nothing.
        indexes = [
            models.Index(fields=["worker"], condition=Q(stopped_at__isnull=False), name="stopped_enrolments"),
        ]

    def __str__(self) -> str:
        return f"worker {self.worker_id} in study {self.study_id}"

    @property
    def pseudonym(self) -> str:
        """What the study calls the worker."""
        return Worker.pseudonym_in(self.study_id, self.worker_id)
