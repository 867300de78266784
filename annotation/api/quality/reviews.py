from http import HTTPStatus
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation import quality, tasks
from annotation.api.base import Input, ListMixin, RetrieveMixin, StudyFilters, StudyOwnedViewSet
from annotation.api.fields import VisibleSlugField
from annotation.models import QualityReview, Study


class ReviewSerializer(serializers.ModelSerializer[QualityReview]):
    study = serializers.SlugField(source="study.slug", read_only=True)
    content = serializers.SerializerMethodField(
        help_text="Workers (by the study's names for them), agreement of each class, doubtful HITs and candidates; "
        "null until the first review is done."
    )

    class Meta:
        model = QualityReview
        fields = ("id", "study", "num_assignments", "reviewed_at", "requested_at", "content")
        read_only_fields = fields

    @extend_schema_field(serializers.DictField(allow_null=True))
    def get_content(self, review: QualityReview) -> dict[str, Any] | None:
        return quality.published(review)


class NewReviewSerializer(Input):
    study = VisibleSlugField(slug_field="slug", queryset=Study.objects.all())


class ReviewViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """What was found about the workers and judgements of each study, when they were last looked at."""

    queryset = QualityReview.objects.select_related("study")
    serializer_class = ReviewSerializer
    filters = StudyFilters

    @extend_schema(request=NewReviewSerializer, responses={202: ReviewSerializer})
    def create(self, request: Request) -> Response:
        """Ask for the judgements of a study to be looked at anew; `requested_at` is null again when it is done."""
        study = self.validated(NewReviewSerializer)["study"]
        quality.request(study=study, now=timezone.now())
        tasks.enqueue_review(study.pk)
        return self.shown(QualityReview.objects.get(study=study).pk, HTTPStatus.ACCEPTED)
