from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from annotation.models.base import StudyOwnedQuerySet
from annotation.models.grid import Grid
from annotation.models.study import Study
from annotation.models.worker import IMPORTED


class Batch(models.Model):
    """HITs launched together on one platform under the same terms."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="batches")
    platform = models.CharField(max_length=20)
    is_simulated = models.BooleanField(default=False)
    num_assignments = models.PositiveSmallIntegerField(help_text="Workers per HIT.")
    lease_seconds = models.PositiveIntegerField()
    pay_minor_units = models.PositiveIntegerField(
        default=0, db_default=0, help_text="For each accepted grid, in the currency's smallest unit; 0 is unpaid."
    )
    currency = models.CharField(max_length=3, blank=True, default="", db_default="", help_text="ISO 4217, such as EUR.")
    budget_minor_units = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="What pay, bonuses and fees may come to; empty: no cap."
    )
    launched_at = models.DateTimeField()
    paused_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when nobody may begin, until it is resumed; who has begun goes on."
    )
    closing_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Since when no place can be taken any more; it expires once those who have one had their time.",
    )
    expired_at = models.DateTimeField(null=True, blank=True)
    imported_from = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text="The table whose judgements these are; empty where workers judge here.",
    )

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "batches"
        constraints = [
            models.CheckConstraint(condition=Q(num_assignments__gte=1), name="batch_asks_for_workers"),
            models.CheckConstraint(condition=Q(lease_seconds__gte=1), name="batch_leases_last"),
            models.CheckConstraint(
                condition=Q(pay_minor_units=0, currency="") | Q(pay_minor_units__gt=0, currency__regex="^[A-Z]{3}$"),
                name="pay_has_a_currency",
            ),
            models.CheckConstraint(
                condition=(~Q(platform=IMPORTED) & Q(imported_from=""))
                | (Q(platform=IMPORTED, expired_at__isnull=False, pay_minor_units=0) & ~Q(imported_from="")),
                name="imported_batches_are_closed",
            ),
        ]

    def __str__(self) -> str:
        return f"batch {self.pk}"

    @property
    def is_paid(self) -> bool:
        return self.pay_minor_units > 0

    @property
    def is_open(self) -> bool:
        """Whether anybody may still begin, now or once it is resumed."""
        return self.expired_at is None and self.closing_at is None

    @property
    def is_imported(self) -> bool:
        """Whether its judgements were made elsewhere."""
        return self.platform == IMPORTED


class HIT(models.Model):
    """One grid put to N workers."""

    study_path = "batch__study"

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="hits")
    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="hits")
    stopped_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when nobody begins it: a picture of its grid was taken down."
    )

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name = "HIT"
        verbose_name_plural = "HITs"
        constraints = [models.UniqueConstraint(fields=["batch", "grid"], name="grid_once_per_batch")]
        indexes = [models.Index(fields=["batch", "id"], name="hits_of_a_batch_in_order")]

    def __str__(self) -> str:
        return f"HIT {self.pk}"


class Launch(models.Model):
    """What a researcher means to put to workers, and under which terms. Once it is live there is a batch of it."""

    class State(models.TextChoices):
        DRAFT = "draft"
        CONFIRMED = "confirmed", "waiting for a second researcher"
        LIVE = "live"
        WITHDRAWN = "withdrawn"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="launches")
    batch = models.OneToOneField(Batch, on_delete=models.PROTECT, null=True, blank=True, related_name="launch")
    platform = models.CharField(max_length=20)
    target_class_ids = ArrayField(
        models.BigIntegerField(), default=list, blank=True, help_text="Of whose grids; empty: of every class."
    )
    num_assignments = models.PositiveSmallIntegerField(help_text="Workers per HIT.")
    lease_seconds = models.PositiveIntegerField(help_text="That a worker has for one grid.")
    pay_minor_units = models.PositiveIntegerField(default=0, help_text="For each accepted grid.")
    currency = models.CharField(max_length=3, blank=True, default="")
    budget_minor_units = models.PositiveBigIntegerField(null=True, blank=True)
    num_grids = models.PositiveIntegerField(default=1, help_text="That a worker does in one place.")
    num_pilot = models.PositiveIntegerField(
        default=0, help_text="HITs, or places where a whole batch is posted, that are put up first; 0: all at once."
    )
    title = models.CharField(max_length=120, help_text="What workers read in the platform's list.")
    description = models.TextField(max_length=2000)
    keywords = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    seconds_estimated = models.PositiveIntegerField(help_text="That one grid takes.")
    lasts_seconds = models.PositiveIntegerField(help_text="How long places can be taken.")
    completion_code = models.CharField(max_length=40, blank=True)
    allowed_group = models.CharField(max_length=100, blank=True, help_text="The platform's group of who may work.")
    blocked_group = models.CharField(max_length=100, blank=True, help_text="The platform's group of who may not.")
    stopped_group = models.CharField(
        max_length=100,
        blank=True,
        default="",
        db_default="",
        help_text="The platform's group of whom the study gives no more grids; empty until it was made.",
    )
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_cost = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="What it may come to at most, as it was shown to who confirmed it."
    )
    seconded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    seconded_at = models.DateTimeField(null=True, blank=True)
    rest_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    rest_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when what comes after the pilot may be put up."
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "launches"
        constraints = [
            models.CheckConstraint(
                condition=Q(pay_minor_units=0, currency="") | Q(pay_minor_units__gt=0, currency__regex="^[A-Z]{3}$"),
                name="pay_of_a_launch_has_a_currency",
            ),
            models.CheckConstraint(
                condition=Q(batch__isnull=True) | Q(confirmed_at__isnull=False), name="live_launch_was_confirmed"
            ),
            models.CheckConstraint(
                condition=Q(batch__isnull=True) | Q(withdrawn_at__isnull=True), name="live_launch_is_not_withdrawn"
            ),
            models.CheckConstraint(
                condition=Q(seconded_by__isnull=True) | ~Q(seconded_by=models.F("confirmed_by")),
                name="launch_is_seconded_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"launch {self.pk}: {self.state.label}"

    @property
    def state(self) -> "Launch.State":
        if self.withdrawn_at is not None:
            return self.State.WITHDRAWN
        if self.batch_id is not None:
            return self.State.LIVE
        return self.State.DRAFT if self.confirmed_at is None else self.State.CONFIRMED

    @property
    def is_pilot(self) -> bool:
        """Whether only the pilot is put up so far."""
        return self.batch_id is not None and self.num_pilot > 0 and self.rest_at is None
