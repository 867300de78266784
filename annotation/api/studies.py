from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from annotation import launches, studies
from annotation.api.base import Filters, Input, ListMixin, RetrieveMixin, StudyOwnedViewSet
from annotation.api.workforce.running import told_soon
from annotation.models import Batch, Study


class StudySerializer(serializers.ModelSerializer[Study]):
    is_simulated = serializers.BooleanField(source="has_simulated_batches", read_only=True)
    num_target_classes = serializers.IntegerField(read_only=True)

    class Meta:
        model = Study
        fields = (
            "slug", "name", "description", "contact", "guidelines", "content_warning", "photographs_only", "seed",
            "authors", "is_simulated", "num_target_classes", "created_at",
        )  # fmt: skip
        read_only_fields = fields


class NewStudySerializer(Input):
    slug = serializers.SlugField(max_length=studies.MAX_SLUG)
    name = serializers.CharField(max_length=studies.MAX_NAME)
    seed = serializers.IntegerField(min_value=0, max_value=studies.MAX_SEED, default=0)
    contact = serializers.CharField(max_length=studies.MAX_NAME, allow_blank=True, default="")
    description = serializers.CharField(max_length=studies.MAX_TEXT, allow_blank=True, default="")
    guidelines = serializers.CharField(max_length=studies.MAX_TEXT, allow_blank=True, default="")
    content_warning = serializers.CharField(max_length=studies.MAX_TEXT, allow_blank=True, default="")
    photographs_only = serializers.BooleanField(default=True)
    authors = serializers.CharField(
        max_length=studies.MAX_AUTHORS_TEXT,
        allow_blank=True,
        default="",
        help_text="Whom citations name: one a line, as `Family, Given`; without a comma, an organisation.",
    )


class StoppedSerializer(serializers.Serializer[Any]):
    batches = serializers.ListField(child=serializers.IntegerField(), help_text="Those that were open.")


class StudyViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """Studies you take part in."""

    queryset = Study.objects.annotate(
        has_simulated_batches=Exists(Batch.objects.filter(study=OuterRef("pk"), is_simulated=True)),
        num_target_classes=Count("target_classes"),
    )
    serializer_class = StudySerializer
    filters = Filters
    lookup_field = "slug"
    lookup_value_converter = "slug"

    @extend_schema(request=NewStudySerializer)
    def create(self, request: Request) -> Response:
        """Create a study; you become its first researcher."""
        fields = self.validated(NewStudySerializer)
        told = {name: fields.pop(name) for name in ("guidelines", "content_warning", "photographs_only")}
        authors = fields.pop("authors")
        with transaction.atomic():
            study = studies.create(**fields, now=timezone.now())
            studies.instruct(study=study, **told)
            studies.name_authors(study=study, authors=authors)
            studies.add_researcher(study=study, user=self.person)
        return self.created(study.pk)

    @extend_schema(request=None, responses={201: StoppedSerializer})
    @action(detail=True, methods=["post"])
    def closing(self, request: Request, slug: str) -> Response:
        """Stop everything: close all open batches, here at once, and at their platforms by the queue."""
        stopped = launches.stop_everything(study=self.get_object(), now=timezone.now())
        for batch in stopped:
            told_soon(batch)
        return Response({"batches": [batch.pk for batch in stopped]}, HTTPStatus.CREATED)
