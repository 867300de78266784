from django.conf import settings
from django.db import models
from django.db.models import Q

from annotation.models.base import StudyOwnedQuerySet


class Study(models.Model):
    """One twin being built: an original test set, a pool, and everything measured on them."""

    study_path = ""

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    contact = models.CharField(max_length=200, blank=True, help_text="Who runs the study; shown to workers.")
    guidelines = models.TextField(blank=True, help_text="Extra rules for workers; plain text.")
    content_warning = models.TextField(
        blank=True, db_default="", help_text="What may upset a worker; shown before they agree."
    )
    authors = models.TextField(
        blank=True, db_default="", help_text="Whom citations name: one a line, as Family, Given; or an organisation."
    )
    photographs_only = models.BooleanField(
        default=True, db_default=True, help_text="Workers are told to leave out drawings and the like."
    )
    seed = models.PositiveBigIntegerField(default=0)
    researchers = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="studies", blank=True)
    reviewers = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        related_name="reviewed_studies",
        blank=True,
        help_text="See the pages of reviews and nothing else.",
    )
    created_at = models.DateTimeField()

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "studies"

    def __str__(self) -> str:
        return self.name

    @property
    def is_simulated(self) -> bool:
        """Whether any judgement here came, or will come, from a simulated worker."""
        return self.batches.filter(is_simulated=True).exists()

    @property
    def is_rehearsal(self) -> bool:
        """Whether made-up workers answered here, who looked at nothing."""
        return self.batches.filter(platform="simulated").exists()


class TargetClass(models.Model):
    """A class that workers are asked about; `number` orders the classes of a study from 0."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="target_classes")
    class_id = models.CharField(max_length=100, help_text="The id as given, such as a wnid.")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    synonyms = models.JSONField(default=list, blank=True)
    definition = models.TextField(blank=True)
    wider_words = models.JSONField(
        default=list,
        db_default=[],
        blank=True,
        help_text="Words for kinds that it is one of, such as dog for a beagle: wider searches add them.",
    )
    links = models.JSONField(
        default=list,
        db_default=[],
        blank=True,
        help_text="Where to read more: a list of {text, url}; shown to workers.",
    )
    nearest = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["study_id", "number"]
        verbose_name_plural = "target classes"
        constraints = [
            models.UniqueConstraint(fields=["study", "class_id"], name="target_class_id_once_per_study"),
            models.UniqueConstraint(fields=["study", "number"], name="target_class_number_once_per_study"),
            models.CheckConstraint(condition=~Q(nearest=models.F("id")), name="nearest_class_is_another"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def names(self) -> list[str]:
        return [self.name, *self.synonyms]


class ClassCorrection(models.Model):
    """A person's change of what a class is called and described as: what stood there before, and since."""

    study_path = "target_class__study"

    target_class = models.ForeignKey(TargetClass, on_delete=models.CASCADE, related_name="corrections")
    before = models.JSONField(help_text="What was changed, as it was: fields and their values.")
    after = models.JSONField(help_text="The same fields, as they are since.")
    corrected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    corrected_at = models.DateTimeField()

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.target_class_id}: {', '.join(sorted(self.after))}"
