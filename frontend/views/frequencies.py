"""Selection frequencies: original against pool as a chart and a table, and every candidate's counts."""

from dataclasses import dataclass

from django.contrib import messages
from django.db.models import FloatField, Sum
from django.db.models.functions import Cast, NullIf
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.http import urlencode
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from annotation import frequencies, quality, tasks
from annotation.counting import beliefs
from annotation.counting.beliefs import Interval
from annotation.models import JudgementFilter, Origin, Study
from frontend import charts
from frontend.views.researcher import covered_of, is_narrow, page_of, svg, theme_of, visible_study

PAGE_SIZE = 60
SORTS: dict[str, tuple[str, list[str]]] = {
    "highest": ("most selected first", ["-share", "-num_seen", "candidate_id"]),
    "lowest": ("least selected first", ["share", "-num_seen", "candidate_id"]),
    "seen": ("most seen first", ["-num_seen", "candidate_id"]),
    "class": ("by class", ["candidate__target_class__number", "-share", "candidate_id"]),
}


@dataclass(frozen=True)
class Chosen:
    """What the address asks to see; a part that is not understood is left out."""

    judgement_filter: JudgementFilter
    interval: Interval
    sort: str

    @classmethod
    def of(cls, request: HttpRequest, study: Study) -> "Chosen":
        known = {each.slug: each for each in study.judgement_filters.all()}
        judgement_filter = known.get(request.GET.get("filter", "")) or frequencies.standard_filter(study)
        interval, sort = request.GET.get("interval", ""), request.GET.get("sort", "")
        return cls(
            judgement_filter,
            Interval(interval) if interval in list(Interval) else Interval.WILSON,
            sort if sort in SORTS else "highest",
        )

    def query(self, **changes: str) -> str:
        """The address that asks for this with some changes, without what goes without saying."""
        asked = {"filter": self.judgement_filter.slug, "interval": str(self.interval), "sort": self.sort} | changes
        usual = {"filter": JudgementFilter.STANDARD, "interval": str(Interval.WILSON), "sort": "highest"}
        return urlencode({name: value for name, value in asked.items() if value != usual[name]})


@require_safe
def frequency_list(request: HttpRequest, slug: str) -> HttpResponse:
    study = visible_study(request, slug)
    chosen = Chosen.of(request, study)
    judgement_filter = chosen.judgement_filter
    rows = beliefs.measured(judgement_filter).select_related("candidate__target_class")
    share = Cast("num_selected", FloatField()) / NullIf(Cast("num_seen", FloatField()), 0.0)
    numbers = _in_fifths(judgement_filter)
    page = page_of(request, rows.annotate(share=share).order_by(*SORTS[chosen.sort][1]), PAGE_SIZE)
    context = {
        "study": study,
        "chosen": chosen,
        "query": chosen.query(),
        "sorts": [(chosen.query(sort=key), label, key == chosen.sort) for key, (label, _) in SORTS.items()],
        "filters": study.judgement_filters.order_by("id"),
        "intervals": [each.value for each in Interval],
        "page": page,
        "beliefs": beliefs.of_rows(list(page), interval=chosen.interval),
        "fits": judgement_filter.mixtures.order_by("origin"),
        "posteriors": quality.posterior_of(row.candidate_id for row in page),
        "covered": covered_of(row.candidate_id for row in page),
        "stale": frequencies.stale_target_classes(judgement_filter).filter(study=study).order_by("number"),
        "counted": judgement_filter.tallies.aggregate(num=Sum("num_counted"), of=Sum("num_assignments")),
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


def _in_fifths(judgement_filter: JudgementFilter) -> dict[Origin, list[int]]:
    """Images in each fifth of the selection frequency, by origin."""
    return {origin: beliefs.in_bins(table).tolist() for origin, table in beliefs.histogram(judgement_filter).items()}


@require_safe
@cache_control(private=True, no_cache=True)
def frequency_histogram(request: HttpRequest, slug: str) -> HttpResponse:
    """The chart, drawn on the server."""
    study = visible_study(request, slug)
    theme = theme_of(request)
    numbers = _in_fifths(Chosen.of(request, study).judgement_filter)
    chart = charts.frequency_histogram(
        numbers[Origin.ORIGINAL], numbers[Origin.POOL], theme=theme, is_narrow=is_narrow(request)
    )
    return svg(chart)


@require_POST
def frequency_recount(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for a count of every stale class."""
    study = visible_study(request, slug)
    if frequencies.stale_target_classes().filter(study=study).exists():
        tasks.enqueue_recount(study.pk)
        messages.info(request, "The judgements are being counted; reload the page in a few seconds.")
    else:
        messages.info(request, "Every judgement is counted already.")
    return redirect("frontend:frequency-list", slug)


urlpatterns = [
    path("studies/<slug:slug>/frequencies/", frequency_list, name="frequency-list"),
    path("studies/<slug:slug>/frequencies/histogram.svg", frequency_histogram, name="frequency-histogram"),
    path("studies/<slug:slug>/frequencies/recount/", frequency_recount, name="frequency-recount"),
]
