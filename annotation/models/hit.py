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
    def is_imported(self) -> bool:
        """Whether its judgements were made elsewhere."""
        return self.platform == IMPORTED


class HIT(models.Model):
    """One grid put to N workers."""

    study_path = "batch__study"

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="hits")
    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="hits")

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name = "HIT"
        verbose_name_plural = "HITs"
        constraints = [models.UniqueConstraint(fields=["batch", "grid"], name="grid_once_per_batch")]
        indexes = [models.Index(fields=["batch", "id"], name="hits_of_a_batch_in_order")]

    def __str__(self) -> str:
        return f"HIT {self.pk}"
