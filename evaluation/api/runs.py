from http import HTTPStatus
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api.base import Filters, Input, ListMixin, RetrieveMixin, StudyOwnedViewSet
from annotation.api.fields import MAX_ID, VisibleIdField
from annotation.models import TestSet
from evaluation import conditions, looks, runs
from evaluation.errors import CannotRequest
from evaluation.models import AccuracyLook, Classifier, Run, Score
from evaluation.tasks import enqueue_run


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
    num_images = serializers.IntegerField(read_only=True)
    num_images_done = serializers.IntegerField(read_only=True)
    images_per_second = serializers.FloatField(read_only=True, min_value=0, help_text="Now, by all who work on it.")
    seconds_left = serializers.FloatField(
        read_only=True, allow_null=True, min_value=0, help_text="At this speed; null while nobody works on it."
    )
    score = ScoreSerializer(read_only=True, allow_null=True, default=None)

    class Meta:
        model = Run
        fields = (
            "id", "study", "classifier", "test_set", "condition", "state", "failure", "is_simulated",
            "num_images", "num_images_done", "images_per_second", "seconds_left", "score",
            "requested_at", "ended_at",
        )  # fmt: skip
        read_only_fields = fields


class ConditionField(serializers.CharField):
    """A condition by its name, in its one spelling."""

    def to_internal_value(self, data: Any) -> str:
        try:
            return conditions.get(super().to_internal_value(data)).name
        except CannotRequest as error:
            raise serializers.ValidationError(str(error)) from error


class RunFilters(Filters):
    study = serializers.SlugField(required=False, max_length=80, source="classifier__study__slug")
    classifier = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID, source="classifier_id")
    test_set = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID, source="test_set_id")
    state = serializers.ChoiceField(required=False, choices=Run.State.choices)
    condition = ConditionField(required=False, max_length=60)


class NewRunSerializer(Input):
    classifier = VisibleIdField(queryset=Classifier.objects.select_related("study"))
    test_set = VisibleIdField(queryset=TestSet.objects.select_related("study"))
    condition = ConditionField(
        default="clean",
        max_length=60,
        help_text=f"What is done to the images first: {', '.join(conditions.spellings())}; @DRAW for other chances.",
    )


class RunViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """Classifiers scored on test sets."""

    queryset = Run.objects.with_progress().with_score().select_related("classifier__study", "test_set")
    serializer_class = RunSerializer
    filters = RunFilters

    def get_queryset(self) -> Any:
        return super().get_queryset().with_speed(now=timezone.now())

    def page(self, rows: Any) -> Response:
        return self._noted(super().page(rows))

    def retrieve(self, request: Request, **lookup: Any) -> Response:
        return self._noted(super().retrieve(request, **lookup))

    def shown(self, pk: int, status: HTTPStatus = HTTPStatus.OK) -> Response:
        return self._noted(super().shown(pk, status))

    def _noted(self, response: Response) -> Response:
        """Whoever is shown accuracies is remembered."""
        rows = response.data.get("results", [response.data])
        ids = [row["id"] for row in rows if row["score"] is not None]
        studies = Run.objects.filter(pk__in=ids).values_list("classifier__study", flat=True)
        looks.note(study_ids=studies, person=self.person, where=AccuracyLook.Where.API_RUNS, now=timezone.now())
        return response

    @extend_schema(request=NewRunSerializer, responses={201: RunSerializer})
    def create(self, request: Request) -> Response:
        """Score a classifier on a frozen test set; a run that is open or finished is not started again."""
        run = runs.request(**self.validated(NewRunSerializer), now=timezone.now())
        enqueue_run(run)
        return self.created(run.pk)

    @extend_schema(request=None, responses={201: RunSerializer})
    @action(detail=True, methods=["post"])
    def cancellation(self, request: Request, pk: int) -> Response:
        """End an open run without a result; it can be requested anew."""
        run = self.get_object()
        runs.cancel(run=run, now=timezone.now())
        return self.created(run.pk)
