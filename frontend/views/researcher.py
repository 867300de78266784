"""What the researcher's pages share: only one's own studies, errors as messages, pages of long lists."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from annotation.errors import AnnotationError
from annotation.models import Complaint, Study
from evaluation.errors import EvaluationError


def visible_study(request: HttpRequest, slug: str) -> Study:
    """The study, or 404 for whoever takes no part in it."""
    study: Study = get_object_or_404(Study.objects.visible_to(request.user), slug=slug)
    return study


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


def page_of(request: HttpRequest, rows: QuerySet[Any] | Sequence[Any], size: int) -> Page[Any]:
    """The page that ?page= names; the nearest one where it names none."""
    return Paginator(rows, size).get_page(request.GET.get("page"))
