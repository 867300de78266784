from django.db.models import Count, Exists, OuterRef
from rest_framework import serializers

from annotation.api.base import Filters, ListMixin, RetrieveMixin, StudyOwnedViewSet
from annotation.models import Batch, Study


class StudySerializer(serializers.ModelSerializer[Study]):
    is_simulated = serializers.BooleanField(source="has_simulated_batches", read_only=True)
    num_target_classes = serializers.IntegerField(read_only=True)

    class Meta:
        model = Study
        fields = (
            "slug", "name", "description", "contact", "guidelines", "seed",
            "is_simulated", "num_target_classes", "created_at",
        )  # fmt: skip
        read_only_fields = fields


class StudyViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """Studies you take part in."""

    queryset = Study.objects.annotate(
        has_simulated_batches=Exists(Batch.objects.filter(study=OuterRef("pk"), is_simulated=True)),
        num_target_classes=Count("target_classes"),
    )
    serializer_class = StudySerializer
    filters = Filters
    lookup_field = "slug"
    lookup_value_converter = "slug"
