from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from annotation.models.base import StudyOwnedQuerySet
from annotation.models.testset import TestSet


class ExportQuerySet(StudyOwnedQuerySet):
    def with_progress(self) -> Self:
        """With the pieces there are and those finished, and the images and bytes written so far."""
        is_finished = Q(pieces__finished_at__isnull=False)
        return self.annotate(
            num_pieces=Count("pieces"),
            num_finished=Count("pieces", filter=is_finished),
            num_written=Coalesce(Sum("pieces__num_images", filter=is_finished), 0),
            num_bytes=Coalesce(Sum("pieces__num_bytes", filter=is_finished), 0),
        )


class Export(models.Model):
    """A frozen test set written out in one layout to one place, piece by piece."""

    class State(models.TextChoices):
        OPEN = "open"
        FINISHED = "finished"
        FAILED = "failed"
        REMOVED = "removed"

    class Target(models.TextChoices):
        DOWNLOAD = "download", "kept here for download"
        BUCKET = "bucket", "a bucket"
        FOLDER = "folder", "a folder"
        ARCHIVE = "archive", "an archive"

    study_path = "test_set__study"

    test_set = models.ForeignKey(TestSet, on_delete=models.CASCADE, related_name="exports")
    layout = models.CharField(max_length=20)
    target = models.CharField(max_length=10, choices=Target.choices)
    address = models.CharField(max_length=1000, blank=True, help_text="Of the folder, archive or bucket.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    num_expected = models.PositiveIntegerField(help_text="Images that the manifest of the set promises.")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True, help_text="When the place was found free.")
    ended_at = models.DateTimeField(null=True, blank=True)
    failure = models.TextField(blank=True)
    consumer = models.CharField(max_length=200, blank=True, help_text="Who writes it, or died while writing.")
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    num_attempts = models.PositiveSmallIntegerField(default=0, help_text="Since a piece was last finished.")
    manifest_sha256 = models.CharField(max_length=64, blank=True, help_text="Of manifest.json, which names all files.")

    objects = ExportQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["test_set", "layout"],
                condition=Q(state="open", target="download"),
                name="export_open_once",
            ),
            models.UniqueConstraint(
                fields=["target", "address"],
                condition=Q(state="open") & ~Q(target="download"),
                name="export_open_once_to_a_place",
            ),
            models.CheckConstraint(
                condition=Q(state="open", ended_at__isnull=True) | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="export_ends_once",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["finished", "removed"]) | ~Q(manifest_sha256=""),
                name="finished_export_has_a_manifest",
            ),
            models.CheckConstraint(
                condition=Q(target="download", address="") | (~Q(target="download") & ~Q(address="")),
                name="export_goes_somewhere",
            ),
        ]

    def __str__(self) -> str:
        return f"export {self.pk} of {self.test_set_id} as {self.layout}"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def can_be_downloaded(self) -> bool:
        return self.state == self.State.FINISHED and self.target == self.Target.DOWNLOAD


class ExportPiece(models.Model):
    """What of an export is written, recorded and taken over as one: some picture files, or one file."""

    study_path = "export__test_set__study"

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="pieces")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    num_images = models.PositiveIntegerField()
    num_bytes = models.PositiveBigIntegerField(default=0)
    files = models.JSONField(default=list, help_text="What was written: name, sha256 and size of each.")
    missing = models.JSONField(default=list, help_text="Images that could not be written, and why.")
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["export_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["export", "number"], name="export_piece_once"),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(missing=[]), name="finished_piece_misses_nothing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of export {self.export_id}"
