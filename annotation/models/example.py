from django.db import models
from django.db.models import Count, F, Q

from annotation.models.base import StudyOwnedQuerySet
from annotation.models.pool.image import Image
from annotation.models.study import Study, TargetClass


class ExampleQuerySet(StudyOwnedQuerySet):
    def to_practise_on(self, study: Study) -> "ExampleQuerySet":
        """Those of one class, for which both answers occur: of the class that has most; none where there is none."""
        counted = self.filter(study=study).order_by().values("target_class")
        both = counted.annotate(num=Count("id"), num_showing=Count("id", filter=Q(shows_class=True))).filter(
            num_showing__gt=0, num_showing__lt=F("num")
        )
        chosen = both.order_by("-num", "target_class__number").values("target_class")[:1]
        return self.filter(study=study, target_class__in=chosen).order_by("id")


class Example(models.Model):
    """A picture whose answer is told: workers learn from it and practise on it, so it is never a candidate."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="examples")
    target_class = models.ForeignKey(TargetClass, on_delete=models.CASCADE, related_name="examples")
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="+")
    shows_class = models.BooleanField(help_text="Whether the image is to be selected.")
    caption = models.CharField(max_length=200, blank=True, help_text="Why; shown to workers.")
    created_at = models.DateTimeField()

    objects = ExampleQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["target_class", "image"], name="example_once_per_class"),
        ]

    def __str__(self) -> str:
        return f"example {self.pk}"
