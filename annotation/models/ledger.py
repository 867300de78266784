from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from annotation.models.assignment import Assignment
from annotation.models.base import StudyOwnedQuerySet
from annotation.models.hit import Batch
from annotation.models.posting import Place

REVERSIBLE_FOR = timedelta(days=30)


class LedgerQuerySet(StudyOwnedQuerySet):
    def unsettled(self) -> Self:
        """Intents of which nothing is known yet, or which the platform has refused so far."""
        return self._intents().exclude(Exists(self._outcomes()))

    def counting(self) -> Self:
        """Intents that use up the budget: all that were not given up."""
        return self._intents().exclude(Exists(self._outcomes().filter(step=LedgerEntry.Step.VOID)))

    def of_bonuses(self) -> Self:
        """Bonuses and their fees."""
        bonuses = LedgerEntry.objects.filter(kind=LedgerEntry.Kind.BONUS, step=LedgerEntry.Step.INTENT)
        return self.filter(token__in=bonuses.values("token"))

    def of_place(self, place: Place) -> Self:
        """Payments for the work that goes with it, and those that were entered for the place alone."""
        own = Q(place=place.pk)
        return self.filter(own | Q(assignment=place.assignment_id) if place.assignment_id else own)

    def _intents(self) -> Self:
        return self.filter(step=LedgerEntry.Step.INTENT)

    def _outcomes(self) -> "models.QuerySet[LedgerEntry]":
        closing = [LedgerEntry.Step.DONE, LedgerEntry.Step.VOID]
        return LedgerEntry.objects.filter(token=OuterRef("token"), kind=OuterRef("kind"), step__in=closing)


class LedgerEntry(models.Model):
    """A step of a payment. Rows are only ever added: the intent before the platform is asked, the outcome after."""

    class Kind(models.TextChoices):
        APPROVE = "approve", "pay for a grid"
        BONUS = "bonus"
        FEE = "fee", "fee of the platform"
        REFUND = "refund"

    class Step(models.TextChoices):
        INTENT = "intent"
        DONE = "done"
        REFUSED = "refused"
        VOID = "void", "given up"

    study_path = "batch__study"

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="ledger", db_index=False)
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, null=True, blank=True, related_name="ledger")
    place = models.ForeignKey(
        Place,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="entered",
        help_text="Only where the platform paid it though no work here went with it.",
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    step = models.CharField(max_length=10, choices=Step.choices)
    token = models.CharField(max_length=64, help_text="What the platform knows the payment by; its fee has the same.")
    minor_units = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    note = models.TextField(blank=True, help_text="Why it is paid, refused or given up.")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, help_text="Empty: by a rule."
    )
    at = models.DateTimeField()

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "ledger entries"
        indexes = [models.Index(fields=["batch", "step", "kind"], name="ledger_of_a_batch")]
        constraints = [
            models.UniqueConstraint(
                fields=["token", "kind", "step"],
                condition=~Q(step="refused"),
                name="ledger_step_once",
            ),
            models.CheckConstraint(
                condition=Q(minor_units__gt=0, currency__regex="^[A-Z]{3}$"), name="ledger_has_an_amount"
            ),
            models.CheckConstraint(
                condition=Q(assignment__isnull=False, place__isnull=True)
                | Q(assignment__isnull=True, place__isnull=False) & ~Q(step__in=["refused", "void"]),
                name="ledger_is_of_work_or_of_a_place",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.token[:8]}: {self.step}"

    @property
    def paid_place(self) -> Place:
        """The place that it is for."""
        if self.place is not None:
            return self.place
        assert self.assignment is not None  # one of both is there
        return self.assignment.place


class BonusOrder(models.Model):
    """When a bonus was ordered and may have been paid; empty: the platform did not take the order."""

    study_path = "intent__batch__study"

    intent = models.OneToOneField(LedgerEntry, on_delete=models.PROTECT, related_name="order")
    ordered_at = models.DateTimeField(null=True, blank=True)

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["intent_id"]

    def __str__(self) -> str:
        return f"order of {self.intent_id}"


class RejectionQuerySet(StudyOwnedQuerySet):
    def active(self) -> Self:
        """Those that nobody has reversed."""
        return self.filter(reversed_at__isnull=True)

    def untold(self) -> Self:
        """Those that the platform may not know; of one that it has paid meanwhile it is told no more."""
        return self.active().filter(told_at=None).exclude(place__state=Place.State.APPROVED)


class Rejection(models.Model):
    """That a place is not paid; why, and who said so. Never deleted: a reversal is written beside it."""

    study_path = "place__posting__batch__study"

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="rejections")
    reason = models.TextField(help_text="The worker reads it.")
    rejected_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    rejected_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True, help_text="Empty: the platform may not know it yet.")
    reversed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reversed_at = models.DateTimeField(null=True, blank=True)
    reversal_reason = models.TextField(blank=True)

    objects = RejectionQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["place"], condition=Q(reversed_at__isnull=True), name="one_active_rejection_per_place"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="a_rejection_has_a_reason"),
            models.CheckConstraint(
                condition=Q(reversed_at=None, reversed_by=None, reversal_reason="")
                | Q(reversed_at__isnull=False, reversed_by__isnull=False) & ~Q(reversal_reason=""),
                name="a_reversed_rejection_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"rejection of {self.place_id}"

    def is_reversible_at(self, now: datetime) -> bool:
        """Whether it can still be taken back."""
        return self.reversed_at is None and now <= self.rejected_at + REVERSIBLE_FOR


class Reconciliation(models.Model):
    """What the last comparison of a batch's books with the platform's found; one row a batch."""

    study_path = "batch__study"

    batch = models.OneToOneField(Batch, on_delete=models.CASCADE, related_name="reconciliation")
    at = models.DateTimeField()
    is_complete = models.BooleanField(help_text="Whether the platform could be asked for everything.")
    fixed = models.JSONField(default=list, help_text="What was set right, a sentence each; the first of num_fixed.")
    num_fixed = models.PositiveIntegerField()
    left = models.JSONField(default=list, help_text="What is for a person: kind and text; the first of num_left.")
    num_left = models.PositiveIntegerField()
    paid_here = models.PositiveBigIntegerField(help_text="By the ledger, without fees, in the smallest unit.")
    paid_there = models.PositiveBigIntegerField(help_text="By what the platform lists, without fees.")

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["batch_id"]

    def __str__(self) -> str:
        return f"reconciliation of batch {self.batch_id}: {self.num_left} left"
