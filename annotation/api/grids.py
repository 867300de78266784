from http import HTTPStatus
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation import bitmaps, duplicates, grids, tasks
from annotation.api.base import Input, ListMixin, StudyOwnedViewSet
from annotation.api.fields import VisibleSlugField
from annotation.api.pool.candidates import TargetClassFilters
from annotation.models import Grid, Study

MAX_POSITIONS = 200

POSITIONS = serializers.ListField(child=serializers.IntegerField(min_value=0))


class GridSerializer(serializers.ModelSerializer[Grid]):
    """Candidates in the order that workers see them; positions count from 0."""

    study = serializers.SlugField(source="study.slug", read_only=True)
    target_class = serializers.CharField(source="target_class.class_id", read_only=True)
    candidate_ids = serializers.ListField(child=serializers.IntegerField(), read_only=True)
    measured = serializers.SerializerMethodField()
    positive_controls = serializers.SerializerMethodField()
    negative_controls = serializers.SerializerMethodField()

    class Meta:
        model = Grid
        fields = (
            "id", "study", "target_class", "number",
            "candidate_ids", "measured", "positive_controls", "negative_controls", "created_at",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(POSITIONS)
    def get_measured(self, grid: Grid) -> list[int]:
        return bitmaps.positions(grid.measured, grid.num_positions)

    @extend_schema_field(POSITIONS)
    def get_positive_controls(self, grid: Grid) -> list[int]:
        return bitmaps.positions(grid.positive_controls, grid.num_positions)

    @extend_schema_field(POSITIONS)
    def get_negative_controls(self, grid: Grid) -> list[int]:
        return bitmaps.positions(grid.negative_controls, grid.num_positions)


class NewGridsSerializer(Input):
    study = VisibleSlugField(slug_field="slug", queryset=Study.objects.all())
    num_positions = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=MAX_POSITIONS,
        help_text="48 where it is left out, or 30 where images were collected from Flickr, as its terms want it.",
    )
    num_positive = serializers.IntegerField(min_value=0, max_value=MAX_POSITIONS, default=3)
    num_negative = serializers.IntegerField(min_value=0, max_value=MAX_POSITIONS, default=3)


class CompositionSerializer(serializers.Serializer[Any]):
    grid_ids = serializers.ListField(child=serializers.IntegerField())
    warnings = serializers.ListField(child=serializers.CharField())


class GridViewSet(ListMixin, StudyOwnedViewSet):
    """Candidates put together for workers."""

    queryset = Grid.objects.select_related("study", "target_class")
    serializer_class = GridSerializer
    filters = TargetClassFilters

    @extend_schema(request=NewGridsSerializer, responses={201: CompositionSerializer})
    def create(self, request: Request) -> Response:
        """Put every candidate that no grid measures yet into a grid; again changes nothing."""
        fields = self.validated(NewGridsSerializer)
        study = fields.pop("study")
        fields.setdefault("num_positions", grids.design_for(study).num_positions)
        design = grids.GridDesign(**fields)
        composition = duplicates.compose(study=study, design=design, now=timezone.now(), by=self.person)
        tasks.enqueue_contact_sheets(grid.pk for grid in composition.grids)
        told = {"grid_ids": [grid.pk for grid in composition.grids], "warnings": composition.warnings}
        return Response(CompositionSerializer(told).data, HTTPStatus.CREATED)
