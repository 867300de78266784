from typing import Any

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from annotation import studies
from annotation.api.base import Input, ListMixin, RetrieveMixin, StudyFilters, StudyOwnedViewSet
from annotation.api.fields import VisibleSlugField
from annotation.models import ClassCorrection, Study, TargetClass

MAX_CLASSES = 10_000


class LinkSerializer(Input):
    text = serializers.CharField(max_length=studies.MAX_LINK_TEXT)
    url = serializers.CharField(max_length=studies.MAX_URL)


class TargetClassSerializer(serializers.ModelSerializer[TargetClass]):
    study = serializers.SlugField(source="study.slug", read_only=True)
    synonyms = serializers.ListField(child=serializers.CharField(), read_only=True)
    wider_words = serializers.ListField(child=serializers.CharField(), read_only=True)
    links = LinkSerializer(many=True, read_only=True)
    nearest = serializers.CharField(source="nearest.class_id", read_only=True, allow_null=True, default=None)

    class Meta:
        model = TargetClass
        fields = (
            "id", "study", "class_id", "number", "name", "synonyms", "definition", "wider_words", "links", "nearest",
        )  # fmt: skip
        read_only_fields = fields


class CorrectionSerializer(serializers.ModelSerializer[ClassCorrection]):
    corrected_by = serializers.CharField(source="corrected_by.username", read_only=True, allow_null=True, default=None)

    class Meta:
        model = ClassCorrection
        fields = ("before", "after", "corrected_by", "corrected_at")
        read_only_fields = fields


class NewCorrectionSerializer(Input):
    """What is to be another; what is left out stays."""

    name = serializers.CharField(required=False, max_length=studies.MAX_NAME)
    synonyms = serializers.ListField(
        required=False, child=serializers.CharField(max_length=studies.MAX_NAME), max_length=studies.MAX_WORDS
    )
    definition = serializers.CharField(required=False, max_length=studies.MAX_TEXT, allow_blank=True)
    wider_words = serializers.ListField(
        required=False, child=serializers.CharField(max_length=studies.MAX_NAME), max_length=studies.MAX_WORDS
    )
    links = serializers.ListField(required=False, child=LinkSerializer(), max_length=studies.MAX_LINKS)


class TargetClassSpecSerializer(Input):
    class_id = serializers.CharField(max_length=studies.MAX_CLASS_ID)
    name = serializers.CharField(max_length=studies.MAX_NAME)
    synonyms = serializers.ListField(
        child=serializers.CharField(max_length=studies.MAX_NAME), max_length=studies.MAX_WORDS, default=list
    )
    definition = serializers.CharField(max_length=studies.MAX_TEXT, allow_blank=True, default="")
    wider_words = serializers.ListField(
        child=serializers.CharField(max_length=studies.MAX_NAME),
        max_length=studies.MAX_WORDS,
        default=list,
        help_text="Words for kinds that it is one of, which wider searches add.",
    )
    links = serializers.ListField(
        child=LinkSerializer(), max_length=studies.MAX_LINKS, default=list, help_text="Shown to workers; https or http."
    )


class NewTargetClassesSerializer(Input):
    study = VisibleSlugField(slug_field="slug", queryset=Study.objects.all())
    target_classes = serializers.ListField(child=TargetClassSpecSerializer(), min_length=1, max_length=MAX_CLASSES)
    nearest = serializers.DictField(
        child=serializers.CharField(max_length=studies.MAX_CLASS_ID),
        default=dict,
        help_text="The class id of the nearest other class, by class id.",
    )


class NearestClassSerializer(Input):
    nearest = serializers.CharField(
        max_length=studies.MAX_CLASS_ID,
        allow_null=True,
        help_text="The class id of another class of the study, whose originals are negative controls; null for none.",
    )


class TargetClassViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """The classes that workers are asked about."""

    queryset = TargetClass.objects.select_related("study", "nearest")
    serializer_class = TargetClassSerializer
    filters = StudyFilters

    @extend_schema(request=NewTargetClassesSerializer, responses={201: TargetClassSerializer(many=True)})
    def create(self, request: Request) -> Response:
        """Add classes to a study; the same class again changes nothing."""
        fields = self.validated(NewTargetClassesSerializer)
        specs = [_spec(described) for described in fields["target_classes"]]
        with transaction.atomic():
            rows = studies.add_target_classes(study=fields["study"], classes=specs)
            if fields["nearest"]:
                studies.set_nearest_classes(study=fields["study"], nearest=fields["nearest"])
        added = self.get_queryset().filter(pk__in=[row.pk for row in rows])
        return Response(self.get_serializer(added, many=True).data, 201)

    @extend_schema(request=NearestClassSerializer, responses={201: TargetClassSerializer})
    @action(detail=True, methods=["post"])
    def nearest(self, request: Request, pk: int) -> Response:
        """Say which other class is most easily taken for this one."""
        row = self.get_object()
        fields = self.validated(NearestClassSerializer)
        studies.set_nearest_classes(study=row.study, nearest={row.class_id: fields["nearest"]})
        return self.created(row.pk)

    @extend_schema(methods=["GET"], responses={200: CorrectionSerializer(many=True)})
    @extend_schema(methods=["POST"], request=NewCorrectionSerializer, responses={201: TargetClassSerializer})
    @action(detail=True, methods=["get", "post"], pagination_class=None)
    def corrections(self, request: Request, pk: int) -> Response:
        """Say anew what a class is called and described as, or read what was changed so far, the last first.

        Workers read the new words from now on; frozen sets keep the name they had. The id never changes.
        """
        row = self.get_object()
        if request.method != "POST":
            return Response(CorrectionSerializer(row.corrections.select_related("corrected_by"), many=True).data)
        fields = self.validated(NewCorrectionSerializer)
        described = {name: getattr(row, name) for name in ("class_id", *NewCorrectionSerializer().fields)} | fields
        studies.correct_target_class(target_class=row, spec=_spec(described), now=timezone.now(), by=self.person)
        return self.created(row.pk)


def _spec(described: dict[str, Any]) -> studies.TargetClassSpec:
    links = tuple(studies.LinkSpec(**link) for link in described["links"])
    words = {name: tuple(described[name]) for name in ("synonyms", "wider_words")}
    return studies.TargetClassSpec(**described | words | {"links": links})
