"""What a researcher does to a batch that is with workers. It is so here at once; the queue tells the platform."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from annotation import launches, postings, tasks
from annotation.launches import widening
from annotation.models import Batch
from annotation.payments.reaching import reached_soon
from annotation.platforms.base import OUTSIDE
from frontend.forms import units_of
from frontend.launching.planning import title_of
from frontend.templatetags.figures import money
from frontend.views.researcher import refusals_told, visible_study


class MoreWorkersForm(forms.Form):
    """How many workers are to judge each grid, in total."""

    num_assignments = forms.IntegerField(min_value=1, max_value=1000)


class BudgetForm(forms.Form):
    """What all of it may come to."""

    budget = forms.DecimalField(min_value=Decimal(0), max_digits=12, decimal_places=3)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency

    def clean_budget(self) -> int:
        return units_of(self.cleaned_data["budget"], self.currency)


@require_POST
def batch_pause(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    return _changed(
        request, slug, pk, lambda batch, now: launches.pause(batch=batch, now=now), "Paused: nobody new begins."
    )


@require_POST
def batch_resume(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    return _changed(
        request, slug, pk, lambda batch, now: launches.resume(batch=batch), "Resumed: workers may begin again."
    )


@require_POST
def batch_expire(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    return _changed(
        request,
        slug,
        pk,
        lambda batch, now: launches.close(batch=batch, now=now),
        f"Batch {pk} takes no more workers; who has a grid now may still hand it in.",
    )


@require_POST
def batch_rest(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """After the pilot."""
    return _changed(
        request,
        slug,
        pk,
        lambda batch, now: launches.put_rest(batch=batch, by=request.user, now=now),
        "The rest is put up, as fast as the platform takes it.",
    )


@require_POST
def batch_retry(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What the platform refused waits again."""
    return _changed(
        request,
        slug,
        pk,
        lambda batch, now: _noted(postings.put_back(batch=batch, now=now)),
        "What was refused is put up once more. If the reason still holds, it will be refused again.",
    )


@require_POST
def batch_extend(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """More workers for each grid, in as many places more."""
    form = MoreWorkersForm(request.POST)
    if not form.is_valid():
        visible_study(request, slug)
        messages.error(request, f"Workers per grid: {' '.join(map(str, form.errors['num_assignments']))}")
        return redirect("frontend:batch-detail", slug, pk)
    num_assignments = form.cleaned_data["num_assignments"]

    def extend(batch: Batch, now: datetime) -> None:
        with reached_soon(batch.platform, clock=timezone.now) as platform:
            widening.widen(batch=batch, num_assignments=num_assignments, platform=platform, now=now)

    return _changed(request, slug, pk, extend, f"Each grid is judged by {num_assignments:,} workers now.")


@require_POST
def batch_budget(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Another cap: what was refused for want of money is tried again."""
    batch = get_object_or_404(visible_study(request, slug).batches.all(), pk=pk)
    form = BudgetForm(request.POST, currency=batch.currency)
    if not form.is_valid():
        messages.error(request, f"Budget: {' '.join(map(str, form.errors['budget']))}")
        return redirect("frontend:batch-detail", slug, pk)
    budget = form.cleaned_data["budget"]

    def change(batch: Batch, now: datetime) -> None:
        launches.set_budget(batch=batch, budget_minor_units=budget, now=now)

    return _changed(request, slug, pk, change, f"The budget is {money(budget, batch.currency)} now.")


@require_POST
def batches_stop(request: HttpRequest, slug: str) -> HttpResponse:
    """Every open batch of the study is closed, once somebody ticked that this is meant."""
    study = visible_study(request, slug)
    if request.POST.get("meant") != "yes":
        messages.error(request, "Nothing was stopped. Tick that you mean it, then press the button again.")
        return redirect("frontend:grid-list", slug)
    stopped = launches.stop_everything(study=study, now=timezone.now())
    for batch in stopped:
        tasks.enqueue_round(batch.pk)
    num = f"{len(stopped):,} batch{'' if len(stopped) == 1 else 'es'}"
    messages.success(request, f"Stopped: {num}. Workers who hold a grid now may still hand it in, and are paid.")
    return redirect("frontend:grid-list", slug)


def _changed(
    request: HttpRequest, slug: str, pk: int, change: Callable[[Batch, datetime], None], done: str
) -> HttpResponse:
    """Write it down, ask for a round, and say so."""
    batch = get_object_or_404(visible_study(request, slug).batches.all(), pk=pk)
    with refusals_told(request):
        change(batch, timezone.now())
        tasks.enqueue_round(batch.pk)
        is_told = f" {title_of(batch.platform)} is told in a moment." if batch.platform in OUTSIDE else ""
        messages.success(request, done + is_told)
    return redirect("frontend:batch-detail", slug, pk)


def _noted(_count: int) -> None:
    """A change says nothing."""


urlpatterns = [
    path("studies/<slug:slug>/batches/stop/", batches_stop, name="batches-stop"),
    path("studies/<slug:slug>/batches/<int:pk>/pause/", batch_pause, name="batch-pause"),
    path("studies/<slug:slug>/batches/<int:pk>/resume/", batch_resume, name="batch-resume"),
    path("studies/<slug:slug>/batches/<int:pk>/expire/", batch_expire, name="batch-expire"),
    path("studies/<slug:slug>/batches/<int:pk>/rest/", batch_rest, name="batch-rest"),
    path("studies/<slug:slug>/batches/<int:pk>/retry/", batch_retry, name="batch-retry"),
    path("studies/<slug:slug>/batches/<int:pk>/budget/", batch_budget, name="batch-budget"),
    path("studies/<slug:slug>/batches/<int:pk>/extend/", batch_extend, name="batch-extend"),
]
