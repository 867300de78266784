"""The statement of a batch, and its places: what each is paid, and what a person decides about that."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from annotation import quality, tasks
from annotation.api.base import Filters, Input, StudyOwnedViewSet
from annotation.api.workforce.rejections import RejectionSerializer
from annotation.models import Batch, Place
from annotation.payments import bonuses, corrections, paying, rejections, statements
from annotation.payments.reaching import reached_soon
from annotation.payments.statements import Row, Standing
from annotation.platforms.base import OUTSIDE

MOST = 2**31 - 1
STANDINGS = [standing.value for standing in Standing]
UNITS = "In the currency's smallest unit."


class GroupSerializer(serializers.Serializer[Any]):
    standing = serializers.ChoiceField(choices=STANDINGS)
    num = serializers.IntegerField()
    cost = serializers.IntegerField(help_text="Pay and fees of these places.")
    first_due_at = serializers.DateTimeField(allow_null=True)


class FindingSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField()
    text = serializers.CharField()
    place = serializers.IntegerField(allow_null=True, default=None, help_text="That it is about, if it is one here.")


class ReconciliationSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    is_complete = serializers.BooleanField(help_text="Whether the platform could be asked for everything.")
    num_left = serializers.IntegerField(help_text="Findings for a person.")
    left = FindingSerializer(many=True, help_text="The first of them.")
    paid_here = serializers.IntegerField()
    paid_there = serializers.IntegerField()


class StatementSerializer(serializers.Serializer[Any]):
    """Amounts are in the currency's smallest unit."""

    batch = serializers.IntegerField()
    platform = serializers.CharField()
    is_paid_there = serializers.BooleanField(help_text="False: paid means accepted, and you hand the money over.")
    currency = serializers.CharField(allow_blank=True)
    pay = serializers.IntegerField()
    bonuses = serializers.IntegerField()
    fees = serializers.IntegerField()
    refunded = serializers.IntegerField()
    unsettled = serializers.IntegerField(help_text="Meant to be paid, with fees, and not known to be.")
    budget = serializers.IntegerField(allow_null=True)
    promised = serializers.IntegerField(help_text="Places that nobody has decided about yet may still come to.")
    left = serializers.IntegerField(allow_null=True, help_text="Of the budget, beside the above; null without one.")
    num_unplaced = serializers.IntegerField(help_text="Workers who handed in here, and have no place there yet.")
    places = GroupSerializer(many=True)
    reconciliation = ReconciliationSerializer(allow_null=True)


class StatementViewSet(StudyOwnedViewSet):
    """What a batch has cost, and what it is bound to."""

    queryset = Batch.objects.select_related("reconciliation")
    serializer_class = StatementSerializer

    @extend_schema(
        operation_id="batches_statement_retrieve",
        parameters=[OpenApiParameter("id", int, "path", description="Of the batch.")],
        responses=StatementSerializer,
    )
    def retrieve(self, request: Request, pk: int) -> Response:
        batch = self.get_object()
        sums, groups = statements.sums(batch), statements.groups(batch, now=timezone.now())
        content = {
            "batch": batch.pk,
            "platform": batch.platform,
            "is_paid_there": batch.platform in OUTSIDE,
            "currency": batch.currency,
            "pay": sums.pay,
            "bonuses": sums.bonuses,
            "fees": sums.spend.fees,
            "refunded": sums.spend.refunded,
            "unsettled": sums.unsettled,
            "budget": sums.spend.budget,
            "promised": sums.promised,
            "left": sums.left,
            "num_unplaced": statements.num_unplaced(batch),
            "places": [{"standing": each.value} | vars(group) for each, group in groups.items()],
            "reconciliation": getattr(batch, "reconciliation", None),
        }
        return Response(self.get_serializer(content).data)


class TakenPlaceSerializer(serializers.Serializer[Row]):
    """Amounts are in the currency's smallest unit."""

    id = serializers.IntegerField(source="place.pk")
    batch = serializers.IntegerField(source="place.posting.batch_id")
    submission = serializers.CharField(source="place.external_id", help_text="The platform's id of it.")
    worker = serializers.CharField(source="pseudonym", allow_blank=True, help_text="The study's name for the worker.")
    worker_on_platform = serializers.CharField(source="place.worker_external_id")
    receipt = serializers.IntegerField(source="place.assignment_id", allow_null=True)
    standing = serializers.ChoiceField(choices=STANDINGS)
    why = serializers.CharField(allow_blank=True, help_text="It is held, was rejected, or was refused.")
    submitted_at = serializers.DateTimeField(source="place.submitted_at", allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    currency = serializers.CharField(source="place.posting.batch.currency")
    pay = serializers.SerializerMethodField()
    bonus = serializers.SerializerMethodField()
    fee = serializers.SerializerMethodField()
    refund = serializers.SerializerMethodField()
    unsettled = serializers.IntegerField()
    rejection = RejectionSerializer(allow_null=True)

    def get_pay(self, row: Row) -> int:
        return row.done.get("approve", 0)

    def get_bonus(self, row: Row) -> int:
        return row.done.get("bonus", 0)

    def get_fee(self, row: Row) -> int:
        return row.done.get("fee", 0)

    def get_refund(self, row: Row) -> int:
        return row.done.get("refund", 0)


class PlaceFilters(Filters):
    batch = serializers.IntegerField(min_value=1, max_value=MOST)
    standing = serializers.ChoiceField(choices=STANDINGS, required=False)


class NewRejectionSerializer(Input):
    reason = serializers.CharField(max_length=rejections.LONGEST_REASON, help_text="The worker reads it.")


class NewBonusSerializer(Input):
    minor_units = serializers.IntegerField(min_value=1, max_value=MOST, help_text=UNITS)
    purpose = serializers.CharField(max_length=300, help_text="The worker reads it; the same one is paid once.")
    is_paid_there = serializers.BooleanField(default=False, help_text="It was paid by hand: only write it down.")


class NewAbandonmentSerializer(Input):
    reason = serializers.CharField(max_length=quality.MAX_REASON, help_text="It stays in the books.")


class PlaceViewSet(StudyOwnedViewSet):
    """Workers in postings, with what they are paid. Decisions are written down; the queue tells the platform."""

    queryset = Place.objects.select_related("posting__batch__study", "assignment")
    serializer_class = TakenPlaceSerializer
    filters = PlaceFilters

    def list(self, request: Request) -> Response:
        """Those of one batch."""
        asked = self.filters(data=request.query_params.dict()).lookups
        batch = get_object_or_404(Batch.objects.visible_to(self.person), pk=asked.pop("batch"))
        now = timezone.now()
        found = self.paginate_queryset(statements.places(batch, now=now).filter(**asked))
        rows = statements.rows_of(batch, found or [], now=now)
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    def retrieve(self, request: Request, pk: int) -> Response:
        return Response(self._row(self.get_object()))

    @extend_schema(request=None, responses={201: TakenPlaceSerializer})
    @action(detail=True, methods=["post"])
    def payment(self, request: Request, pk: int) -> Response:
        """Pay it now, though it is held or waits; what the platform has paid by itself is entered."""
        place = self.get_object()
        decide = paying.enter if place.state == Place.State.APPROVED else _intend
        decide(place=place, by=self.person, now=timezone.now())
        return self._told(place)

    @extend_schema(request=NewRejectionSerializer, responses={201: TakenPlaceSerializer})
    @action(detail=True, methods=["post"])
    def rejection(self, request: Request, pk: int) -> Response:
        """Do not pay it, for a reason that the worker reads."""
        place, fields = self.get_object(), self.validated(NewRejectionSerializer)
        rejections.reject(place=place, **fields, by=self.person, now=timezone.now())
        return self._told(place)

    @extend_schema(request=NewBonusSerializer, responses={201: TakenPlaceSerializer})
    @action(detail=True, methods=["post"])
    def bonus(self, request: Request, pk: int) -> Response:
        """Pay something on top."""
        place, fields = self.get_object(), self.validated(NewBonusSerializer)
        with reached_soon(place.posting.batch.platform, clock=timezone.now) as platform:
            amount = bonuses.amount_of(fields["minor_units"], platform=platform)
        decide = bonuses.enter if fields["is_paid_there"] else bonuses.intend
        decide(place=place, amount=amount, purpose=fields["purpose"], by=self.person, now=timezone.now())
        return self._told(place)

    @extend_schema(request=NewAbandonmentSerializer, responses={201: TakenPlaceSerializer})
    @action(detail=True, methods=["post"])
    def abandonment(self, request: Request, pk: int) -> Response:
        """Give up what the platform refuses to pay; the place is held for a person from then on."""
        place, fields = self.get_object(), self.validated(NewAbandonmentSerializer)
        corrections.give_up(place=place, **fields, by=self.person, now=timezone.now())
        return self._told(place)

    def _told(self, place: Place) -> Response:
        tasks.enqueue_round(place.posting.batch_id)
        return Response(self._row(place), 201)

    def _row(self, place: Place) -> Any:
        batch, now = place.posting.batch, timezone.now()
        [row] = statements.rows_of(batch, [statements.places(batch, now=now).get(pk=place.pk)], now=now)
        return self.get_serializer(row).data


def _intend(*, place: Place, by: Any, now: Any) -> None:
    paying.intend(place, by=by, now=now)
