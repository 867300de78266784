"""A batch while it runs: paused, resumed, put up further, closed, and how far it is."""

from dataclasses import asdict
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from annotation import launches, tasks
from annotation.api.base import Input
from annotation.launches import widening
from annotation.models import Batch
from annotation.payments.reaching import reached_soon

UNITS = "In the currency's smallest unit."


class SpendSerializer(serializers.Serializer[Any]):
    committed = serializers.IntegerField(help_text="Paid or meant to be, less what came back.")
    paid = serializers.IntegerField()
    fees = serializers.IntegerField()
    refunded = serializers.IntegerField()
    num_unsettled = serializers.IntegerField(help_text="Payments of which nobody knows yet what came of them.")
    budget = serializers.IntegerField(allow_null=True)


class FiguresSerializer(serializers.Serializer[Any]):
    num_hits = serializers.IntegerField()
    num_slots = serializers.IntegerField()
    num_submitted = serializers.IntegerField()
    num_held = serializers.IntegerField(help_text="By a worker now.")
    num_workers = serializers.IntegerField(help_text="Who have handed in something.")
    num_judgements = serializers.IntegerField(help_text="Images that were seen, controls included.")
    spend = SpendSerializer(help_text=UNITS)
    promised = serializers.IntegerField(help_text="For all places that can be taken, with fees.")
    bound = serializers.IntegerField(help_text="What it may come to: these, and the bonuses.")
    median_seconds = serializers.FloatField(allow_null=True, help_text="For one grid.")
    hourly_rate = serializers.IntegerField(allow_null=True, help_text=UNITS)
    seconds_to_finish = serializers.FloatField(allow_null=True, help_text="At the pace of the last hour.")
    controls_right = serializers.IntegerField()
    controls_shown = serializers.IntegerField()
    agreement = serializers.FloatField(allow_null=True, help_text="How often two workers said the same, in [0, 1].")
    num_waiting = serializers.IntegerField(help_text="Postings that are to be put up.")
    num_open = serializers.IntegerField()
    num_refused = serializers.IntegerField()
    refusals = serializers.ListField(child=serializers.CharField(), help_text="Why the platform refused.")


class NewBudgetSerializer(Input):
    budget_minor_units = serializers.IntegerField(min_value=0, max_value=2**53, help_text=UNITS)


class NewWorkersSerializer(Input):
    num_assignments = serializers.IntegerField(min_value=1, max_value=1000, help_text="For each grid, all in all.")


class RunningMixin:
    """What can be done to a live batch: written here at once, and told to its platform by the queue."""

    @action(detail=True, methods=["post"])
    def pause(self: Any, request: Request, pk: int) -> Response:
        """Let nobody begin until it is resumed; who has begun goes on."""
        batch = self.get_object()
        launches.pause(batch=batch, now=timezone.now())
        return self._told(batch)

    @action(detail=True, methods=["post"])
    def resumption(self: Any, request: Request, pk: int) -> Response:
        """Let people begin again."""
        batch = self.get_object()
        launches.resume(batch=batch)
        return self._told(batch)

    @action(detail=True, methods=["post"])
    def closing(self: Any, request: Request, pk: int) -> Response:
        """Let nobody take a place any more; who has one may finish."""
        return self._close(self.get_object())

    @action(detail=True, methods=["post"])
    def rest(self: Any, request: Request, pk: int) -> Response:
        """Put up what comes after the pilot."""
        batch = self.get_object()
        launches.put_rest(batch=batch, by=self.person, now=timezone.now())
        return self._told(batch)

    @action(detail=True, methods=["post"])
    def budget(self: Any, request: Request, pk: int) -> Response:
        """Another cap on pay, bonuses and fees; what was refused for want of money is tried again."""
        batch = self.get_object()  # before the fields are looked at: a stranger learns nothing of it
        fields = self.validated(NewBudgetSerializer)
        launches.set_budget(batch=batch, **fields, now=timezone.now())
        return self._told(batch)

    @action(detail=True, methods=["post"])
    def workers(self: Any, request: Request, pk: int) -> Response:
        """More workers for each grid, in as many places more, under the same terms and within the budget."""
        batch = self.get_object()
        fields = self.validated(NewWorkersSerializer)
        with reached_soon(batch.platform, clock=timezone.now) as platform:
            widening.widen(batch=batch, **fields, platform=platform, now=timezone.now())
        return self._told(batch)

    @extend_schema(request=None, responses={200: FiguresSerializer})
    @action(detail=True, methods=["get"])
    def figures(self: Any, request: Request, pk: int) -> Response:
        """How far it is, what it has cost, and how well it goes."""
        return Response(asdict(launches.figures(batch=self.get_object(), now=timezone.now())))

    def _close(self: Any, batch: Batch) -> Response:
        launches.close(batch=batch, now=timezone.now())
        return self._told(batch)

    def _told(self: Any, batch: Batch) -> Response:
        told_soon(batch)
        return self.created(batch.pk)


def told_soon(batch: Batch) -> None:
    """Have the queue tell the platform, if there are books to keep."""
    if batch.is_paid:
        tasks.enqueue_round(batch.pk)
