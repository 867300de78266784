from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import Now
from rest_framework import serializers

from annotation.api.base import ListMixin, RetrieveMixin, StudyFilters, StudyOwnedViewSet
from annotation.models import Batch


class BatchSerializer(serializers.ModelSerializer[Batch]):
    study = serializers.SlugField(source="study.slug", read_only=True)
    num_hits = serializers.IntegerField(read_only=True)
    num_slots = serializers.IntegerField(read_only=True, help_text="Assignments that can be handed in, over all HITs.")
    num_claimed = serializers.IntegerField(read_only=True, help_text="Held by a worker now.")
    num_submitted = serializers.IntegerField(read_only=True)

    class Meta:
        model = Batch
        fields = (
            "id", "study", "platform", "is_simulated", "num_assignments", "lease_seconds",
            "num_hits", "num_slots", "num_claimed", "num_submitted", "launched_at", "expired_at",
        )  # fmt: skip
        read_only_fields = fields


def with_progress() -> Any:
    """Batches with the counts of their assignments."""
    submitted = Q(hits__assignments__submitted_at__isnull=False)
    held = Q(hits__assignments__submitted_at__isnull=True, hits__assignments__lease_expires_at__gt=Now())
    return Batch.objects.select_related("study").annotate(
        num_hits=Count("hits", distinct=True),
        num_slots=Count("hits__assignments"),
        num_claimed=Count("hits__assignments", filter=held),
        num_submitted=Count("hits__assignments", filter=submitted),
    )


class BatchViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """HITs launched together."""

    queryset = with_progress()
    serializer_class = BatchSerializer
    filters = StudyFilters
