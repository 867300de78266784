from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api.base import Input, ListMixin, RetrieveMixin, StudyFilters, StudyOwnedViewSet
from annotation.api.fields import VisibleSlugField
from annotation.api.pool.criteria import CriteriaSerializer, read
from annotation.candidates import bulk
from annotation.duplicates import undo_bulk
from annotation.models import BulkExclusion, Exclusion, Study


class BulkExclusionSerializer(serializers.ModelSerializer[BulkExclusion]):
    study = serializers.SlugField(source="study.slug", read_only=True)
    made_by = serializers.CharField(source="made_by.username", read_only=True, allow_null=True, default=None)
    undone_by = serializers.CharField(source="undone_by.username", read_only=True, allow_null=True, default=None)

    class Meta:
        model = BulkExclusion
        fields = (
            "id", "study", "reason", "criteria", "num_excluded", "made_by", "made_at", "undone_by", "undone_at",
            "num_taken_back",
        )  # fmt: skip
        read_only_fields = fields


class ClassCountSerializer(serializers.Serializer[bulk.ClassCount]):
    class_id = serializers.CharField()
    name = serializers.CharField()
    num_included = serializers.IntegerField()


class ExclusionPreviewSerializer(serializers.Serializer[bulk.Preview]):
    num_included = serializers.IntegerField(help_text="Would be excluded now; send it back to do so.")
    fingerprint = serializers.CharField(help_text="Of those; send it back as well.")
    num_excluded = serializers.IntegerField(help_text="Out already; left as they are.")
    num_measured = serializers.IntegerField(help_text="Of those that would be excluded.")
    num_frozen = serializers.IntegerField(help_text="Of those; in a frozen test set, which does not change.")
    frozen_sets = serializers.ListField(child=serializers.CharField())
    classes = ClassCountSerializer(many=True)
    sample = serializers.ListField(child=serializers.IntegerField(), help_text="Some of their ids.")


class WantedExclusionSerializer(Input):
    study = VisibleSlugField(slug_field="slug", queryset=Study.objects.all())
    criteria = CriteriaSerializer()


class NewBulkExclusionSerializer(WantedExclusionSerializer):
    reason = serializers.ChoiceField(choices=Exclusion.Reason.choices)
    num_included = serializers.IntegerField(min_value=0, max_value=2**31 - 1, help_text="As the preview said.")
    fingerprint = serializers.CharField(max_length=100, help_text="As the preview said.")
    words = serializers.CharField(
        required=False, default="", max_length=100, help_text=f"“{bulk.EVERYTHING}”, where no criterion is given."
    )


class BulkExclusionViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """Candidates that were excluded at once, by what they have in common."""

    queryset: Any = BulkExclusion.objects.select_related("study", "made_by", "undone_by")
    serializer_class = BulkExclusionSerializer
    filters = StudyFilters

    @extend_schema(request=WantedExclusionSerializer, responses={200: ExclusionPreviewSerializer})
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """How many and which would be excluded; changes nothing."""
        asked = self.validated(WantedExclusionSerializer)
        return Response(ExclusionPreviewSerializer(bulk.preview(asked["study"], read(asked["criteria"]))).data)

    @extend_schema(request=NewBulkExclusionSerializer, responses={201: BulkExclusionSerializer})
    def create(self, request: Request) -> Response:
        """Exclude all that meet the criteria, if they are still those that the preview counted."""
        asked = self.validated(NewBulkExclusionSerializer)
        made = bulk.exclude_many(
            study=asked["study"],
            criteria=read(asked["criteria"]),
            reason=Exclusion.Reason(asked["reason"]),
            confirmed=bulk.Confirmation(asked["num_included"], asked["fingerprint"], asked["words"]),
            now=timezone.now(),
            by=self.person,
        )
        return self.created(made.pk)

    @extend_schema(request=None, responses={201: BulkExclusionSerializer})
    @action(detail=True, methods=["post"])
    def reversal(self, request: Request, pk: int) -> Response:
        """Let in again what it took out, once; what was given a reason of its own since stays out."""
        undo_bulk(row=self.get_object(), by=self.person, now=timezone.now())
        return self.created(pk)
