from rest_framework import serializers

from annotation.api.base import ListMixin, RetrieveMixin, StudyFilters, StudyOwnedViewSet
from evaluation.models import Classifier


class ClassifierSerializer(serializers.ModelSerializer[Classifier]):
    study = serializers.SlugField(source="study.slug", read_only=True)
    preprocessing = serializers.DictField(read_only=True)
    class_ids = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Classifier
        fields = (
            "id", "study", "name", "runtime", "file_sha256", "num_bytes",
            "preprocessing", "class_ids", "registered_at",
        )  # fmt: skip
        read_only_fields = fields


class ClassifierViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """Classifiers to be scored."""

    queryset = Classifier.objects.select_related("study")
    serializer_class = ClassifierSerializer
    filters = StudyFilters
