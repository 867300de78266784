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
from evaluation.tasks import enqueue_report

MOST_CHOSEN = 1000


class SelectionSerializer(serializers.Serializer[Any]):
    """What was asked for; an empty list stands for all."""

    test_sets = serializers.ListField(child=serializers.CharField(), default=list)
    classifiers = serializers.ListField(child=serializers.CharField(), default=list)
    families_once = serializers.BooleanField(default=False)


class ReportSerializer(serializers.ModelSerializer[Report]):
    study = serializers.SlugField(source="study.slug", read_only=True)
    selection = SelectionSerializer(read_only=True)
    is_simulated = serializers.BooleanField(read_only=True, allow_null=True, help_text="Null until it is built.")

    class Meta:
        model = Report
        fields: tuple[str, ...] = (
            "id", "study", "selection", "state", "failure", "num_steps", "num_steps_done", "is_simulated",
            "requested_at", "built_at",
        )  # fmt: skip
        read_only_fields = fields


class WholeReportSerializer(ReportSerializer):
    content = serializers.DictField(read_only=True, help_text="Empty until it is built.")

    class Meta:
        model = Report
        fields = (*ReportSerializer.Meta.fields, "content")
        read_only_fields = fields


class NewReportSerializer(Input):
    study = VisibleSlugField(slug_field="slug", queryset=Study.objects.all())
    test_sets = serializers.ListField(
        child=serializers.CharField(max_length=150),
        max_length=MOST_CHOSEN,
        required=False,
        help_text="Citations, such as digits-twin/calibrated@r1; all newest frozen ones where there are none.",
    )
    classifiers = serializers.ListField(
        child=serializers.CharField(max_length=200),
        max_length=MOST_CHOSEN,
        required=False,
        help_text="Names; all that are scored on these sets where there are none.",
    )
    families_once = serializers.BooleanField(
        required=False, help_text="Whether classifiers of one family count as one in the fitted lines."
    )


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
        """Whoever is shown accuracies is remembered; a list has none, nor has a report that isn't built."""
        if not response.data["content"]:
            return response
        studies = Report.objects.filter(pk=response.data["id"]).values_list("study", flat=True)
        looks.note(study_ids=studies, person=self.person, where=AccuracyLook.Where.API_REPORTS, now=timezone.now())
        return response

    @extend_schema(request=NewReportSerializer, responses={201: WholeReportSerializer})
    def create(self, request: Request) -> Response:
        """Ask for a comparison of the classifiers scored so far on frozen test sets of a study; the queue builds it.

        One that is being built of the same selection is not begun again. Ask for it until its state is `built`, or
        `failed`, with the reason.
        """
        fields = self.validated(NewReportSerializer)
        study = fields.pop("study")
        report = reports.request(study=study, selection=reports.Selection.from_json(fields), now=timezone.now())
        enqueue_report(report)
        return self.created(report.pk)
