from django.db.models import Exists, OuterRef
from rest_framework import serializers

from annotation.api.base import Filters, ListMixin, StudyOwnedViewSet
from annotation.models import Batch, Origin, SelectionFrequency


class FrequencySerializer(serializers.ModelSerializer[SelectionFrequency]):
    """Counts first; the frequency is derived from them."""

    candidate = serializers.IntegerField(source="candidate_id", read_only=True)
    target_class = serializers.CharField(source="candidate.target_class.class_id", read_only=True)
    origin = serializers.ChoiceField(source="candidate.origin", choices=Origin.choices, read_only=True)
    frequency = serializers.FloatField(read_only=True, allow_null=True, min_value=0, max_value=1)
    is_simulated = serializers.BooleanField(source="has_simulated_batches", read_only=True)

    class Meta:
        model = SelectionFrequency
        fields = ("candidate", "target_class", "origin", "num_selected", "num_seen", "frequency", "is_simulated")
        read_only_fields = fields


class FrequencyFilters(Filters):
    study = serializers.SlugField(required=False, max_length=80, source="candidate__study__slug")
    target_class = serializers.CharField(
        required=False, max_length=100, source="candidate__target_class__class_id", help_text="A class id."
    )
    origin = serializers.ChoiceField(required=False, choices=Origin.choices, source="candidate__origin")


class FrequencyViewSet(ListMixin, StudyOwnedViewSet):
    """How many workers saw each candidate, and how many of them selected it."""

    queryset = SelectionFrequency.objects.select_related("candidate__target_class").annotate(
        has_simulated_batches=Exists(
            Batch.objects.filter(study=OuterRef("candidate__study"), is_simulated=True),
        ),
    )
    serializer_class = FrequencySerializer
    filters = FrequencyFilters
