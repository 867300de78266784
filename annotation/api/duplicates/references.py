from http import HTTPStatus

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from annotation import duplicates
from annotation.api.base import Input, ListMixin, RetrieveMixin, StudyFilters, StudyOwnedViewSet
from annotation.api.fields import VisibleSlugField
from annotation.models import ReferenceImage, Study


class ReferenceImageSerializer(serializers.ModelSerializer[ReferenceImage]):
    study = serializers.SlugField(source="study.slug", read_only=True)
    hash = serializers.SerializerMethodField(help_text="16 hexadecimal digits.")

    class Meta:
        model = ReferenceImage
        fields = ("id", "study", "source", "name", "hash")
        read_only_fields = fields

    def get_hash(self, row: ReferenceImage) -> str:
        return f"{row.hash % 2**64:016x}"


class ReferenceImageFilters(StudyFilters):
    source = serializers.CharField(required=False, max_length=1000)  # type: ignore[assignment]


class RemovalInputSerializer(Input):
    study = VisibleSlugField(slug_field="slug", queryset=Study.objects.all())
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=1000, allow_blank=True, help_text="The folder or table they came from."
    )


class RemovalSerializer(serializers.Serializer[duplicates.Removal]):
    num_references = serializers.IntegerField(read_only=True)
    num_pairs = serializers.IntegerField(read_only=True, help_text="Pairs with them.")
    num_decisions = serializers.IntegerField(read_only=True, help_text="What held of those pairs.")


class ReferenceImageViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """Images that no candidate may show; of each its signature is kept, or its hash."""

    queryset = ReferenceImage.objects.select_related("study").defer("grey")
    serializer_class = ReferenceImageSerializer
    filters = ReferenceImageFilters

    @extend_schema(request=None, responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Forget it, its pairs and what was said of those; candidates that were out because of it come in again."""
        row = self.get_object()
        rows = ReferenceImage.objects.filter(pk=row.pk)
        duplicates.remove_references(study=row.study, references=rows, by=self.person, now=timezone.now())
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=RemovalInputSerializer, responses={200: RemovalSerializer})
    @action(detail=False, methods=["post"])
    def removal(self, request: Request) -> Response:
        """Forget all that came from a folder or a table; says how many that were."""
        asked = self.validated(RemovalInputSerializer)
        rows = ReferenceImage.objects.filter(source=asked["source"])
        found = duplicates.remove_references(study=asked["study"], references=rows, by=self.person, now=timezone.now())
        return Response(RemovalSerializer(found).data)
