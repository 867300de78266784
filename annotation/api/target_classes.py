from rest_framework import serializers

from annotation.api.base import ListMixin, StudyFilters, StudyOwnedViewSet
from annotation.models import TargetClass


class TargetClassSerializer(serializers.ModelSerializer[TargetClass]):
    study = serializers.SlugField(source="study.slug", read_only=True)
    synonyms = serializers.ListField(child=serializers.CharField(), read_only=True)
    nearest = serializers.CharField(source="nearest.class_id", read_only=True, allow_null=True, default=None)

    class Meta:
        model = TargetClass
        fields = ("id", "study", "class_id", "number", "name", "synonyms", "definition", "nearest")
        read_only_fields = fields


class TargetClassViewSet(ListMixin, StudyOwnedViewSet):
    """The classes that workers are asked about."""

    queryset = TargetClass.objects.select_related("study", "nearest")
    serializer_class = TargetClassSerializer
    filters = StudyFilters
