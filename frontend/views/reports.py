"""The report: page, data, charts, and the button that builds it."""

from functools import cache
from importlib.metadata import version

import redis
import vl_convert
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache as django_cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from annotation.models import Study
from evaluation import reports
from evaluation.errors import EvaluationError
from evaluation.models import AccuracyLook, Report
from frontend import charts
from frontend.views.researcher import note_look, theme_of, visible_study

SCALES: dict[str, charts.Scale] = {"key-probit": "probit", "key-linear": "linear"}


def _latest(request: HttpRequest, study: Study, where: AccuracyLook.Where) -> Report:
    """The report that this person is about to be shown."""
    report = reports.newest(study=study).report
    if report is None:
        raise Http404("This study has no report yet.")
    note_look(request, study, where)
    return report


@require_safe
@login_required
def report_detail(request: HttpRequest, slug: str) -> HttpResponse:
    study = visible_study(request, slug)
    report = reports.newest(study=study).report
    if report is not None:
        note_look(request, study, AccuracyLook.Where.REPORT)
    scale = "linear" if request.GET.get("scale") == "linear" else "probit"
    context = {"study": study, "report": report, "scale": scale, "chart": f"key-{scale}"}
    return render(request, "frontend/reports/detail.html", context)


@require_POST
@login_required
def report_build(request: HttpRequest, slug: str) -> HttpResponse:
    study = visible_study(request, slug)
    try:
        reports.build(study=study, now=timezone.now())
    except EvaluationError as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(reverse("frontend:report-detail", args=[slug]))


@require_safe
@login_required
def report_json(request: HttpRequest, slug: str) -> HttpResponse:
    report = _latest(request, visible_study(request, slug), AccuracyLook.Where.REPORT_DATA)
    built_at = report.built_at and report.built_at.isoformat()
    return JsonResponse({"built_at": built_at} | report.content, json_dumps_params={"indent": 1})


@require_safe
@login_required
def report_chart(request: HttpRequest, slug: str, name: str, image_format: str) -> HttpResponse:
    study, theme = visible_study(request, slug), theme_of(request)
    if name not in SCALES or image_format not in charts.CONTENT_TYPES:
        raise Http404("There is no such chart.")
    report = _latest(request, study, AccuracyLook.Where.CHART)
    chart = charts.draw("key", report.content, scale=SCALES[name], theme=theme)
    answer = HttpResponse(charts.render(chart, image_format), content_type=charts.CONTENT_TYPES[image_format])
    if image_format in ("png", "pdf"):
        answer["Content-Disposition"] = f'attachment; filename="{slug}-{name}.{image_format}"'
    return answer


@cache
def _script() -> str:
    """Bundling takes seconds: done once per installation, then kept by Redis, then by this process."""
    key = f"chart-script-{version('vl-convert-python')}"
    try:
        if (kept := django_cache.get(key)) is None:
            kept = _bundled()
            django_cache.set(key, kept, timeout=None)
    except redis.RedisError:
        return _bundled()
    return str(kept)


def _bundled() -> str:
    return str(vl_convert.javascript_bundle())  # type: ignore[call-arg]  # its stub forgets the default


@require_safe
@login_required
@cache_control(private=True, max_age=86400)
def chart_script(request: HttpRequest) -> HttpResponse:
    """Vega, Vega-Lite and Vega-Embed, as vl-convert carries them."""
    return HttpResponse(_script(), content_type="text/javascript; charset=utf-8")


urlpatterns = [
    path("studies/<slug:slug>/report/", report_detail, name="report-detail"),
    path("studies/<slug:slug>/report/build/", report_build, name="report-build"),
    path("studies/<slug:slug>/report.json", report_json, name="report-json"),
    path(
        "studies/<slug:slug>/report/charts/<slug:name>.<slug:image_format>",
        report_chart,
        name="report-chart",
    ),
    path("chart-script.js", chart_script, name="chart-script"),
]
