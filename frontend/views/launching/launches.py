"""Planning a launch, confirming it and, above an amount, seconding it: what becomes a batch."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotation import launches, studies, tasks
from annotation.errors import AnnotationError
from annotation.launches import pace
from annotation.models import Launch, Study
from annotation.payments.reaching import reached_soon
from frontend.launching import planning
from frontend.launching.form import LaunchPlanForm, fresh, typed
from frontend.views.researcher import refusals_told, usual_pay, visible_study

State = Launch.State


@require_http_methods(["GET", "HEAD", "POST"])
def launch_create(request: HttpRequest, slug: str) -> HttpResponse:
    study = visible_study(request, slug)
    pay, currency = usual_pay(study)
    found = pace.measured(study)
    initial = fresh(study, pay=pay, currency=currency, seconds=found[1] if found else None)
    workers = request.GET.get("workers", "")
    return _planned(request, study, None, initial | ({"num_assignments": workers} if workers.isdecimal() else {}))


@require_http_methods(["GET", "HEAD", "POST"])
def launch_edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What isn't live yet, once more; saving it takes back that somebody had confirmed it."""
    study = visible_study(request, slug)
    launch = _launch(study, pk)
    if launch.state not in (State.DRAFT, State.CONFIRMED):
        messages.error(request, "It can't be changed any more. Plan another one.")
        return redirect("frontend:launch-detail", slug, pk)
    return _planned(request, study, launch, typed(launch))


def _planned(request: HttpRequest, study: Study, launch: Launch | None, initial: dict[str, Any]) -> HttpResponse:
    """The form; by POST it is saved, and what was typed is kept where it can't be."""
    given = request.POST if request.method == "POST" else None
    waiting = planning.waiting_classes(study, launch.target_class_ids if launch else ())
    form = _form(given, waiting, initial)
    if form.is_valid() and (saved := _saved(request, study, launch, form)):
        messages.success(request, "The draft is saved. Nothing has gone to workers yet.")
        return redirect("frontend:launch-detail", study.slug, saved.pk)
    context = {
        "study": study,
        "launch": launch,
        "form": form,
        "workforces": planning.workforces(),
        "waiting": [row for row in waiting if row[2]],
        "num_waiting": sum(num for _, _, num in waiting),
        "composed": planning.composed(study),
        "measured": pace.measured(study),
    }
    # What is shown at first is what the form begins with, as if it had been typed.
    shown = form if given is not None else _form(initial_data(form), waiting, initial)
    return render(
        request,
        "frontend/launches/wizard.html",
        context | _shown(request, study, shown, is_new=given is None and launch is None),
        status=400 if form.errors else 200,
    )


def _form(given: Any, waiting: list[tuple[int, str, int]], initial: dict[str, Any]) -> LaunchPlanForm:
    labels = [(pk, f"{name} · {num:,} grid{'' if num == 1 else 's'}") for pk, name, num in waiting]
    return LaunchPlanForm(given, initial=initial, classes=labels)


def initial_data(form: LaunchPlanForm) -> dict[str, Any]:
    """What a browser would send, were nothing typed."""
    values = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    return {name: value for name, value in values.items() if value is not None}


def _saved(request: HttpRequest, study: Study, launch: Launch | None, form: LaunchPlanForm) -> Launch | None:
    now = timezone.now()
    try:
        with transaction.atomic():
            if "guidelines" in form.changed_data:
                studies.instruct(study=study, guidelines=form.cleaned_data["guidelines"])
            if launch is None:
                return launches.draft(study=study, plan=form.plan, by=request.user, now=now)
            return launches.change(launch=launch, plan=form.plan, now=now)
    except AnnotationError as error:
        form.add_error(None, str(error))
        return None


def _shown(request: HttpRequest, study: Study, form: LaunchPlanForm, *, is_new: bool = False) -> dict[str, Any]:
    """The cost of what is typed, and how workers will read it."""
    form.is_valid()
    sketch = planning.sketch(study, form.plan)
    errors = form.costly_errors
    study.guidelines = form.cleaned_data.get("guidelines", study.guidelines)  # shown, not saved
    return {
        "study": study,
        "sketch": sketch,
        "errors": [] if is_new and not errors else errors,
        "priced": None if errors else planning.priced(sketch, by=request.user, clock=timezone.now),
        "num_pilot": sketch.num_pilot,
        "pay_of_place": sketch.pay_minor_units * sketch.num_grids,
        "minutes": max(1, round(sketch.seconds_estimated * sketch.num_grids / 60)),
        **planning.read_by_workers(study, sketch),
    }


@require_POST
def launch_preview(request: HttpRequest, slug: str) -> HttpResponse:
    """To htmx while somebody types: nothing is saved."""
    study = visible_study(request, slug)
    form = _form(request.POST, planning.waiting_classes(study), {})
    return render(request, "frontend/launches/_fragments.html", _shown(request, study, form))


@require_safe
def launch_detail(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """All of it on one page, to be read before it is confirmed; once it is live, its batch."""
    study = visible_study(request, slug)
    launch = _launch(study, pk)
    if launch.batch_id is not None:
        return redirect("frontend:batch-detail", slug, launch.batch_id)
    return _detail(request, study, launch)


def _detail(request: HttpRequest, study: Study, launch: Launch, **given: Any) -> HttpResponse:
    is_open = launch.state in (State.DRAFT, State.CONFIRMED)
    priced = planning.priced(launch, by=launch.confirmed_by or request.user, clock=timezone.now) if is_open else None
    others = study.researchers.exclude(username=(launch.confirmed_by or request.user).get_username()).order_by(
        "username"
    )
    context = {
        "study": study,
        "launch": launch,
        "platform": planning.title_of(launch.platform),
        "is_whole": planning.is_put_up_whole(launch.platform),
        "classes": list(study.target_classes.filter(pk__in=launch.target_class_ids).order_by("number")),
        "priced": priced,
        "account": planning.account(launch, priced, clock=timezone.now) if priced else None,
        "num_pilot": launch.num_pilot,
        "pilot": planning.pilot(launch, priced),
        "others": list(others),
        "may_second": launch.state == State.CONFIRMED and request.user.pk != launch.confirmed_by_id,
        "lease_minutes": launch.lease_seconds // 60,
        "lasts_days": launch.lasts_seconds // 86_400,
        **given,
    }
    return render(request, "frontend/launches/detail.html", context, status=400 if given else 200)


@require_POST
def launch_confirm(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """By the study's name, typed, and at the cost that was shown."""
    study = visible_study(request, slug)
    launch = _launch(study, pk)
    name = request.POST.get("typed", "")
    try:
        with reached_soon(launch.platform, clock=timezone.now) as platform:
            launch = launches.confirm(
                launch=launch,
                typed=name,
                cost=_cost_of(request),
                by=request.user,
                platform=platform,
                now=timezone.now(),
            )
    except AnnotationError as error:
        launch.refresh_from_db()
        return _detail(request, study, launch, problem=str(error), typed=name)
    return _gone_on(request, launch)


@require_POST
def launch_second(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Another researcher agrees, and it goes live."""
    study = visible_study(request, slug)
    launch = _launch(study, pk)
    try:
        with reached_soon(launch.platform, clock=timezone.now) as platform:
            launch = launches.second(
                launch=launch, cost=_cost_of(request), by=request.user, platform=platform, now=timezone.now()
            )
    except AnnotationError as error:
        launch.refresh_from_db()
        return _detail(request, study, launch, problem=str(error))
    return _gone_on(request, launch)


def _cost_of(request: HttpRequest) -> int:
    """The total that the page showed."""
    shown = request.POST.get("cost", "")
    return int(shown) if shown.isdecimal() and len(shown) < 19 else -1


def _gone_on(request: HttpRequest, launch: Launch) -> HttpResponse:
    if launch.batch_id is None:
        messages.success(request, "Confirmed. It goes to workers once a second researcher agrees.")
        return redirect("frontend:launch-detail", launch.study.slug, launch.pk)
    tasks.enqueue_round(launch.batch_id)
    what = "The pilot is on its way to workers." if launch.is_pilot else "It is on its way to workers."
    messages.success(request, f"{what} This page counts by itself.")
    return redirect("frontend:batch-detail", launch.study.slug, launch.batch_id)


@require_POST
def launch_withdraw(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    study = visible_study(request, slug)
    with refusals_told(request):
        launches.withdraw(launch=_launch(study, pk), now=timezone.now())
        messages.success(request, "Withdrawn. Nothing of it went to workers.")
    return redirect("frontend:grid-list", slug)


def _launch(study: Study, pk: int) -> Launch:
    rows = study.launches.select_related("study", "confirmed_by", "made_by", "seconded_by")
    found: Launch = get_object_or_404(rows, pk=pk)
    return found


urlpatterns = [
    path("studies/<slug:slug>/launches/new/", launch_create, name="launch-create"),
    path("studies/<slug:slug>/launches/preview/", launch_preview, name="launch-preview"),
    path("studies/<slug:slug>/launches/<int:pk>/", launch_detail, name="launch-detail"),
    path("studies/<slug:slug>/launches/<int:pk>/edit/", launch_edit, name="launch-edit"),
    path("studies/<slug:slug>/launches/<int:pk>/confirm/", launch_confirm, name="launch-confirm"),
    path("studies/<slug:slug>/launches/<int:pk>/second/", launch_second, name="launch-second"),
    path("studies/<slug:slug>/launches/<int:pk>/withdraw/", launch_withdraw, name="launch-withdraw"),
]
