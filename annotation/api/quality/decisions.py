from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import exceptions, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from annotation import quality, tasks
from annotation.api.base import Input, ListMixin, RetrieveMixin, StudyFilters, StudyOwnedViewSet
from annotation.api.fields import VisibleSlugField
from annotation.api.throttling import ReplayThrottle, UserThrottle
from annotation.models import Effect, Study, WorkerDecision

PSEUDONYM = "The study's name for the worker; another one in other studies."


class WorkerDecisionSerializer(serializers.ModelSerializer[WorkerDecision]):
    study = serializers.SlugField(source="study.slug", read_only=True)
    worker = serializers.CharField(source="pseudonym", read_only=True, help_text=PSEUDONYM)
    evidence = serializers.SerializerMethodField(help_text="The numbers that the rule found; empty for a person's.")
    decided_by = serializers.CharField(source="decided_by.username", read_only=True, default=None, allow_null=True)
    reversed_by = serializers.CharField(source="reversed_by.username", read_only=True, default=None, allow_null=True)

    class Meta:
        model = WorkerDecision
        fields = (
            "id", "study", "worker", "effect", "rule", "rule_version", "threshold", "evidence", "judged_until",
            "reason", "decided_by", "decided_at", "reversed_by", "reversed_at", "reversal_reason",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.DictField())
    def get_evidence(self, decision: WorkerDecision) -> dict[str, float | str]:
        return quality.public(decision.study_id, decision.evidence)


class NewWorkerDecisionSerializer(Input):
    study = VisibleSlugField(slug_field="slug", queryset=Study.objects.all())
    worker = serializers.SlugField(max_length=20, help_text=PSEUDONYM)
    effect = serializers.ChoiceField(choices=Effect.choices)
    reason = serializers.CharField(max_length=quality.MAX_REASON)


class ReversalSerializer(Input):
    reason = serializers.CharField(max_length=quality.MAX_REASON)


class DifferenceSerializer(serializers.Serializer[Any]):
    then = serializers.FloatField(allow_null=True)
    now = serializers.FloatField(allow_null=True)


class ReplaySerializer(serializers.Serializer[Any]):
    is_found = serializers.BooleanField(help_text="Whether the rule finds the worker again.")
    is_same = serializers.BooleanField(help_text="And by the same numbers.")
    differences = serializers.DictField(child=DifferenceSerializer())


class WorkerDecisionFilters(StudyFilters):
    effect = serializers.ChoiceField(required=False, choices=Effect.choices)
    is_reversed = serializers.BooleanField(required=False, allow_null=True, default=None, source="reversed_at__isnull")

    @property
    def lookups(self) -> dict[str, Any]:
        found = super().lookups
        asked = found.pop("reversed_at__isnull", None)
        return found if asked is None else found | {"reversed_at__isnull": not asked}


class WorkerDecisionViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """Whose judgements don't count in a study, and who gets no more grids of it."""

    queryset = WorkerDecision.objects.select_related("study", "decided_by", "reversed_by")
    serializer_class = WorkerDecisionSerializer
    filters = WorkerDecisionFilters

    @extend_schema(request=NewWorkerDecisionSerializer, responses={201: WorkerDecisionSerializer})
    def create(self, request: Request) -> Response:
        """Decide about a worker, for a reason."""
        fields = self.validated(NewWorkerDecisionSerializer)
        worker = quality.worker_called(fields["study"], fields.pop("worker"))
        if worker is None:
            raise exceptions.ValidationError({"worker": ["The study has no worker of this name."]})
        fields["effect"] = Effect(fields["effect"])
        decision = quality.decide(**fields, worker=worker, by=self.person, now=timezone.now())
        tasks.enqueue_recounts(decision)
        return self.created(decision.pk)

    @extend_schema(request=ReversalSerializer, responses={201: WorkerDecisionSerializer})
    @action(detail=True, methods=["post"])
    def reversal(self, request: Request, pk: int) -> Response:
        """Undo it, for a reason; it stays on record."""
        decision, reason = self.get_object(), self.validated(ReversalSerializer)["reason"]
        quality.reverse(decision=decision, reason=reason, by=self.person, now=timezone.now())
        tasks.enqueue_recounts(decision)
        return self.created(decision.pk)

    @extend_schema(request=None, responses={200: ReplaySerializer})
    @action(detail=True, methods=["post"], throttle_classes=[UserThrottle, ReplayThrottle])
    def replay(self, request: Request, pk: int) -> Response:
        """Compute a rule's decision again, from what was handed in at the time."""
        found = quality.replay(self.get_object())
        differences = {
            name: {"then": then, "now": again}
            for name, (then, again) in found.differences.items()
            if name != "partner_id"
        }
        return Response({"is_found": found.is_found, "is_same": found.is_same, "differences": differences})
