from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation import duplicates
from annotation.api.base import Filters, Input, ListMixin, RetrieveMixin, StudyOwnedViewSet
from annotation.api.fields import VisibleIdField
from annotation.models import Candidate, SurvivorChoice


class SurvivorChoiceSerializer(serializers.ModelSerializer[SurvivorChoice]):
    study = serializers.SlugField(source="candidate.study.slug", read_only=True)
    candidate = serializers.IntegerField(source="candidate_id", read_only=True, help_text="The image that is to stay.")
    chosen_by = serializers.CharField(source="chosen_by.username", read_only=True)

    class Meta:
        model = SurvivorChoice
        fields = ("id", "study", "candidate", "chosen_by", "chosen_at")
        read_only_fields = fields


class NewSurvivorChoiceSerializer(Input):
    candidate = VisibleIdField(queryset=Candidate.objects.all(), help_text="An image of a group of duplicates.")


class SurvivorChoiceFilters(Filters):
    study = serializers.SlugField(required=False, max_length=80, source="candidate__study__slug")


class SurvivorChoiceViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """Which image of a group of duplicates people want to keep; of several words about a group the latest counts."""

    queryset: Any = SurvivorChoice.objects.select_related("candidate__study", "chosen_by")
    serializer_class = SurvivorChoiceSerializer
    filters = SurvivorChoiceFilters

    @extend_schema(request=NewSurvivorChoiceSerializer, responses={201: SurvivorChoiceSerializer})
    def create(self, request: Request) -> Response:
        """Keep this image of its duplicates instead of the most selected; the others are excluded at once."""
        candidate = self.validated(NewSurvivorChoiceSerializer)["candidate"]
        return self.created(duplicates.keep_instead(candidate=candidate, by=self.person, now=timezone.now()).pk)
