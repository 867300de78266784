from http import HTTPStatus
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from annotation import duplicates, tasks
from annotation.api.base import Input, ListMixin, RetrieveMixin, StudyFilters, StudyOwnedViewSet
from annotation.api.fields import VisibleSlugField
from annotation.models import DuplicateDecision, DuplicatePair, DuplicateSearch, Study


class DuplicateSearchSerializer(serializers.ModelSerializer[DuplicateSearch]):
    study = serializers.SlugField(source="study.slug", read_only=True)

    class Meta:
        model = DuplicateSearch
        fields = (
            "id", "study", "max_distance", "requested_at", "step", "num_done", "num_wanted", "num_images",
            "num_thinned", "num_unreadable", "problem", "searched_at",
        )  # fmt: skip
        read_only_fields = fields


class NewDuplicateSearchSerializer(Input):
    study = VisibleSlugField(slug_field="slug", queryset=Study.objects.all())
    max_distance = serializers.IntegerField(
        min_value=0,
        max_value=duplicates.MAX_DISTANCE,
        default=duplicates.STANDARD_DISTANCE,
        help_text="Bits in which two hashes may differ.",
    )


class DuplicateSearchViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """The last search for near-duplicates in each study, and how far the running one is."""

    queryset = DuplicateSearch.objects.select_related("study")
    serializer_class = DuplicateSearchSerializer
    filters = StudyFilters

    @extend_schema(request=NewDuplicateSearchSerializer, responses={202: DuplicateSearchSerializer})
    def create(self, request: Request) -> Response:
        """Ask for a search; `requested_at` is null again when it is done."""
        row = duplicates.request(**self.validated(NewDuplicateSearchSerializer), now=timezone.now())
        tasks.enqueue_duplicate_search(row.study_id)
        return self.shown(row.pk, HTTPStatus.ACCEPTED)


class DuplicateDecisionSerializer(serializers.ModelSerializer[DuplicateDecision]):
    decided_by = serializers.CharField(source="decided_by.username", read_only=True)

    class Meta:
        model = DuplicateDecision
        fields = ("is_duplicate", "decided_by", "decided_at")
        read_only_fields = fields


class DuplicatePairSerializer(serializers.ModelSerializer[DuplicatePair]):
    study = serializers.SlugField(source="study.slug", read_only=True)
    first = serializers.IntegerField(source="first_id", read_only=True, help_text="A candidate of the pool.")
    second = serializers.IntegerField(
        source="second_id", read_only=True, allow_null=True, help_text="Another candidate, or null."
    )
    reference = serializers.CharField(
        source="reference.name", read_only=True, allow_null=True, default=None, help_text="A reference image, or null."
    )
    reference_id = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="Two folders may have used the same name for two images."
    )
    decision = serializers.SerializerMethodField(help_text="Null until a person has looked at the pair.")

    class Meta:
        model = DuplicatePair
        fields = (
            "id", "study", "first", "second", "reference", "reference_id", "copy", "hamming", "pixel_distance",
            "structural_distance", "embedding_distance", "embedded_by", "found_at", "decision",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(DuplicateDecisionSerializer(allow_null=True))
    def get_decision(self, pair: DuplicatePair) -> dict[str, Any] | None:
        held = next(iter(pair.decisions.all()), None)  # only active ones are fetched with the rows
        return None if held is None else dict(DuplicateDecisionSerializer(held).data)


class NewDuplicateDecisionSerializer(Input):
    is_duplicate = serializers.BooleanField()


class DuplicatePairFilters(StudyFilters):
    is_decided = serializers.BooleanField(required=False, allow_null=True, default=None)

    @property
    def lookups(self) -> dict[str, Any]:
        found = super().lookups
        return {name: value for name, value in found.items() if value is not None}


class DuplicatePairViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """Pairs of images that look alike. Distances oblige a person to look; they decide nothing."""

    _active = DuplicateDecision.objects.active()
    queryset = (
        DuplicatePair.objects.select_related("study", "reference")
        .prefetch_related(Prefetch("decisions", _active.select_related("decided_by")))
        .annotate(is_decided=Exists(_active.filter(pair=OuterRef("pk"))))
    )
    serializer_class = DuplicatePairSerializer
    filters = DuplicatePairFilters

    @extend_schema(request=NewDuplicateDecisionSerializer, responses={201: DuplicatePairSerializer})
    @action(detail=True, methods=["post"])
    def decision(self, request: Request, pk: int) -> Response:
        """Say whether the two are duplicates. What follows for other images is done at once."""
        pair, answer = self.get_object(), self.validated(NewDuplicateDecisionSerializer)["is_duplicate"]
        duplicates.decide(pair=pair, is_duplicate=answer, by=self.person, now=timezone.now())
        return self.created(pk)

    @extend_schema(request=None, responses={201: DuplicatePairSerializer})
    @action(detail=True, methods=["post"])
    def reversal(self, request: Request, pk: int) -> Response:
        """Undo what was said about the pair; it stays on record."""
        duplicates.undo_of(pair=self.get_object(), by=self.person, now=timezone.now())
        return self.created(pk)
