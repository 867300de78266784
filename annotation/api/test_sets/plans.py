"""What a test set would lack before it is drawn, and what changed between two that were."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation import frequencies, testsets
from annotation.api.base import Input, StudyOwnedViewSet
from annotation.api.fields import VisibleIdField, VisibleSlugField
from annotation.api.grids import MAX_POSITIONS
from annotation.api.test_sets.sets import ParametersSerializer
from annotation.models import JudgementFilter, Strategy, Study, TestSet
from annotation.testsets import feasibility, history
from annotation.testsets.feasibility import ClassNeed


class WantedSerializer(Input):
    """A test set, as it would be built."""

    study = VisibleSlugField(slug_field="slug", queryset=Study.objects.all())
    strategy = serializers.ChoiceField(choices=Strategy.choices)
    parameters = ParametersSerializer(required=False)
    judgement_filter = serializers.SlugField(
        default=JudgementFilter.STANDARD, max_length=80, help_text="Whose frequencies to use; its slug."
    )
    num_measured = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=MAX_POSITIONS,
        help_text="Candidates that a HIT measures; by default as many as in the grids composed last.",
    )


class BinNeedSerializer(serializers.Serializer[Any]):
    """A bin of the selection frequency, or the whole class where the strategy knows no bins."""

    bin = serializers.IntegerField()
    num_wanted = serializers.IntegerField()
    num_valid = serializers.IntegerField(help_text="Candidates that lie in it.")
    num_missing = serializers.IntegerField(help_text="After borrowing.")


class ClassNeedSerializer(serializers.Serializer[ClassNeed]):
    target_class = serializers.CharField(source="target_class.class_id")
    bins = BinNeedSerializer(many=True)
    left_out = serializers.DictField(
        child=serializers.IntegerField(), help_text="Pool candidates that can't be used, by the first reason."
    )
    refusal = serializers.CharField(help_text="Why the class can't be drawn at all; empty where it can.")
    num_missing = serializers.IntegerField()
    num_waiting = serializers.IntegerField(help_text="Candidates that only lack judgements.")
    is_reachable = serializers.BooleanField(help_text="No: images are wanted whose like was never seen.")
    num_new = serializers.IntegerField(help_text="Candidates to find, on average.")
    num_grids = serializers.IntegerField(help_text="HITs to have them and those that wait judged.")


class FeasibilitySerializer(serializers.Serializer[Any]):
    num_wanted = serializers.IntegerField()
    num_missing = serializers.IntegerField()
    num_waiting = serializers.IntegerField()
    num_new = serializers.IntegerField()
    num_grids = serializers.IntegerField()
    num_measured = serializers.IntegerField(help_text="Candidates that each of these grids measures.")
    classes = ClassNeedSerializer(many=True)


class PairSerializer(Input):
    """Two test sets of the same study."""

    before = VisibleIdField(queryset=TestSet.objects.select_related("study"))
    after = VisibleIdField(queryset=TestSet.objects.select_related("study"))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["before"].study_id != attrs["after"].study_id:
            raise serializers.ValidationError("Both sets must be of the same study.")
        return attrs


class MovedSerializer(serializers.Serializer[Any]):
    candidate = serializers.IntegerField(source="candidate_id")
    before = serializers.CharField(source="before.class_id")
    after = serializers.CharField(source="after.class_id")


class DiffSerializer(serializers.Serializer[Any]):
    """Candidates that went in and out, and images that changed their class."""

    num_kept = serializers.IntegerField()
    num_recounted = serializers.IntegerField(help_text="Images that stayed, with other judgements by now.")
    came = serializers.ListField(child=serializers.IntegerField())
    left = serializers.ListField(child=serializers.IntegerField())
    moved = MovedSerializer(many=True)


class FeasibilityViewSet(StudyOwnedViewSet):
    """What test sets would lack: nothing is built."""

    queryset = TestSet.objects.all()

    @extend_schema(request=WantedSerializer, responses={200: FeasibilitySerializer})
    def create(self, request: Request) -> Response:
        """Per class and bin what is wanted, there and missing, and what should fill it at the rates seen so far."""
        fields = self.validated(WantedSerializer)
        study = fields["study"]
        frequencies.standard_filter(study)
        used = study.judgement_filters.filter(slug=fields["judgement_filter"]).first()
        if used is None:
            raise exceptions.ValidationError({"judgement_filter": ["There is no such filter in this study."]})
        parameters = testsets.read_parameters(Strategy(fields["strategy"]), fields.get("parameters", {}))
        found = feasibility.check(judgement_filter=used, parameters=parameters, num_measured=fields.get("num_measured"))
        return Response(FeasibilitySerializer(found).data)


class ChangesViewSet(StudyOwnedViewSet):
    """What changed from one test set to another."""

    queryset = TestSet.objects.all()

    @extend_schema(request=PairSerializer, responses={200: DiffSerializer})
    def create(self, request: Request) -> Response:
        """Images in, out and moved."""
        fields = self.validated(PairSerializer)
        return Response(DiffSerializer(history.diff(fields["before"], fields["after"])).data)
