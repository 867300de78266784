"""What a built report is taken away as: its charts in every format, its figures, and the script that draws."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.text import slugify
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from evaluation.models import AccuracyLook, Report
from frontend.charts import NoSuchChart
from frontend.reporting import engine, offline
from frontend.reporting.drawing import CONTENT_TYPES, drawn
from frontend.reporting.thumbnails import thumbnails
from frontend.views.researcher import covered_of, note_look, theme_of, visible_study

DAY = 86_400
YEAR = 365 * DAY
CHOICES = ("scale", "test_set")
SHOWN = ("svg", "json")
"""On the page; the other formats are for keeping."""


def _report(request: HttpRequest, slug: str, pk: int, where: AccuracyLook.Where) -> Report:
    """The built report that this person is about to be shown."""
    study = visible_study(request, slug)
    report: Report = get_object_or_404(study.reports.built().defer("content"), pk=pk)  # most charts are drawn already
    note_look(request, study, where)
    return report


@require_safe
@login_required
@cache_control(private=True, max_age=DAY, immutable=True)
def report_chart(request: HttpRequest, slug: str, pk: int, name: str, image_format: str) -> HttpResponse:
    if image_format not in CONTENT_TYPES:
        raise Http404("There is no such format.")
    theme = theme_of(request)
    report = _report(request, slug, pk, AccuracyLook.Where.CHART)
    choice = {key: request.GET[key] for key in CHOICES if request.GET.get(key)}
    try:
        found = drawn(report, name, image_format, theme=theme, choice=choice)
    except NoSuchChart as error:
        raise Http404(str(error)) from error
    answer = HttpResponse(found, content_type=CONTENT_TYPES[image_format])
    called = "-".join([slug, name, *(slugify(value) for value in choice.values())])
    kind = "inline" if image_format in SHOWN else "attachment"
    answer["Content-Disposition"] = f'{kind}; filename="{called}.{image_format}"'
    return answer


@require_safe
@login_required
def report_json(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    report = _report(request, slug, pk, AccuracyLook.Where.REPORT_DATA)
    built_at = report.built_at and report.built_at.isoformat()
    answer = JsonResponse({"built_at": built_at} | report.content, json_dumps_params={"indent": 1})
    answer["Content-Disposition"] = f'attachment; filename="{slug}-report-{pk}.json"'
    return answer


@require_safe
@login_required
def report_html(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The copy that opens without a server."""
    report = _report(request, slug, pk, AccuracyLook.Where.REPORT_DATA)
    images = thumbnails(report)
    answer = HttpResponse(offline.page(report, images=images, covered=covered_of(images)))
    answer["Content-Disposition"] = f'attachment; filename="{slug}-report-{pk}.html"'
    return answer


def chart_script_address() -> str:
    """With the version, so that a browser may keep it for ever."""
    return f"{reverse('frontend:chart-script')}?version={engine.VERSION}"


@require_safe
@login_required
@cache_control(private=True, max_age=YEAR, immutable=True)
@vary_on_headers("Accept-Encoding")
def chart_script(request: HttpRequest) -> HttpResponse:
    """What draws the charts on the page."""
    content_type = "text/javascript; charset=utf-8"
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return HttpResponse(engine.text(), content_type=content_type)
    return HttpResponse(engine.packed(), content_type=content_type, headers={"Content-Encoding": "gzip"})


urlpatterns = [
    path("studies/<slug:slug>/report/<int:pk>/report.json", report_json, name="report-json"),
    path("studies/<slug:slug>/report/<int:pk>/report.html", report_html, name="report-html"),
    path(
        "studies/<slug:slug>/report/<int:pk>/charts/<slug:name>.<slug:image_format>",
        report_chart,
        name="report-chart",
    ),
    path("chart-script.js", chart_script, name="chart-script"),
]
