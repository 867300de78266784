from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotation import bitmaps
from annotation.api.base import ListMixin, StudyOwnedViewSet
from annotation.api.candidates import TargetClassFilters
from annotation.models import Grid

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


class GridViewSet(ListMixin, StudyOwnedViewSet):
    """Candidates put together for workers."""

    queryset = Grid.objects.select_related("study", "target_class")
    serializer_class = GridSerializer
    filters = TargetClassFilters
