"""The report: the page of a selection, what becomes of asking for it, and the classes one by one."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from annotation.models import Candidate, Study
from evaluation import reports
from evaluation.models import AccuracyLook, Report
from evaluation.reports import EVERYTHING, Selection
from evaluation.tasks import enqueue_report
from frontend.reporting import choosing, classes
from frontend.reporting.cards import Card, cards
from frontend.reporting.frame import Links, frame
from frontend.reporting.pictures import Drop, candidates_of, drops
from frontend.tasks import enqueue_drawing
from frontend.views.report_files import chart_script_address
from frontend.views.researcher import covered_of, note_look, page_of, refusals_told, visible_study

CLASSES_PER_PAGE = 100


@require_safe
@login_required
def report_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The report of the selection in the address; to htmx, how far it has come."""
    study = visible_study(request, slug)
    selection = choosing.asked(study, request.GET)
    attempt = reports.attempt(study=study, selection=selection)
    here = _address(study, selection)
    context: dict[str, Any] = {"study": study, "selection": selection, "attempt": attempt, "here": here}
    if request.htmx:  # type: ignore[attr-defined]
        if attempt is None or attempt.state != Report.State.BUILDING:
            return HttpResponseClientRefresh()
        return render(request, "frontend/reports/_attempt.html", context)
    report = reports.newest(study=study, selection=selection)
    found = choosing.choices(study, selection)
    context |= {
        "report": report,
        "choices": found,
        "selection_in_words": choosing.in_words(selection, found),
        "is_everything": selection == EVERYTHING,
        "problem": choosing.problem_of(study, selection),
        "chart_script": chart_script_address(),
    }
    if report is not None:
        note_look(request, study, AccuracyLook.Where.REPORT)
        enqueue_drawing(report)
        context |= _built(request, report, selection)
    return render(request, "frontend/reports/detail.html", context)


def _built(request: HttpRequest, report: Report, selection: Selection) -> dict[str, Any]:
    """What the page of a built report shows."""
    query = choosing.query_of(selection)
    return frame(
        report.content,
        built_at=report.built_at,
        cards=_cards(report, request.GET.dict(), query),
        drops=_drops(report),
        links=_links(report, query),
        top="5" if request.GET.get("top") == "5" else "1",
    ) | {"outdated": _outdated(report)}


def _cards(report: Report, wanted: dict[str, str], query: str) -> list[Card]:
    def address(name: str, image_format: str) -> str:
        return reverse("frontend:report-chart", args=[report.study.slug, report.pk, name, image_format])

    return cards(report.content, wanted=wanted, address=address, query=query)


def _drops(report: Report) -> list[Drop]:
    """The worst classes, with the addresses of the pictures that are here."""
    here = Candidate.objects.filter(study=report.study_id, pk__in=candidates_of(report.content), image__isnull=False)
    found = list(here.values_list("pk", flat=True))
    slug = report.study.slug
    sources = {pk: reverse("frontend:candidate-image", args=[slug, pk]) for pk in found}
    return drops(report.content, sources=sources, covered=covered_of(found))


def _links(report: Report, query: str) -> Links:
    start = f"?{query}&" if query else "?"
    args = [report.study.slug, report.pk]
    return Links(
        top1=f"{start}top=1",
        top5=f"{start}top=5",
        classes=reverse("frontend:report-classes", args=args) if report.content["classes"] else "",
        files={
            "The report as one file (HTML)": reverse("frontend:report-html", args=args),
            "All figures (JSON)": reverse("frontend:report-json", args=args),
        },
    )


def _outdated(report: Report) -> str:
    """What has become of runs since that this report is about; nothing where it is as it would be built now."""
    since = reports.overtaken(report)
    if since.counts_withdrawn:
        return "Predictions have been withdrawn since this report was built: it still counts them."
    if since.lacks_finished:
        return "Runs have finished since this report was built: it does not count them."
    return ""


@require_POST
@login_required
def report_build(request: HttpRequest, slug: str) -> HttpResponse:
    study = visible_study(request, slug)
    selection = choosing.asked(study, request.POST)
    with refusals_told(request):
        report = reports.request(study=study, selection=selection, now=timezone.now())
        enqueue_report(report)
        enqueue_drawing(report)
    return HttpResponseRedirect(_address(study, selection))


@require_safe
@login_required
def report_classes(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """All classes, a page at a time."""
    study = visible_study(request, slug)
    report = get_object_or_404(study.reports.built(), pk=pk)
    content, text = report.content, request.GET.get("class", "")[:100]
    note_look(request, study, AccuracyLook.Where.REPORT)
    sort = classes.checked_sort(request.GET.get("sort", ""), content)
    page = page_of(request, classes.rows_of(content, text=text, sort=sort), CLASSES_PER_PAGE)
    context = {
        "study": study,
        "report_address": _address(study, Selection.from_json(report.selection)),
        "classes": content["classes"],
        "classes_to": content["comparisons"][0]["test_set"],
        "page": page,
        "rows": classes.shown(list(page), len(content["classifiers"])),
        "asked": text,
        "sort": sort,
        "headings": classes.headings(content, sort=sort, text=text),
        "query": urlencode({"class": text, "sort": sort}),
    }
    return render(request, "frontend/reports/classes.html", context)


def _address(study: Study, selection: Selection) -> str:
    query = choosing.query_of(selection)
    return reverse("frontend:report-detail", args=[study.slug]) + (f"?{query}" if query else "")


urlpatterns = [
    path("studies/<slug:slug>/report/", report_detail, name="report-detail"),
    path("studies/<slug:slug>/report/build/", report_build, name="report-build"),
    path("studies/<slug:slug>/report/<int:pk>/classes/", report_classes, name="report-classes"),
]
