from typing import Any

from django.db.models import Count, F, Q, Sum
from rest_framework import serializers

from annotation.api.base import Filters, ListMixin, RetrieveMixin, StudyOwnedViewSet
from annotation.api.fields import MAX_ID
from evaluation.models import Run, Score


class ScoreSerializer(serializers.ModelSerializer[Score]):
    """Counts first; the accuracy is derived from them."""

    accuracy = serializers.FloatField(read_only=True, min_value=0, max_value=1)

    class Meta:
        model = Score
        fields = ("num_correct", "num_correct_top5", "num_images", "accuracy", "computed_at")
        read_only_fields = fields


class RunSerializer(serializers.ModelSerializer[Run]):
    study = serializers.SlugField(source="classifier.study.slug", read_only=True)
    classifier = serializers.IntegerField(source="classifier_id", read_only=True)
    test_set = serializers.IntegerField(source="test_set_id", read_only=True)
    is_simulated = serializers.BooleanField(source="test_set.is_simulated", read_only=True)
    num_shards = serializers.IntegerField(read_only=True)
    num_finished_shards = serializers.IntegerField(read_only=True)
    num_images = serializers.IntegerField(read_only=True)
    num_finished_images = serializers.IntegerField(read_only=True)
    score = ScoreSerializer(read_only=True, allow_null=True, default=None)

    class Meta:
        model = Run
        fields = (
            "id", "study", "classifier", "test_set", "condition", "state", "failure", "is_simulated",
            "num_shards", "num_finished_shards", "num_images", "num_finished_images", "score",
            "requested_at", "ended_at",
        )  # fmt: skip
        read_only_fields = fields


class RunFilters(Filters):
    study = serializers.SlugField(required=False, max_length=80, source="classifier__study__slug")
    classifier = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID, source="classifier_id")
    test_set = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID, source="test_set_id")
    state = serializers.ChoiceField(required=False, choices=Run.State.choices)


def with_progress() -> Any:
    """Runs with the counts of their shards and images."""
    size = F("shards__stop") - F("shards__start")
    finished = Q(shards__finished_at__isnull=False)
    return Run.objects.select_related("classifier__study", "test_set", "score").annotate(
        num_shards=Count("shards"),
        num_finished_shards=Count("shards", filter=finished),
        num_images=Sum(size, default=0),
        num_finished_images=Sum(size, filter=finished, default=0),
    )


class RunViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """Classifiers scored on test sets."""

    queryset = with_progress()
    serializer_class = RunSerializer
    filters = RunFilters
