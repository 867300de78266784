"""The pool beside the original, before judgements are paid: dates, sizes, colours, places, by class."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import urlencode
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from annotation import candidates, tasks
from annotation.candidates import comparing
from annotation.candidates.comparing import Comparison, Window
from annotation.models import Origin, Study
from frontend import charts
from frontend.charts.shift import SHIFT_CHARTS, shift_chart
from frontend.comparing import keeping, words
from frontend.comparing.rows import CategoryRows, NumberRow, for_spreadsheets
from frontend.forms import ClassFilter
from frontend.views.researcher import theme_of, visible_study

FORMATS = ("svg", "png")
CHART_NAMES = {
    "dates": "When they were taken and uploaded",
    "sizes": "Their sizes",
    "colours": "Their colours",
}


@require_safe
def pool_comparison(request: HttpRequest, slug: str) -> HttpResponse:
    study = visible_study(request, slug)
    wanted = ClassFilter(request.GET, study=study)
    found = comparing.compare(study=study, seed=study.seed, target_class=wanted.chosen("class"))
    query = wanted.query()
    context = {
        "study": study,
        "filter": wanted,
        "query": query,
        "chart_query": "&".join(filter(None, [query, urlencode({"read": keeping.keep(study, found.histograms)})])),
        "target_class": wanted.chosen("class"),
        "found": found,
        "looked": _looked(found),
        "missing": next((origin for origin in Origin if not found.looked.num_included[origin]), None),
        "moved": _moved(found),
        "unknown": [said for figures in found.numbers if (said := words.unknown(figures))],
        "numbers": [NumberRow.of(figures) for figures in found.numbers],
        "categories": [CategoryRows.of(figures) for figures in found.categories],
        "spans": [("Taken", found.window.taken), ("Uploaded", found.window.uploaded)],
        "owners": [(origin, found.owners[origin]) for origin in Origin if found.owners[origin].num_known],
        "charts": _drawn(found),
        "classes": _classes(found),
        "collect_address": _collect_address(study, found.window),
        "level": comparing.LEVEL,
        "least_known": comparing.LEAST_KNOWN,
        "distance": comparing.MOVED,
    }
    return render(request, "frontend/comparing/comparison.html", context)


def _moved(found: Comparison) -> list[str]:
    """The farthest first."""
    said = [(each.shift, words.moved(each, each.shift)) for each in found.moved if each.shift]
    said += [(each.shift, words.moved_category(each, each.shift)) for each in found.moved_categories if each.shift]
    return [sentence for _, sentence in sorted(said, key=lambda pair: -pair[0].distance)]


def _looked(found: Comparison) -> list[tuple[Origin, int, int]]:
    """Of each origin, how many of how many."""
    return [(origin, found.looked.num_looked_at(origin), found.looked.num_included[origin]) for origin in Origin]


def _drawn(found: Comparison) -> list[dict[str, str]]:
    """The charts that show anything, with what they say."""
    known = {each.quantity.name: each for each in found.numbers if each.original.num_known and each.pool.num_known}
    shown = []
    for name, quantities in SHIFT_CHARTS.items():
        medians = [words.medians(known[each]) for each in quantities if each in known]
        if medians:
            shown.append({"name": name, "title": CHART_NAMES[name], "says": " ".join(medians)})
    return shown


def _classes(found: Comparison) -> list[dict[str, Any]]:
    if found.classes is None:
        return []
    return [
        {
            "shift": each,
            "original": words.value(each.quantity, each.original_median),
            "pool": words.value(each.quantity, each.pool_median),
            "chance": words.chance(each.shift.adjusted),
        }
        for each in found.classes.farthest
    ]


def _collect_address(study: Study, window: Window) -> str:
    """The form of a Flickr collection within the original's window; empty where that is not known."""
    days = {
        f"{end}_{kind}": day.date().isoformat()
        for kind, span in (("taken", window.taken), ("uploaded", window.uploaded))
        if span is not None
        for end, day in (("min", span.low), ("max", span.high))
    }
    address = reverse("frontend:collection-create", args=[study.slug])
    return f"{address}?{urlencode({'way': 'flickr'} | days)}" if days else ""


@require_safe
@cache_control(private=True, no_cache=True)
def pool_comparison_chart(request: HttpRequest, slug: str, name: str, image_format: str) -> HttpResponse:
    """One chart, drawn on the server: from what the page that shows it has read, or else from what is there now."""
    study = visible_study(request, slug)
    if image_format not in FORMATS:
        raise Http404("There is no such format.")
    theme = theme_of(request)
    wanted = ClassFilter(request.GET, study=study)
    histograms = keeping.kept(study, request.GET.get("read", ""))
    if histograms is None:
        histograms = comparing.histograms(study=study, seed=study.seed, target_class=wanted.chosen("class"))
    try:
        chart = shift_chart(name, histograms, theme=theme)
    except charts.NoSuchChart as error:
        raise Http404(str(error)) from error
    answer = HttpResponse(charts.render(chart, image_format), content_type=charts.CONTENT_TYPES[image_format])
    kind = "inline" if image_format == "svg" else "attachment"
    answer["Content-Disposition"] = f'{kind}; filename="{slug}-{name}.{image_format}"'
    return answer


@require_safe
def pool_comparison_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """Every figure of the tables."""
    study = visible_study(request, slug)
    wanted = ClassFilter(request.GET, study=study)
    found = comparing.compare(study=study, seed=study.seed, target_class=wanted.chosen("class"))
    answer = HttpResponse(charts.as_csv(for_spreadsheets(found)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{slug}-original-and-pool.csv"'
    return answer


@require_POST
def pool_comparison_measure(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for the colours of images that came in before colours were measured."""
    study = visible_study(request, slug)
    if candidates.unmeasured(study).exists():
        tasks.enqueue_measuring(study.pk)
        messages.success(request, "The colours are being measured in the background; reload this page in some minutes.")
    else:
        messages.success(request, "Every picture of this study is measured.")
    return redirect("frontend:pool-comparison", slug)


_ALL = "studies/<slug:slug>/compared/"
urlpatterns = [
    path(_ALL, pool_comparison, name="pool-comparison"),
    path(f"{_ALL}charts/<slug:name>.<slug:image_format>", pool_comparison_chart, name="pool-comparison-chart"),
    path(f"{_ALL}figures.csv", pool_comparison_csv, name="pool-comparison-csv"),
    path(f"{_ALL}measure/", pool_comparison_measure, name="pool-comparison-measure"),
]
