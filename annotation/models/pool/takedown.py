from django.conf import settings
from django.db import models


class TakeDown(models.Model):
    """A picture that was removed for good, from all studies: its files are gone, and it is never taken in again.

    What its candidates were stays: they lead here instead of to the picture.
    """

    class Ground(models.TextChoices):
        OWNER = "owner", "its owner asked for it"
        TERMS = "terms", "the terms of where it came from ask for it"
        LAW = "law", "the law asks for it"
        OTHER = "other", "for the reason noted"

    sha256 = models.CharField(max_length=64, unique=True, help_text="Of the file as it came.")
    pixel_sha256 = models.CharField(max_length=64, db_index=True, help_text="Of the upright RGB pixels.")
    ground = models.CharField(max_length=10, choices=Ground.choices)
    note = models.CharField(max_length=500, blank=True, help_text="Who asked, and where that is written.")
    taken_down_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    taken_down_at = models.DateTimeField()
    files_left = models.JSONField(
        default=list,
        blank=True,
        help_text="Kind and hash of each file that is to be removed; empty once they are gone.",
    )

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.sha256[:12]}, taken down on {self.taken_down_at:%Y-%m-%d}"
