"""Grids, what is planned to be launched of them, and the batches that put them to workers."""

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from annotation import duplicates, grids, tasks
from annotation.models import Study
from frontend.forms import ComposeForm, LaunchForm
from frontend.launching import planning
from frontend.views.launching.batches import invites, standing, takes_workers, with_progress
from frontend.views.researcher import page_of, refusals_told, visible_study

PAGE_SIZE = 50
MAX_WARNINGS = 8


@require_safe
def grid_list(request: HttpRequest, slug: str) -> HttpResponse:
    study = visible_study(request, slug)
    rows = study.grids.select_related("target_class").defer("measured", "positive_controls", "negative_controls")
    counted = rows.annotate(
        num_slots=Count("hits__assignments"),
        num_submitted=Count("hits__assignments", filter=Q(hits__assignments__submitted_at__isnull=False)),
    ).order_by("target_class__number", "number")
    batches = list(with_progress(study.batches.all()))
    takers = [batch for batch in batches if takes_workers(batch)]
    own = [batch for batch in takers if invites(batch)]
    context = {
        "study": study,
        "page": page_of(request, counted, PAGE_SIZE),
        "batches": batches,
        "standing": standing(request, own),
        "takes_workers": bool(own),
        "launches": planning.planned(study),
        "num_takers": len(takers),
        "num_waiting": study.grids.waiting().count(),
        "launch_form": LaunchForm(),
        "compose_form": _compose_form(study),
    }
    return render(request, "frontend/grids/list.html", context)


def _compose_form(study: Study) -> ComposeForm:
    usual = grids.design_for(study)
    return ComposeForm(initial={"num_positions": usual.num_positions, "num_controls": usual.num_positive})


def _design(study: Study, num_positions: int | None, num_controls: int | None) -> grids.GridDesign:
    """As it was asked for; what is left empty is as usual."""
    usual = grids.design_for(study)
    num_known = usual.num_positive if num_controls is None else num_controls
    return grids.GridDesign(num_positions or usual.num_positions, num_known, num_known)


@require_POST
def grid_compose(request: HttpRequest, slug: str) -> HttpResponse:
    study = visible_study(request, slug)
    form = ComposeForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say how many images a grid has, 1 to 1,000, and how many of them are known ones.")
        return redirect("frontend:grid-list", slug)
    with refusals_told(request):
        design = _design(study, **form.cleaned_data)
        composed = duplicates.compose(study=study, design=design, now=timezone.now(), by=request.user)
        tasks.enqueue_contact_sheets(grid.pk for grid in composed.grids)
        messages.success(request, f"{len(composed.grids):,} grids composed.")
        for warning in composed.warnings[:MAX_WARNINGS]:
            messages.warning(request, warning)
        if (num_more := len(composed.warnings) - MAX_WARNINGS) > 0:
            messages.warning(request, f"There are {num_more:,} more warnings like these.")
    return redirect("frontend:grid-list", slug)


urlpatterns = [
    path("studies/<slug:slug>/grids/", grid_list, name="grid-list"),
    path("studies/<slug:slug>/grids/compose/", grid_compose, name="grid-compose"),
]
