"""Selection frequencies: original against pool as a chart and a table, and every candidate's counts."""

import numpy as np
from django.contrib import messages
from django.db.models import Count, FloatField, QuerySet
from django.db.models.functions import Cast, NullIf
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from annotation import frequencies, tasks
from annotation.models import Origin, SelectionFrequency, Study
from annotation.stats import selection
from frontend import charts
from frontend.views.researcher import covered_of, page_of, visible_study

PAGE_SIZE = 60
NUM_BINS = len(charts.FREQUENCY_BINS)
SORTS: dict[str, tuple[str, list[str]]] = {
    "highest": ("most selected first", ["-share", "-num_seen", "candidate_id"]),
    "lowest": ("least selected first", ["share", "-num_seen", "candidate_id"]),
    "seen": ("most seen first", ["-num_seen", "candidate_id"]),
    "class": ("by class", ["candidate__target_class__number", "-share", "candidate_id"]),
}
THEMES: dict[str, charts.ThemeName] = {"light": "light", "dark": "dark"}


@require_safe
def frequency_list(request: HttpRequest, slug: str) -> HttpResponse:
    study = visible_study(request, slug)
    sort = request.GET.get("sort", "highest")
    sort = sort if sort in SORTS else "highest"
    rows = _of(study).select_related("candidate__target_class")
    share = Cast("num_selected", FloatField()) / NullIf(Cast("num_seen", FloatField()), 0.0)
    stale = frequencies.stale_target_classes().filter(study=study).order_by("number")
    numbers = histogram(study)
    page = page_of(request, rows.annotate(share=share).order_by(*SORTS[sort][1]), PAGE_SIZE)
    context = {
        "study": study,
        "sort": sort,
        "sorts": [(key, label) for key, (label, _) in SORTS.items()],
        "page": page,
        "covered": covered_of(row.candidate_id for row in page),
        "stale": stale,
        "bins": [
            (name, *numbers_of)
            for name, *numbers_of in zip(
                charts.FREQUENCY_BINS, numbers[Origin.ORIGINAL], numbers[Origin.POOL], strict=True
            )
        ],
        "num_original": sum(numbers[Origin.ORIGINAL]),
        "num_pool": sum(numbers[Origin.POOL]),
    }
    return render(request, "frontend/frequencies/list.html", context)


def histogram(study: Study) -> dict[Origin, list[int]]:
    """Images in each fifth of the selection frequency, by origin; one query of few rows."""
    rows = _of(study).values_list("candidate__origin", "num_selected", "num_seen").annotate(num=Count("pk")).order_by()
    numbers = {origin: np.zeros(NUM_BINS, dtype=np.int64) for origin in Origin}
    for origin, num_selected, num_seen, num in rows:
        numbers[Origin(origin)][selection.bins([num_selected], [num_seen])[0]] += num
    return {origin: counts.tolist() for origin, counts in numbers.items()}


def _of(study: Study) -> QuerySet[SelectionFrequency]:
    """The measured candidates that take part."""
    rows: QuerySet[SelectionFrequency] = SelectionFrequency.objects.filter(
        judgement_filter=frequencies.standard_filter(study), candidate__exclusion__isnull=True, num_seen__gt=0
    )
    return rows


@require_safe
@cache_control(private=True, no_cache=True)
def frequency_histogram(request: HttpRequest, slug: str) -> HttpResponse:
    """The chart, drawn on the server."""
    study = visible_study(request, slug)
    theme = THEMES.get(request.GET.get("theme", "light"))
    if theme is None:
        raise Http404("There is no such theme.")
    numbers = histogram(study)
    chart = charts.frequency_histogram(numbers[Origin.ORIGINAL], numbers[Origin.POOL], theme=theme)
    return HttpResponse(charts.render(chart, "svg"), content_type=charts.CONTENT_TYPES["svg"])


@require_POST
def frequency_recount(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for a count of every stale class."""
    study = visible_study(request, slug)
    stale = list(frequencies.stale_target_classes().filter(study=study).values_list("pk", flat=True))
    for target_class_id in stale:
        tasks.enqueue_recompute(target_class_id)
    if stale:
        messages.info(request, "The judgements are being counted; reload the page in a few seconds.")
    else:
        messages.info(request, "Every judgement is counted already.")
    return redirect("frontend:frequency-list", slug)


urlpatterns = [
    path("studies/<slug:slug>/frequencies/", frequency_list, name="frequency-list"),
    path("studies/<slug:slug>/frequencies/histogram.svg", frequency_histogram, name="frequency-histogram"),
    path("studies/<slug:slug>/frequencies/recount/", frequency_recount, name="frequency-recount"),
]
