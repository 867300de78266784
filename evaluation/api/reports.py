from http import HTTPStatus
from typing import Any

from django.db.models.fields.json import KT
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api.base import Input, ListMixin, RetrieveMixin, StudyFilters, StudyOwnedViewSet
from annotation.api.fields import VisibleSlugField
from annotation.models import Study
from evaluation import looks, reports
from evaluation.models import AccuracyLook, Report


class ReportSerializer(serializers.ModelSerializer[Report]):
    study = serializers.SlugField(source="study.slug", read_only=True)
    is_simulated = serializers.BooleanField(read_only=True)

    class Meta:
        model = Report
        fields = ("id", "study", "is_simulated", "built_at")
        read_only_fields = fields


class WholeReportSerializer(ReportSerializer):
    content = serializers.DictField(read_only=True)

    class Meta:
        model = Report
        fields = ("id", "study", "is_simulated", "built_at", "content")
        read_only_fields = fields


class NewReportSerializer(Input):
    study = VisibleSlugField(slug_field="slug", queryset=Study.objects.all())


class ReportViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """What was found, as data; a list leaves the content out."""

    queryset = Report.objects.select_related("study").annotate(is_simulated=KT("content__is_simulated"))
    filters = StudyFilters

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        return rows.defer("content") if self.action == "list" else rows

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Report]]:
        return ReportSerializer if self.action == "list" else WholeReportSerializer

    def retrieve(self, request: Request, **lookup: Any) -> Response:
        return self._noted(super().retrieve(request, **lookup))

    def shown(self, pk: int, status: HTTPStatus = HTTPStatus.OK) -> Response:
        return self._noted(super().shown(pk, status))

    def _noted(self, response: Response) -> Response:
        """Whoever is shown accuracies is remembered; a list has none."""
        studies = Report.objects.filter(pk=response.data["id"]).values_list("study", flat=True)
        looks.note(study_ids=studies, person=self.person, where=AccuracyLook.Where.API_REPORTS, now=timezone.now())
        return response

    @extend_schema(request=NewReportSerializer, responses={201: WholeReportSerializer})
    def create(self, request: Request) -> Response:
        """Compare the classifiers scored so far on the frozen test sets of a study."""
        study = self.validated(NewReportSerializer)["study"]
        return self.created(reports.build(study=study, now=timezone.now()).pk)
