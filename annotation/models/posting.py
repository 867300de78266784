from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from annotation.models.assignment import Assignment
from annotation.models.base import StudyOwnedQuerySet
from annotation.models.hit import HIT, Batch
from annotation.models.worker import Worker


class Posting(models.Model):
    """What a paid platform is to offer its workers: a HIT, or a whole batch. The row is there before it knows.

    Its state is what is meant to be so; while a change is pending, the platform may not know of it yet.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "waiting to be put up"
        OPEN = "open"
        PAUSED = "paused"
        CLOSED = "closed"
        REFUSED = "refused", "refused by the platform"

    class Change(models.TextChoices):
        EXTEND = "extend"
        PAUSE = "pause"
        RESUME = "resume"
        CLOSE = "close"

    study_path = "batch__study"

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="postings", db_index=False)
    hit = models.OneToOneField(
        HIT,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="posting",
        help_text="Empty where the platform is offered the whole batch at once.",
    )
    token = models.CharField(max_length=64, unique=True, help_text="What it is found by on the platform.")
    external_id = models.CharField(max_length=100, blank=True, help_text="The platform's id of it, once it is known.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    pending = models.CharField(
        max_length=10, choices=Change.choices, blank=True, help_text="What the platform may not know yet."
    )
    num_places = models.PositiveIntegerField(help_text="How many workers may take it, in all.")
    num_grids = models.PositiveIntegerField(help_text="That a worker does in one place.")
    pay_minor_units = models.PositiveBigIntegerField(help_text="For one place, in the batch's currency.")
    fee_minor_units = models.PositiveBigIntegerField(help_text="That the platform takes on top of it.")
    refusal = models.TextField(blank=True, help_text="Why the platform last said no.")
    prepared_at = models.DateTimeField()
    posted_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True, help_text="When the platform was last asked about it.")

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["batch", "state"], name="postings_of_a_batch"),
            models.Index(fields=["batch"], condition=~Q(pending=""), name="postings_with_a_change"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["batch"], condition=Q(hit__isnull=True), name="batch_posted_once"),
            models.UniqueConstraint(
                fields=["batch", "external_id"], condition=~Q(external_id=""), name="posting_once_per_external_id"
            ),
            models.CheckConstraint(
                condition=Q(external_id="", posted_at__isnull=True, state__in=["waiting", "refused", "closed"])
                | Q(posted_at__isnull=False, state__in=["open", "paused", "closed"]) & ~Q(external_id=""),
                name="posting_is_there_or_waits",
            ),
            models.CheckConstraint(condition=~Q(state="refused", refusal=""), name="refused_posting_has_a_reason"),
            models.CheckConstraint(
                condition=Q(num_places__gte=1, num_grids__gte=1, pay_minor_units__gte=1),
                name="posting_offers_something",
            ),
        ]

    def __str__(self) -> str:
        return f"posting {self.token[:8]}: {self.state}"

    @property
    def cost_of_place(self) -> int:
        """Pay and fee, in the currency's smallest unit."""
        return self.pay_minor_units + self.fee_minor_units


class PlaceQuerySet(StudyOwnedQuerySet):
    def handed_in_there(self) -> Self:
        """Whose worker said on the platform that they are done, whatever came of it."""
        return self.filter(state__in=[Place.State.SUBMITTED, Place.State.APPROVED, Place.State.REJECTED])

    def rejected(self) -> Self:
        """By a rejection here that stands, unless the platform has paid all the same."""
        standing = Q(rejections__isnull=False, rejections__reversed_at__isnull=True)
        return self.filter(standing).exclude(state=Place.State.APPROVED)


class Place(models.Model):
    """One worker in one posting: what the platform last said of them, and the work here that goes with it."""

    class State(models.TextChoices):
        """As `SubmissionState` of the platforms."""

        WORKING = "working"
        SUBMITTED = "submitted"
        APPROVED = "approved"
        REJECTED = "rejected"
        RETURNED = "returned"

    study_path = "posting__batch__study"

    posting = models.ForeignKey(Posting, on_delete=models.PROTECT, related_name="places", db_index=False)
    external_id = models.CharField(max_length=100, db_index=True, help_text="The platform's id of the submission.")
    worker_external_id = models.CharField(max_length=200, help_text="The platform's id of the worker.")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, null=True, blank=True, related_name="places")
    assignment = models.OneToOneField(
        Assignment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="place",
        help_text="What was handed in here; of several grids in one place, the first.",
    )
    state = models.CharField(max_length=10, choices=State.choices)
    submitted_at = models.DateTimeField(null=True, blank=True, help_text="On the platform.")
    seen_at = models.DateTimeField(help_text="When the platform last told of it.")

    objects = PlaceQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["posting"], condition=Q(state="submitted"), name="places_to_be_decided")]
        constraints = [
            models.UniqueConstraint(fields=["posting", "external_id"], name="place_once_per_posting"),
            models.CheckConstraint(
                condition=Q(assignment__isnull=True) | Q(worker__isnull=False), name="work_of_a_place_has_a_worker"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["working", "returned"]) | Q(submitted_at__isnull=False),
                name="submitted_place_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"place {self.pk}: {self.state}"


class Arrival(models.Model):
    """A worker who came to a posting. All of it is what the address claims; whether it is so, the platform tells."""

    study_path = "posting__batch__study"

    posting = models.ForeignKey(Posting, on_delete=models.PROTECT, related_name="arrivals")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="arrivals")
    external_id = models.CharField(max_length=100, help_text="The platform's id of the submission.")
    return_to = models.CharField(
        max_length=500, blank=True, help_text="The site of the platform that is told when the work is done."
    )
    arrived_at = models.DateTimeField()

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["posting", "worker", "external_id"], name="arrival_once_per_submission")
        ]

    def __str__(self) -> str:
        return f"arrival {self.pk}"


class LastRound(models.Model):
    """What became of the last round of calls to a batch's platform, for people to see; one row a batch."""

    study_path = "batch__study"

    batch = models.OneToOneField(Batch, on_delete=models.CASCADE, related_name="last_round")
    at = models.DateTimeField()
    come_back_at = models.DateTimeField(null=True, blank=True, help_text="The platform asked not to come before.")
    problems = ArrayField(models.TextField(), default=list, blank=True, help_text="A sentence each; empty: none.")

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["batch_id"]

    def __str__(self) -> str:
        return f"last round of batch {self.batch_id}"
