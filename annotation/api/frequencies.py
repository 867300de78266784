from typing import Any

from django.db.models import Exists, OuterRef
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api.base import Filters, ListMixin, StudyFilters, StudyOwnedViewSet
from annotation.api.pagination import CursorPagination
from annotation.counting import beliefs
from annotation.counting.beliefs import Belief, Interval
from annotation.models import Batch, JudgementFilter, Origin, SelectionFrequency


class BoundsSerializer(serializers.Serializer[Any]):
    """A frequency with the bounds of its 95 % interval, in [0, 1]."""

    mean = serializers.FloatField(min_value=0, max_value=1)
    low = serializers.FloatField(min_value=0, max_value=1)
    high = serializers.FloatField(min_value=0, max_value=1)


class FrequencySerializer(serializers.Serializer[Belief]):
    """Counts first; each worker counts once, so that `num_seen` is a number of people. The rest follows from them."""

    candidate = serializers.IntegerField(source="row.candidate_id", read_only=True)
    target_class = serializers.CharField(source="row.candidate.target_class.class_id", read_only=True)
    origin = serializers.ChoiceField(source="row.candidate.origin", choices=Origin.choices, read_only=True)
    judgement_filter = serializers.SlugField(source="row.judgement_filter.slug", read_only=True)
    num_selected = serializers.IntegerField(source="row.num_selected", read_only=True, min_value=0)
    num_seen = serializers.IntegerField(source="row.num_seen", read_only=True, min_value=0)
    frequency = serializers.FloatField(
        source="row.frequency", read_only=True, allow_null=True, min_value=0, max_value=1
    )
    interval = BoundsSerializer(read_only=True, allow_null=True, help_text="None where nobody saw the image.")
    posterior = BoundsSerializer(
        read_only=True, allow_null=True, help_text="Under the mixture fitted to the study; none before there is one."
    )
    is_simulated = serializers.BooleanField(source="row.has_simulated_batches", read_only=True)


class FrequencyFilters(Filters):
    study = serializers.SlugField(required=False, max_length=80, source="candidate__study__slug")
    target_class = serializers.CharField(
        required=False, max_length=100, source="candidate__target_class__class_id", help_text="A class id."
    )
    origin = serializers.ChoiceField(required=False, choices=Origin.choices, source="candidate__origin")
    judgement_filter = serializers.SlugField(
        default=JudgementFilter.STANDARD, max_length=80, source="judgement_filter__slug", help_text="Its slug."
    )
    interval = serializers.ChoiceField(
        default=Interval.WILSON.value,
        choices=[each.value for each in Interval],
        help_text="How intervals are computed; it leaves no row out.",
    )

    @property
    def lookups(self) -> dict[str, Any]:
        return {name: value for name, value in super().lookups.items() if name != "interval"}


class ByCandidate(CursorPagination):
    """Under one filter a candidate has one row, and keeps its place however often it is counted."""

    ordering = "candidate_id"


class FrequencyViewSet(StudyOwnedViewSet):
    """How many workers saw each candidate, and how many of them selected it, under a judgement filter."""

    queryset = SelectionFrequency.objects.select_related("candidate__target_class", "judgement_filter").annotate(
        has_simulated_batches=Exists(
            Batch.objects.filter(study=OuterRef("candidate__study"), is_simulated=True),
        ),
    )
    serializer_class = FrequencySerializer
    pagination_class = ByCandidate
    filters = FrequencyFilters

    def list(self, request: Request) -> Response:
        """Counts with their intervals and posteriors."""
        filters = FrequencyFilters(data=request.query_params.dict())
        rows = self.paginate_queryset(self.get_queryset().filter(**filters.lookups)) or []
        believed = beliefs.of_rows(rows, interval=Interval(filters.validated_data["interval"]))
        return self.get_paginated_response(self.get_serializer(believed, many=True).data)


class JudgementFilterSerializer(serializers.ModelSerializer[JudgementFilter]):
    """Which judgements count under a name."""

    study = serializers.SlugField(source="study.slug", read_only=True)
    is_standard = serializers.BooleanField(read_only=True)

    class Meta:
        model = JudgementFilter
        fields = ("id", "study", "slug", "name", "until", "leaves_out_excluded", "min_control_accuracy", "is_standard")
        read_only_fields = fields


class JudgementFilterViewSet(ListMixin, StudyOwnedViewSet):
    """The filters of a study; its standard one is there once something was counted."""

    queryset = JudgementFilter.objects.select_related("study")
    serializer_class = JudgementFilterSerializer
    filters = StudyFilters
