import json
from typing import Any, get_args

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api.base import Input, ListMixin, RetrieveMixin, StudyFilters, StudyOwnedViewSet
from annotation.api.fields import FiniteFloatField, VisibleIdField, VisibleSlugField
from annotation.api.parsers import JSONParser, UploadParser
from annotation.models import Study
from evaluation import classifiers
from evaluation.classifiers import ClassifierSpec, Preprocessing
from evaluation.models import Classifier
from evaluation.preprocessing import MAX_SIDE, Colour, Layout, Resample
from evaluation.runtimes import RUNTIMES

MAX_CLASSES = 100_000


class ClassifierSerializer(serializers.ModelSerializer[Classifier]):
    study = serializers.SlugField(source="study.slug", read_only=True)
    preprocessing = serializers.DictField(read_only=True)
    class_ids = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Classifier
        fields = (
            "id", "study", "name", "runtime", "file_sha256", "num_bytes",
            "preprocessing", "class_ids", "registered_at", "family", "group", "counterpart", "released_on",
        )  # fmt: skip
        read_only_fields = fields


class PreprocessingSerializer(Input):
    size = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MAX_SIDE),
        min_length=2,
        max_length=2,
        help_text="Height and width.",
    )
    resample = serializers.ChoiceField(choices=get_args(Resample), required=False)
    crop_fraction = FiniteFloatField(min_value=0, max_value=1, required=False)
    colour = serializers.ChoiceField(choices=get_args(Colour), required=False)
    scale = FiniteFloatField(required=False)
    mean = serializers.ListField(child=FiniteFloatField(), min_length=1, max_length=3, required=False)
    std = serializers.ListField(child=FiniteFloatField(min_value=0), min_length=1, max_length=3, required=False)
    layout = serializers.ChoiceField(choices=get_args(Layout), required=False)


class ClassifierSpecSerializer(Input):
    name = serializers.CharField(max_length=200)
    runtime = serializers.ChoiceField(choices=sorted(RUNTIMES), default="onnx")
    preprocessing = PreprocessingSerializer()
    class_ids = serializers.ListField(
        child=serializers.CharField(max_length=100),
        min_length=1,
        max_length=MAX_CLASSES,
        help_text="The class id of each output, in the order of the outputs.",
    )


@extend_schema_field(ClassifierSpecSerializer)
class SpecPart(serializers.CharField):
    """The part of the form that is JSON."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            spec = json.loads(super().to_internal_value(data))
        except (ValueError, RecursionError) as error:
            raise serializers.ValidationError("This must be JSON.") from error
        serializer = ClassifierSpecSerializer(data=spec)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data


class NewClassifierSerializer(Input):
    study = VisibleSlugField(slug_field="slug", queryset=Study.objects.all())
    spec = SpecPart()
    file = serializers.FileField()


class DescriptionSerializer(Input):
    """What is left out stays as it is; null and empty text take away."""

    family = serializers.CharField(required=False, allow_blank=True, max_length=100)
    group = serializers.ChoiceField(required=False, choices=Classifier.Group.choices)
    counterpart = VisibleIdField(required=False, allow_null=True, queryset=Classifier.objects.all())
    released_on = serializers.DateField(required=False, allow_null=True)


class ClassifierViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """Classifiers to be scored."""

    queryset = Classifier.objects.select_related("study")
    serializer_class = ClassifierSerializer
    filters = StudyFilters
    parser_classes: tuple[type[BaseParser], ...] = (UploadParser,)

    @extend_schema(request=NewClassifierSerializer, responses={201: ClassifierSerializer})
    def create(self, request: Request) -> Response:
        """Register a classifier: its file and, as JSON, what goes in and what comes out."""
        fields = self.validated(NewClassifierSerializer)
        described = fields["spec"]
        spec = ClassifierSpec(
            name=described["name"],
            runtime=described["runtime"],
            content=fields["file"].read(),
            preprocessing=Preprocessing.from_json(described["preprocessing"]),
            class_ids=described["class_ids"],
        )
        classifier = classifiers.register(study=fields["study"], spec=spec, now=timezone.now())
        return self.created(classifier.pk)

    @extend_schema(request=DescriptionSerializer, responses={201: ClassifierSerializer})
    @action(
        detail=True,
        methods=["post"],
        url_path="description",  # which is a name that views have for something else
        url_name="description",
        parser_classes=(JSONParser,),
    )
    def describe(self, request: Request, pk: int) -> Response:
        """Say what reports group the classifier by: its family, group, counterpart and date of release."""
        classifier = self.get_object()
        classifiers.describe(classifier=classifier, **self.validated(DescriptionSerializer))
        return self.created(classifier.pk)
