"""Runs of classifiers, with live progress."""

from collections.abc import Sequence
from http import HTTPStatus
from itertools import product
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HTMX_STOP_POLLING

from annotation.models import Study, TestSet
from evaluation import runs
from evaluation.errors import EvaluationError
from evaluation.models import AccuracyLook, Classifier, Run
from evaluation.models.run import RunQuerySet
from evaluation.tasks import enqueue_run
from frontend import overview
from frontend.forms import ConditionForm
from frontend.views.researcher import note_look, page_of, refusals_told, visible_study

PAGE_SIZE = 100
MOST_CONDITIONS = 5  # by one click


@require_safe
def run_list(request: HttpRequest, slug: str) -> HttpResponse:
    """All runs; to htmx, only the part that changes."""
    study = visible_study(request, slug)
    rows = (
        _of(study)
        .with_progress()
        .with_speed(now=timezone.now())
        .with_score()
        .select_related("classifier", "test_set__study")
    )
    page = page_of(request, rows.order_by("-id"), PAGE_SIZE)
    counts = overview.counts_of(Study.objects.filter(pk=study.pk), now=timezone.now())[study.pk]
    context: dict[str, Any] = {"study": study, "page": page, "counts": counts, "condition_form": ConditionForm()}
    if any(hasattr(run, "score") for run in page):
        note_look(request, study, AccuracyLook.Where.RUNS)
    if request.htmx:  # type: ignore[attr-defined]
        status = HTTPStatus.OK if counts.num_open else HTMX_STOP_POLLING
        return render(request, "frontend/runs/_runs.html", context, status=status)
    return render(request, "frontend/runs/list.html", context)


@require_POST
def run_request(request: HttpRequest, slug: str) -> HttpResponse:
    """A run of every classifier on the newest frozen revision of every set, where there is none."""
    study = visible_study(request, slug)
    form = ConditionForm({"kind": "clean"} | request.POST.dict())
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("frontend:run-list", slug)
    wanted = form.cleaned_data["conditions"]
    if len(wanted) > MOST_CONDITIONS:
        messages.error(request, f"These are {len(wanted):,} conditions; name one, or use the command request_runs.")
        return redirect("frontend:run-list", slug)
    num_new = 0
    refused: dict[str, None] = {}  # the same is true of many runs, and is said once
    for classifier, test_set, condition in _missing(study, [each.name for each in wanted]):
        try:
            run = runs.request(classifier=classifier, test_set=test_set, condition=condition, now=timezone.now())
        except EvaluationError as error:
            refused[str(error)] = None
            continue
        enqueue_run(run)
        num_new += 1
    for reason in refused:
        messages.error(request, reason)
    if num_new or not refused:
        messages.info(request, f"{num_new:,} runs requested." if num_new else "No run is missing.")
    return redirect("frontend:run-list", slug)


@require_POST
def run_cancel(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    study = visible_study(request, slug)
    run = get_object_or_404(_of(study).select_related("classifier", "test_set__study"), pk=pk)
    with refusals_told(request):
        runs.cancel(run=run, now=timezone.now())
        messages.info(request, f"The run of {run.classifier} on {run.test_set} is cancelled.")
    return redirect("frontend:run-list", slug)


def _missing(study: Study, wanted: Sequence[str]) -> list[tuple[Classifier, TestSet, str]]:
    """What is to be run under these conditions, without what is open or finished."""
    there = set(
        _of(study).standing().filter(condition__in=wanted).values_list("classifier_id", "test_set_id", "condition")
    )
    classifiers = study.classifiers.runnable().select_related("study").order_by("name")
    every = product(classifiers, study.test_sets.newest_frozen().select_related("study"), wanted)
    return [each for each in every if (each[0].pk, each[1].pk, each[2]) not in there]


def _of(study: Study) -> RunQuerySet:
    rows: RunQuerySet = Run.objects.filter(classifier__study=study)
    return rows


urlpatterns = [
    path("studies/<slug:slug>/runs/", run_list, name="run-list"),
    path("studies/<slug:slug>/runs/request/", run_request, name="run-request"),
    path("studies/<slug:slug>/runs/<int:pk>/cancel/", run_cancel, name="run-cancel"),
]
