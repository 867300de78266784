from typing import Any

from rest_framework import serializers

from annotation.api.base import ListMixin, RetrieveMixin, StudyFilters, StudyOwnedViewSet
from evaluation.models import Report


class ReportSerializer(serializers.ModelSerializer[Report]):
    study = serializers.SlugField(source="study.slug", read_only=True)

    class Meta:
        model = Report
        fields = ("id", "study", "built_at")
        read_only_fields = fields


class WholeReportSerializer(ReportSerializer):
    content = serializers.DictField(read_only=True)

    class Meta:
        model = Report
        fields = ("id", "study", "built_at", "content")
        read_only_fields = fields


class ReportViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """What was found, as data; a list leaves the content out."""

    queryset = Report.objects.select_related("study")
    filters = StudyFilters

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        return rows.defer("content") if self.action == "list" else rows

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Report]]:
        return ReportSerializer if self.action == "list" else WholeReportSerializer
