from dataclasses import asdict, replace
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from annotation import hits, launches
from annotation.api.base import Input, ListMixin, RetrieveMixin, StudyFilters, StudyOwnedViewSet
from annotation.api.fields import MAX_ID, VisibleSlugField
from annotation.api.workforce.running import told_soon
from annotation.launches import Plan, checking
from annotation.models import Launch, Study
from annotation.payments.reaching import reached_soon
from annotation.platforms.base import WORKFORCES

UNITS = "In the currency's smallest unit."
SAID = (
    "platform", "target_class_ids", "num_assignments", "lease_seconds", "pay_minor_units", "currency",
    "budget_minor_units", "num_grids", "num_pilot", "title", "description", "keywords", "seconds_estimated",
    "lasts_seconds", "completion_code", "allowed_group", "blocked_group",
)  # fmt: skip


class LaunchSerializer(serializers.ModelSerializer[Launch]):
    study = serializers.SlugField(source="study.slug", read_only=True)
    state = serializers.ChoiceField(choices=Launch.State.choices, read_only=True)
    is_pilot = serializers.BooleanField(read_only=True, help_text="Whether only the pilot is put up so far.")
    made_by = serializers.CharField(source="made_by.username", read_only=True)
    confirmed_by = serializers.CharField(source="confirmed_by.username", read_only=True, default=None, allow_null=True)
    seconded_by = serializers.CharField(source="seconded_by.username", read_only=True, default=None, allow_null=True)
    rest_by = serializers.CharField(source="rest_by.username", read_only=True, default=None, allow_null=True)

    class Meta:
        model = Launch
        fields = (
            "id", "study", "state", "batch", *SAID, "is_pilot", "made_by", "made_at", "confirmed_by", "confirmed_at",
            "confirmed_cost", "seconded_by", "seconded_at", "rest_by", "rest_at", "withdrawn_at",
        )  # fmt: skip
        read_only_fields = fields


class PlanSerializer(Input):
    """What is left out stays as it is, or as it usually is; what can't be is refused by its verb."""

    platform = serializers.ChoiceField(required=False, choices=list(WORKFORCES))
    target_class_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MAX_ID),
        required=False,
        max_length=10_000,
        help_text="Of whose grids; empty: of every class.",
    )
    num_assignments = serializers.IntegerField(required=False, min_value=1, max_value=1000, help_text="Workers a HIT.")
    lease_seconds = serializers.IntegerField(required=False, min_value=1, max_value=7 * 86400)
    pay_minor_units = serializers.IntegerField(required=False, min_value=0, max_value=hits.MAX_PAY, help_text=UNITS)
    currency = serializers.RegexField(r"\A[A-Z]{3}\Z", required=False, allow_blank=True, help_text="ISO 4217.")
    budget_minor_units = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=hits.MAX_BUDGET, help_text=UNITS
    )
    num_grids = serializers.IntegerField(
        required=False, min_value=1, max_value=checking.MOST, help_text="That a worker does in one place."
    )
    num_pilot = serializers.IntegerField(
        required=False, min_value=0, max_value=checking.MOST, help_text="HITs, or places, that come first; 0: none."
    )
    title = serializers.CharField(required=False, allow_blank=True, max_length=checking.LONGEST_TITLE)
    description = serializers.CharField(required=False, allow_blank=True, max_length=checking.LONGEST_DESCRIPTION)
    keywords = serializers.ListField(
        child=serializers.CharField(max_length=checking.LONGEST_KEYWORD),
        required=False,
        max_length=checking.MOST_KEYWORDS,
    )
    seconds_estimated = serializers.IntegerField(required=False, min_value=1, max_value=checking.LONGEST_ESTIMATE)
    lasts_seconds = serializers.IntegerField(
        required=False, min_value=checking.SHORTEST, max_value=checking.LONGEST, help_text="How long it is open."
    )
    completion_code = serializers.CharField(required=False, allow_blank=True, max_length=checking.LONGEST_CODE)
    allowed_group = serializers.CharField(required=False, allow_blank=True, max_length=checking.LONGEST_GROUP)
    blocked_group = serializers.CharField(required=False, allow_blank=True, max_length=checking.LONGEST_GROUP)

    def to_internal_value(self, data: Any) -> Any:
        said = super().to_internal_value(data)
        return said | {name: tuple(said[name]) for name in ("target_class_ids", "keywords") if name in said}


class NewLaunchSerializer(PlanSerializer):
    study = VisibleSlugField(slug_field="slug", queryset=Study.objects.all())


class CostSerializer(serializers.Serializer[Any]):
    num_hits = serializers.IntegerField()
    num_postings = serializers.IntegerField(help_text="At the platform; none where nobody is paid.")
    num_places = serializers.IntegerField()
    num_assignments = serializers.IntegerField(help_text="Grids that are judged, over all places.")
    num_workers_needed = serializers.IntegerField(help_text="Or more: nobody is shown an image twice.")
    pay = serializers.IntegerField(help_text=UNITS)
    fees = serializers.IntegerField(help_text=UNITS)
    total = serializers.IntegerField(help_text="At most; what the confirmation repeats.")
    pilot_total = serializers.IntegerField(help_text="What of it comes first.")
    currency = serializers.CharField()
    budget = serializers.IntegerField(allow_null=True)
    over_by = serializers.IntegerField(help_text="What the budget lacks.")
    hourly_rate = serializers.IntegerField(help_text=UNITS)
    alone = serializers.IntegerField(
        help_text=f"{UNITS} What who confirms it launched without a second beside it, still open or within a day."
    )
    needs_second = serializers.BooleanField(help_text="Whether another researcher must agree to it.")


class ConfirmationSerializer(Input):
    typed = serializers.CharField(max_length=200, help_text="The name of the study.")
    cost = serializers.IntegerField(min_value=0, max_value=MAX_ID, help_text="The total of the preview.")


class SecondSerializer(Input):
    cost = serializers.IntegerField(min_value=0, max_value=MAX_ID, help_text="The total of the preview.")


class LaunchViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """What is to be put to workers: drafted, previewed, confirmed, then live as a batch."""

    queryset = Launch.objects.select_related("study", "batch", "made_by", "confirmed_by", "seconded_by", "rest_by")
    serializer_class = LaunchSerializer
    filters = StudyFilters

    @extend_schema(request=NewLaunchSerializer, responses={201: LaunchSerializer})
    def create(self, request: Request) -> Response:
        """Draft a launch; nothing is put to anybody yet."""
        said = self.validated(NewLaunchSerializer)
        made = launches.draft(study=said.pop("study"), plan=Plan(**said), by=self.person, now=timezone.now())
        return self.created(made.pk)

    @extend_schema(request=PlanSerializer, responses={200: LaunchSerializer})
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change what it says; it is to be confirmed anew."""
        launch, said = self.get_object(), self.validated(PlanSerializer)
        launches.change(launch=launch, plan=replace(Plan.of(launch), **said), now=timezone.now())
        return self.shown(launch.pk)

    @extend_schema(request=None, responses={200: CostSerializer})
    @action(detail=True, methods=["get"])
    def preview(self, request: Request, pk: int) -> Response:
        """What it may come to at most, with the platform's fees."""
        launch = self.get_object()
        with reached_soon(launch.platform, clock=timezone.now) as platform:
            by = launch.confirmed_by or self.person
            alone = launches.committed_alone(by=by, currency=launch.currency, now=timezone.now())
            cost = launches.preview(launch=launch, platform=platform, alone=alone)
        return Response(asdict(cost) | {"total": cost.total, "over_by": cost.over_by})

    @extend_schema(request=ConfirmationSerializer, responses={201: LaunchSerializer})
    @action(detail=True, methods=["post"])
    def confirmation(self, request: Request, pk: int) -> Response:
        """Go live, or wait for a second researcher where it may come to much."""
        launch, said = self.get_object(), self.validated(ConfirmationSerializer)
        with reached_soon(launch.platform, clock=timezone.now) as platform:
            row = launches.confirm(launch=launch, **said, by=self.person, platform=platform, now=timezone.now())
        return self._live(row)

    @extend_schema(request=SecondSerializer, responses={201: LaunchSerializer})
    @action(detail=True, methods=["post"])
    def second(self, request: Request, pk: int) -> Response:
        """Agree to what another researcher has confirmed: it goes live."""
        launch, said = self.get_object(), self.validated(SecondSerializer)
        with reached_soon(launch.platform, clock=timezone.now) as platform:
            row = launches.second(launch=launch, **said, by=self.person, platform=platform, now=timezone.now())
        return self._live(row)

    @extend_schema(request=None, responses={201: LaunchSerializer})
    @action(detail=True, methods=["post"])
    def withdrawal(self, request: Request, pk: int) -> Response:
        """It will not go live."""
        launch = self.get_object()
        launches.withdraw(launch=launch, now=timezone.now())
        return self.created(launch.pk)

    def _live(self, row: Launch) -> Response:
        if row.batch is not None:
            told_soon(row.batch)
        return self.created(row.pk)
