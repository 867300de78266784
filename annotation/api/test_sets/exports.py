from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from annotation import exports, tasks
from annotation.api.base import Filters, Input, ListMixin, RetrieveMixin, StudyOwnedViewSet
from annotation.api.fields import MAX_ID, VisibleIdField
from annotation.errors import ExportGone
from annotation.exports import downloads
from annotation.exports.targets import BUCKET_ADDRESS
from annotation.models import Export, TestSet


class ExportSerializer(serializers.ModelSerializer[Export]):
    study = serializers.SlugField(source="test_set.study.slug", read_only=True)
    test_set = serializers.IntegerField(source="test_set_id", read_only=True)
    is_simulated = serializers.BooleanField(source="test_set.is_simulated", read_only=True)
    num_written = serializers.IntegerField(read_only=True)
    num_bytes = serializers.IntegerField(read_only=True)

    class Meta:
        model = Export
        fields = (
            "id", "study", "test_set", "layout", "target", "address", "state", "failure", "is_simulated",
            "num_expected", "num_written", "num_bytes", "manifest_sha256", "requested_at", "ended_at",
        )  # fmt: skip
        read_only_fields = fields


class ExportFilters(Filters):
    study = serializers.SlugField(required=False, max_length=80, source="test_set__study__slug")
    test_set = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID, source="test_set_id")
    state = serializers.ChoiceField(required=False, choices=Export.State.choices)


class NewExportSerializer(Input):
    test_set = VisibleIdField(queryset=TestSet.objects.select_related("study"))
    layout = serializers.ChoiceField(choices=list(exports.LAYOUTS), default="imagefolder")
    bucket = serializers.RegexField(
        BUCKET_ADDRESS,
        required=False,
        help_text="s3://BUCKET/NAME in a bucket that the operator allows; without, the export is kept for download.",
    )


class DownloadLinkSerializer(serializers.Serializer[Any]):
    """Works without a token of one's own until it expires; understands Range."""

    url = serializers.URLField(read_only=True)
    expires_at = serializers.DateTimeField(read_only=True)


class ExportViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """Frozen test sets written out."""

    queryset = Export.objects.with_progress().select_related("test_set__study")
    serializer_class = ExportSerializer
    filters = ExportFilters

    @extend_schema(request=NewExportSerializer, responses={201: ExportSerializer})
    def create(self, request: Request) -> Response:
        """Export a frozen test set; one that is open, or kept for download, is not made again."""
        fields = self.validated(NewExportSerializer)
        export = exports.request(
            test_set=fields["test_set"],
            layout=fields["layout"],
            address=fields.get("bucket", ""),
            by=self.person,
            now=timezone.now(),
        )
        if export.is_open:
            tasks.enqueue_export(export.pk)
        return self.created(export.pk)

    @extend_schema(request=None, responses={201: ExportSerializer})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: int) -> Response:
        """Go on with an export that failed, unless a command made it; any other stays as it is."""
        export = exports.queue_again(export=self.get_object(), now=timezone.now())
        if export.is_open:
            tasks.enqueue_export(export.pk)
        return self.created(export.pk)

    @extend_schema(request=None, responses={201: DownloadLinkSerializer})
    @action(detail=True, methods=["post"])
    def link(self, request: Request, pk: int) -> Response:
        """A link to download the export by, for an hour."""
        export = self.get_object()
        if not export.can_be_downloaded:
            raise ExportGone(f"There is nothing to download: this export is {export.state}.")
        expires_at: datetime = timezone.now() + downloads.VALID
        url = settings.PUBLIC_URL + reverse("frontend:download", args=[downloads.token_of(export)])
        return Response({"url": url, "expires_at": expires_at}, status.HTTP_201_CREATED)
