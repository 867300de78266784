"""What the researcher's pages share: only one's own studies, errors as messages, pages of long lists."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from annotation.access import is_of_this_machine
from annotation.errors import AnnotationError
from annotation.models import IMPORTED, Complaint, Study
from evaluation import looks
from evaluation.errors import EvaluationError
from evaluation.models import AccuracyLook
from frontend import charts

THEMES: dict[str, charts.ThemeName] = {"light": "light", "dark": "dark"}


def visible_study(request: HttpRequest, slug: str) -> Study:
    """The study, or 404 for whoever takes no part in it."""
    study: Study = get_object_or_404(Study.objects.visible_to(request.user), slug=slug)
    return study


def outside_address(request: HttpRequest, path: str) -> str:
    """Where somebody elsewhere finds it: below PUBLIC_URL, unless that names this machine, which nobody else reaches.

    The host of a request is whatever a browser, or a proxy, calls this server by: a name within the house, perhaps.
    """
    if is_of_this_machine(settings.PUBLIC_URL):
        return request.build_absolute_uri(path)
    return f"{settings.PUBLIC_URL}{path}"


def note_look(request: HttpRequest, study: Study, where: AccuracyLook.Where) -> None:
    """Whoever is shown accuracies is remembered: the report says what reviewers knew before a set was frozen."""
    looks.note(study_ids=[study.pk], person=request.user, where=where, now=timezone.now())


@contextmanager
def refusals_told(request: HttpRequest) -> Iterator[None]:
    """What the domain refuses is said on the next page; the change was rolled back by the verb itself."""
    try:
        yield
    except (AnnotationError, EvaluationError) as error:
        messages.error(request, str(error))


def covered_of(candidate_ids: Iterable[int]) -> set[int]:
    """Those candidates whose picture is covered until it is clicked, because a worker finds it offensive."""
    complaints = Complaint.objects.offensive().filter(candidate__in=list(candidate_ids))
    return set(complaints.order_by().values_list("candidate_id", flat=True))


def usual_pay(study: Study) -> tuple[int, str]:
    """For a grid, in minor units and their currency: the terms of the newest batch of one's own."""
    batch = study.batches.exclude(platform=IMPORTED).order_by("-id").first()
    return (batch.pay_minor_units, batch.currency) if batch else (0, "")


def theme_of(request: HttpRequest) -> charts.ThemeName:
    """The colours that ?theme= names, in which a chart is drawn."""
    theme = THEMES.get(request.GET.get("theme", "light"))
    if theme is None:
        raise Http404("There is no such theme.")
    return theme


def is_narrow(request: HttpRequest) -> bool:
    """Whether a chart is asked for as it fits a phone."""
    return request.GET.get("size") == "narrow"


def svg(chart: Any) -> HttpResponse:
    """A chart drawn on the server."""
    return HttpResponse(charts.render(chart, "svg"), content_type=charts.CONTENT_TYPES["svg"])


def page_of(request: HttpRequest, rows: QuerySet[Any] | Sequence[Any], size: int) -> Page[Any]:
    """The page that ?page= names; the nearest one where it names none."""
    return Paginator(rows, size).get_page(request.GET.get("page"))
