from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import renderers, serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from annotation import candidates, duplicates, storage, takedowns
from annotation.api.base import Input, ListMixin, RetrieveMixin, StudyFilters, StudyOwnedViewSet
from annotation.api.pool.criteria import CriteriaFields, read
from annotation.api.pool.take_downs import (
    NewTakeDownSerializer,
    TakeDownPreviewSerializer,
    TakeDownSerializer,
    told,
)
from annotation.candidates import choosing
from annotation.models import Candidate, Exclusion, Image, ReplacedExclusion

OWN_LOOKUPS = ("study__slug", "target_class__class_id")


class ImageSerializer(serializers.ModelSerializer[Image]):
    class Meta:
        model = Image
        fields = ("sha256", "pixel_sha256", "format", "width", "height", "num_bytes")
        read_only_fields = fields


class ExclusionSerializer(serializers.ModelSerializer[Exclusion]):
    excluded_by = serializers.CharField(source="excluded_by.username", read_only=True, allow_null=True, default=None)
    bulk_exclusion = serializers.IntegerField(
        source="bulk_id", read_only=True, allow_null=True, help_text="With which many were excluded at once, or null."
    )

    class Meta:
        model = Exclusion
        fields = ("reason", "excluded_by", "excluded_at", "stage", "bulk_exclusion")
        read_only_fields = fields


class ReplacedExclusionSerializer(serializers.ModelSerializer[ReplacedExclusion]):
    excluded_by = serializers.CharField(source="excluded_by.username", read_only=True, allow_null=True, default=None)
    replaced_by = serializers.CharField(source="replaced_by.username", read_only=True, allow_null=True, default=None)

    class Meta:
        model = ReplacedExclusion
        fields = ("reason", "excluded_by", "excluded_at", "stage", "replaced_by", "replaced_at")
        read_only_fields = fields


class NewExclusionSerializer(Input):
    reason = serializers.ChoiceField(
        choices=Exclusion.Reason.choices, help_text="Each but taken_down, which follows from taking a picture down."
    )


class CandidateSerializer(serializers.ModelSerializer[Candidate]):
    study = serializers.SlugField(source="study.slug", read_only=True)
    target_class = serializers.CharField(source="target_class.class_id", read_only=True)
    image = ImageSerializer(read_only=True, allow_null=True)
    rendition_url = serializers.SerializerMethodField(help_text="Null where the picture is not here.")
    take_down = TakeDownSerializer(read_only=True, allow_null=True, default=None)
    exclusion = ExclusionSerializer(read_only=True, allow_null=True, default=None)
    replaced_exclusions = ReplacedExclusionSerializer(
        many=True, read_only=True, help_text="Reasons that stood there before, the last first."
    )

    class Meta:
        model = Candidate
        fields = (
            "id", "study", "target_class", "origin", "source", "page_url", "owner", "licence", "query", "taken_at",
            "uploaded_at", "collection", "image", "rendition_url", "take_down", "exclusion",
            "replaced_exclusions", "created_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_rendition_url(self, candidate: Candidate) -> str | None:
        if candidate.image_id is None:
            return None
        return reverse("api:candidate-rendition", [candidate.pk], request=self.context["request"])


class TargetClassFilters(StudyFilters):
    target_class = serializers.CharField(
        required=False, max_length=100, source="target_class__class_id", help_text="A class id."
    )


class CandidateFilters(TargetClassFilters, CriteriaFields):
    """Of one study or of all, one class or all, and by whatever criteria."""


class JPEGRenderer(renderers.BaseRenderer):
    """Lets a client ask for image/jpeg; the bytes go past it."""

    media_type = "image/jpeg"
    format = "jpeg"
    charset = None
    render_style = "binary"

    def render(self, data: Any, *arguments: Any, **options: Any) -> Any:
        return data


class CandidateViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """Images for the target classes of your studies."""

    queryset = Candidate.objects.select_related(
        "study", "target_class", "image", "take_down__taken_down_by", "exclusion__excluded_by"
    ).prefetch_related("replaced_exclusions__excluded_by", "replaced_exclusions__replaced_by")
    serializer_class = CandidateSerializer
    filters = CandidateFilters

    def page(self, rows: Any) -> Response:
        """By class and study as any list, by all else as the criteria say."""
        asked = self.filters(data=self.request.query_params.dict()).lookups
        own = {lookup: asked.pop(lookup) for lookup in OWN_LOOKUPS if lookup in asked}
        chosen = choosing.narrowed(rows.filter(**own), read(asked))
        serializer = self.get_serializer(self.paginate_queryset(chosen), many=True)
        return self.get_paginated_response(serializer.data)

    @extend_schema(responses={(200, "image/jpeg"): OpenApiTypes.BINARY})
    @action(detail=True, renderer_classes=[JPEGRenderer])
    def rendition(self, request: Request, pk: int) -> HttpResponse:
        """The picture as people are shown it."""
        row = self.get_object()
        image = row.image
        if image is None:
            why = "was taken down" if row.take_down_id else "is not here, only judgements of it"
            raise NotFound(f"The picture of this candidate {why}.")
        content = storage.get("renditions", image.rendition_sha256)
        return HttpResponse(content, content_type="image/jpeg", headers={"Cache-Control": "private, max-age=86400"})

    @extend_schema(request=NewExclusionSerializer, responses={201: CandidateSerializer})
    @action(detail=True, methods=["post"])
    def exclusion(self, request: Request, pk: int) -> Response:
        """Take a candidate out of all that follows; a person's first reason stays, that of a stage or of many at once
        is replaced and kept beside it."""
        candidate = self.get_object()
        reason = Exclusion.Reason(self.validated(NewExclusionSerializer)["reason"])
        row = Candidate.objects.filter(pk=candidate.pk)
        candidates.exclude(candidates=row, reason=reason, now=timezone.now(), by=self.person)
        return self.created(candidate.pk)

    @extend_schema(request=None, responses={201: CandidateSerializer})
    @action(detail=True, methods=["post"])
    def readmission(self, request: Request, pk: int) -> Response:
        """Let a candidate take part again; out stays what an import or a decision about duplicates took out."""
        duplicates.let_in(candidate=self.get_object(), by=self.person, now=timezone.now())
        return self.created(pk)

    @extend_schema(methods=["GET"], responses={200: TakeDownPreviewSerializer})
    @extend_schema(methods=["POST"], request=NewTakeDownSerializer, responses={201: CandidateSerializer})
    @action(detail=True, methods=["get", "post"], url_path="take-down")
    def take_down(self, request: Request, pk: int) -> Response:
        """Remove its picture for good, from all studies; GET says first what that changes. For administrators only."""
        if not self.person.is_superuser:
            raise NotFound("Only administrators take pictures down.")
        candidate = self.get_object()
        if request.method != "POST":
            found = takedowns.preview(candidates=[candidate.pk], now=timezone.now())
            return Response(TakeDownPreviewSerializer(found).data)
        said = told(self.validated(NewTakeDownSerializer))
        takedowns.take_down(candidates=[candidate.pk], told=said, now=timezone.now(), by=self.person)
        return self.created(candidate.pk)
