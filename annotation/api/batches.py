from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Prefetch, Q
from django.db.models.functions import Now
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from annotation import hits, workers
from annotation.api.base import Input, ListMixin, RetrieveMixin, StudyFilters, StudyOwnedViewSet
from annotation.api.fields import VisibleSlugField
from annotation.api.workforce.running import NewBudgetSerializer, NewWorkersSerializer, RunningMixin, told_soon
from annotation.models import Batch, Invitation, Study
from annotation.platforms.base import LOCAL, WORKFORCES, invitation_path


class BatchSerializer(serializers.ModelSerializer[Batch]):
    study = serializers.SlugField(source="study.slug", read_only=True)
    num_hits = serializers.IntegerField(read_only=True)
    num_slots = serializers.IntegerField(read_only=True, help_text="Assignments that can be handed in, over all HITs.")
    num_claimed = serializers.IntegerField(read_only=True, help_text="Held by a worker now.")
    num_submitted = serializers.IntegerField(read_only=True)

    invitation_url = serializers.SerializerMethodField(
        help_text="Where workers join the study; null: withdrawn, or their platform sends them."
    )

    class Meta:
        model = Batch
        fields = (
            "id", "study", "platform", "is_simulated", "num_assignments", "lease_seconds",
            "pay_minor_units", "currency", "budget_minor_units", "num_hits", "num_slots",
            "num_claimed", "num_submitted", "invitation_url", "launched_at", "paused_at", "closing_at",
            "expired_at", "imported_from",
        )  # fmt: skip
        read_only_fields = fields

    def get_invitation_url(self, batch: Batch) -> str | None:
        kind = (batch.platform, batch.is_simulated)
        standing = batch.study.standing_invitations  # type: ignore[attr-defined]  # prefetched
        invitation = next((each for each in standing if (each.platform, each.is_simulated) == kind), None)
        path = invitation_path(invitation) if invitation else None
        return f"{settings.PUBLIC_URL}{path}" if path else None


class NewBatchSerializer(Input):
    study = VisibleSlugField(slug_field="slug", queryset=Study.objects.all())
    num_assignments = serializers.IntegerField(min_value=1, max_value=1000, default=10, help_text="Workers per HIT.")
    lease_seconds = serializers.IntegerField(min_value=1, max_value=7 * 86400, default=1800)
    platform = serializers.ChoiceField(choices=list(WORKFORCES), default=LOCAL, help_text="local; others by launches/.")
    is_simulated = serializers.BooleanField(default=False)
    pay_minor_units = serializers.IntegerField(
        min_value=0,
        max_value=hits.MAX_PAY,
        default=0,
        help_text="For each accepted grid, in the currency's smallest unit.",
    )
    currency = serializers.RegexField(
        r"\A[A-Z]{3}\Z",
        default="",
        allow_blank=True,
        help_text="ISO 4217, such as EUR; with pay_minor_units or not at all.",
    )


def with_progress() -> Any:
    """Batches with the counts of their assignments."""
    submitted = Q(hits__assignments__submitted_at__isnull=False)
    held = Q(hits__assignments__submitted_at__isnull=True, hits__assignments__lease_expires_at__gt=Now())
    return (
        Batch.objects.select_related("study")
        .prefetch_related(Prefetch("study__invitations", Invitation.objects.standing(), to_attr="standing_invitations"))
        .annotate(
            num_hits=Count("hits", distinct=True),
            num_slots=Count("hits__assignments"),
            num_claimed=Count("hits__assignments", filter=held),
            num_submitted=Count("hits__assignments", filter=submitted),
        )
    )


CHANGED = extend_schema(request=None, responses={201: BatchSerializer})


@extend_schema_view(
    pause=CHANGED, resumption=CHANGED, closing=CHANGED, rest=CHANGED,
    budget=extend_schema(request=NewBudgetSerializer, responses={201: BatchSerializer}),
    workers=extend_schema(request=NewWorkersSerializer, responses={201: BatchSerializer}),
)  # fmt: skip
class BatchViewSet(RunningMixin, ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """HITs launched together."""

    queryset = with_progress()
    serializer_class = BatchSerializer
    filters = StudyFilters

    @extend_schema(request=NewBatchSerializer, responses={201: BatchSerializer})
    def create(self, request: Request) -> Response:
        """Put every grid that waits for workers to them: in no open batch, and never handed in."""
        fields = self.validated(NewBatchSerializer)
        hits.refuse_quick_launch(fields["platform"])
        with transaction.atomic():
            # Locked, so that two requests at once don't put the same grids to workers twice.
            study = Study.objects.select_for_update().get(pk=fields.pop("study").pk)
            waiting = list(study.grids.waiting())
            batch = hits.launch(study=study, grids=waiting, terms=hits.Terms(**fields), now=timezone.now())
            workers.invite_everyone(
                study=study, now=timezone.now(), platform=batch.platform, is_simulated=batch.is_simulated
            )
        told_soon(batch)
        return self.created(batch.pk)

    @extend_schema(request=None, responses={201: BatchSerializer})
    @action(detail=True, methods=["post"])
    def expiry(self, request: Request, pk: int) -> Response:
        """Take no more workers; those who hold an assignment may still hand it in. The same as `closing`."""
        return self._close(self.get_object())
