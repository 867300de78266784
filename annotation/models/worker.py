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

    def personal(self) -> Self:
        """Those for one person each: by name, or by a code on paper."""
        return self.filter(~Q(email="") | Q(code__isnull=False))

    def for_many(self) -> Self:
        """Links that any number of people may be sent."""
        return self.filter(email="", code=None)

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
    email = models.EmailField(blank=True, default="", db_default="", help_text="Of the one person it is for.")
    language = models.CharField(
        max_length=10, blank=True, default="", db_default="", help_text="That they are written to in; empty: English."
    )
    note = models.CharField(max_length=200, blank=True, default="", db_default="", help_text="For the researcher.")
    email_subject = models.CharField(max_length=200, blank=True, default="", db_default="")
    email_body = models.TextField(
        max_length=5000, blank=True, default="", db_default="", help_text="With {name} and {link}, as it was asked for."
    )
    email_asked_at = models.DateTimeField(null=True, blank=True, help_text="Empty: no e-mail waits to be sent.")
    email_claimed_at = models.DateTimeField(null=True, blank=True, help_text="Since when a consumer is sending it.")
    num_email_tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    email_refusal = models.CharField(
        max_length=300, blank=True, default="", db_default="", help_text="Why the last try failed."
    )
    emailed_at = models.DateTimeField(null=True, blank=True)
    code = models.CharField(
        max_length=12, unique=True, null=True, blank=True, help_text="What is typed where a link can't be followed."
    )
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    created_at = models.DateTimeField()

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["study", "email"], condition=~Q(email=""), name="invitations_by_email"),
            models.Index(
                fields=["email_asked_at"], condition=Q(email_asked_at__isnull=False), name="invitations_to_send"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(max_workers__isnull=True) | Q(max_workers__gte=1), name="invites_someone"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_personal(self) -> bool:
        """Whether it is for one person, who goes on by it wherever they open it."""
        return bool(self.email or self.code)

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


class Message(models.Model):
    """What a worker wrote to the researchers of a study, or they to the worker."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="messages")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="messages")
    is_from_worker = models.BooleanField()
    text = models.TextField(max_length=2000)
    rejection = models.ForeignKey(
        "annotation.Rejection",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="messages",
        help_text="Which the worker asks to look at again, or which the answer is about.",
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    sent_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["study", "worker"], name="messages_of_a_worker")]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="a_message_says_something"),
            models.CheckConstraint(
                condition=Q(is_from_worker=True, by__isnull=True) | Q(is_from_worker=False, by__isnull=False),
                name="a_message_has_a_sender",
            ),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"
