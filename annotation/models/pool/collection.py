from django.conf import settings
from django.db import models
from django.db.models import Q

from annotation.models.base import StudyOwnedQuerySet
from annotation.models.study import Study


class Origin(models.TextChoices):
    ORIGINAL = "original"
    POOL = "pool"


class Collection(models.Model):
    """Images taken in from one source: from where, how far it has come, and what became of what was found there."""

    class State(models.TextChoices):
        OPEN = "open"
        STOPPED = "stopped"
        FINISHED = "finished"
        FAILED = "failed"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="collections")
    origin = models.CharField(max_length=10, choices=Origin.choices)
    kind = models.CharField(max_length=20, help_text="The way in: folder, manifest, s3, webdataset, flickr, …")
    address = models.CharField(max_length=1000, blank=True, help_text="Of the folder, table or bucket.")
    options = models.JSONField(default=dict, help_text="What else the source is told; never a key or a password.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    cursor = models.TextField(blank=True, help_text="Of the last record that is done with; empty before the first.")
    num_read = models.PositiveIntegerField(default=0)
    num_created = models.PositiveIntegerField(default=0)
    num_supplied = models.PositiveIntegerField(default=0, help_text="Pictures of candidates that had none.")
    num_existing = models.PositiveIntegerField(default=0)
    num_refused = models.PositiveIntegerField(default=0)
    num_expected = models.PositiveIntegerField(null=True, blank=True, help_text="Where the source can tell.")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    failure = models.TextField(blank=True)
    come_back_at = models.DateTimeField(null=True, blank=True, help_text="Until then the source wants no requests.")
    is_queued = models.BooleanField(default=True, help_text="Whether the queue goes on with it, or only a command.")
    consumer = models.CharField(max_length=200, blank=True, help_text="Who takes it in, or died while doing so.")
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    num_attempts = models.PositiveSmallIntegerField(default=0, help_text="Since a record was last done with.")

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", ended_at__isnull=True) | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="collection_ends_once",
            ),
            models.CheckConstraint(
                condition=Q(
                    num_read=models.F("num_created")
                    + models.F("num_supplied")
                    + models.F("num_existing")
                    + models.F("num_refused")
                ),
                name="collection_accounts_for_all_it_read",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.address}".strip()


class CollectionRefusal(models.Model):
    """Something found at a source that was not taken, and why."""

    study_path = "collection__study"

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="refusals")
    source = models.CharField(max_length=1000)
    reason = models.TextField()

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.source}: {self.reason}"
