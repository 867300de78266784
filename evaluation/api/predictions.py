from http import HTTPStatus
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api.base import Input, StudyOwnedViewSet
from annotation.api.fields import VisibleIdField
from annotation.api.parsers import JSONParser, UploadParser
from annotation.models import TestSet
from evaluation import looks, uploads
from evaluation.api.runs import RunSerializer
from evaluation.models import AccuracyLook, Run


class TakenSerializer(serializers.Serializer[Any]):
    """The run that came of an upload, and what a person should know of it."""

    run = RunSerializer()
    notes = serializers.ListField(child=serializers.CharField())


class NewPredictionsSerializer(Input):
    classifier = serializers.CharField(max_length=200, help_text="Its name; a new name is a new classifier.")
    test_set = VisibleIdField(queryset=TestSet.objects.select_related("study"))
    file = serializers.FileField(help_text="npz, npy, parquet or CSV, told apart by what they begin with.")
    images = serializers.FileField(
        required=False,
        help_text="Where the file doesn't name its rows: names of the images, one a line or a JSON list.",
    )
    class_ids = serializers.FileField(
        required=False, help_text="Where the file doesn't name its columns: class ids, one a line or a JSON list."
    )


class WithdrawalSerializer(Input):
    reason = serializers.CharField(max_length=500)


class PredictionViewSet(StudyOwnedViewSet):
    """Predictions of classifiers that were scored elsewhere."""

    queryset = Run.objects.with_progress().with_score().select_related("classifier__study", "test_set")
    serializer_class = RunSerializer
    parser_classes: tuple[type[BaseParser], ...] = (UploadParser,)

    def get_queryset(self) -> Any:
        return super().get_queryset().with_speed(now=timezone.now())

    @extend_schema(request=NewPredictionsSerializer, responses={201: TakenSerializer})
    def create(self, request: Request) -> Response:
        """Take in a classifier's predictions for one frozen test set; they are checked, stored and counted at once."""
        fields = self.validated(NewPredictionsSerializer)
        beside = {
            name: uploads.listed(fields[name].read(), told)
            for name, told in (("images", "names of images"), ("class_ids", "class ids"))
            if name in fields
        }
        taken = uploads.upload(
            classifier_name=fields["classifier"],
            test_set=fields["test_set"],
            handed=uploads.Handed(fields["file"].read(), **beside),
            now=timezone.now(),
        )
        self._note(taken.run)
        answer = TakenSerializer({"run": self.get_queryset().get(pk=taken.run.pk), "notes": taken.notes})
        return Response(answer.data, HTTPStatus.CREATED)

    @extend_schema(request=WithdrawalSerializer, responses={201: RunSerializer})
    @action(detail=True, methods=["post"], parser_classes=(JSONParser,))
    def withdrawal(self, request: Request, pk: int) -> Response:
        """Let predictions that were uploaded by mistake count no more; others may then be uploaded."""
        run = self.get_object()
        uploads.withdraw(run=run, reason=self.validated(WithdrawalSerializer)["reason"], now=timezone.now())
        self._note(run)
        return self.created(run.pk)

    def _note(self, run: Run) -> None:
        """Whoever is shown accuracies is remembered."""
        where, studies = AccuracyLook.Where.API_RUNS, [run.classifier.study_id]
        looks.note(study_ids=studies, person=self.person, where=where, now=timezone.now())
