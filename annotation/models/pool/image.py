from django.db import models
from django.db.models import Func
from django.db.models.lookups import Exact


class Image(models.Model):
    """A picture by its content, shared by all studies; access always goes through a candidate."""

    sha256 = models.CharField(max_length=64, unique=True, help_text="Of the file as it came.")
    pixel_sha256 = models.CharField(max_length=64, db_index=True, help_text="Of the upright RGB pixels.")
    format = models.CharField(max_length=10)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    num_bytes = models.PositiveBigIntegerField()
    rendition_sha256 = models.CharField(max_length=64, help_text="Of the re-encoded picture that people are shown.")
    mean_red = models.PositiveSmallIntegerField(null=True, help_text="Mean of the upright pixels, 0 to 255.")
    mean_green = models.PositiveSmallIntegerField(null=True)
    mean_blue = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.sha256[:12]


class ImageSignature(models.Model):
    """What near-duplicates of an image are found and ranked by."""

    image = models.OneToOneField(Image, on_delete=models.CASCADE, primary_key=True, related_name="signature")
    hash = models.BigIntegerField(help_text="The 64 bits of its perceptual hash, as a signed number.")
    grey = models.BinaryField(help_text="32 × 32 grey values, row by row.")

    class Meta:
        ordering = ["image_id"]
        constraints = [
            models.CheckConstraint(
                condition=Exact(Func("grey", function="octet_length", output_field=models.IntegerField()), 1024),
                name="a_signature_has_1024_grey_values",
            ),
        ]

    def __str__(self) -> str:
        return f"signature of image {self.image_id}"
