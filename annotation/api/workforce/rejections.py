"""Rejections: what is not paid, why, and taking it back."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from annotation import messages, quality, tasks
from annotation.api.base import Filters, Input, ListMixin, RetrieveMixin, StudyOwnedViewSet
from annotation.models import Rejection


class RejectionSerializer(serializers.ModelSerializer[Rejection]):
    rejected_by = serializers.CharField(source="rejected_by.username", read_only=True)
    reversed_by = serializers.CharField(source="reversed_by.username", read_only=True, default=None, allow_null=True)

    class Meta:
        model = Rejection
        fields = (
            "id", "place", "reason", "rejected_by", "rejected_at", "told_at", "reversed_by", "reversed_at",
            "reversal_reason",
        )  # fmt: skip
        read_only_fields = fields


class RejectionFilters(Filters):
    study = serializers.SlugField(required=False, max_length=80, source="place__posting__batch__study__slug")
    batch = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1, source="place__posting__batch")
    is_reversed = serializers.BooleanField(required=False, allow_null=True, default=None, source="reversed_at__isnull")

    @property
    def lookups(self) -> dict[str, Any]:
        found = super().lookups
        asked = found.pop("reversed_at__isnull", None)
        return found if asked is None else found | {"reversed_at__isnull": not asked}


class NewReversalSerializer(Input):
    reason = serializers.CharField(max_length=quality.MAX_REASON, help_text="The worker reads it.")


class RejectionViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """Places that are not paid, and those that are after all."""

    queryset = Rejection.objects.select_related(
        "rejected_by", "reversed_by", "place__posting__batch__study", "place__worker"
    )
    serializer_class = RejectionSerializer
    filters = RejectionFilters

    @extend_schema(request=NewReversalSerializer, responses={201: RejectionSerializer})
    @action(detail=True, methods=["post"])
    def reversal(self, request: Request, pk: int) -> Response:
        """Pay it after all, within 30 days. Where the budget does not hold the pay, it is due once that is raised."""
        rejection, reason = self.get_object(), self.validated(NewReversalSerializer)["reason"]
        messages.pay_after_all(rejection=rejection, reason=reason, by=self.person, now=timezone.now())
        tasks.enqueue_round(rejection.place.posting.batch_id)
        return self.created(rejection.pk)
