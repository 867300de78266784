"""Candidates: the images of a study, by class and origin; and what workers report about them."""

from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus

from django.contrib import messages
from django.db.models import Exists, F, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from annotation import complaints, frequencies, storage
from annotation.errors import MissingContent
from annotation.models import Candidate, Complaint, Image
from frontend.forms import CandidateFilter
from frontend.views.researcher import covered_of, page_of, visible_study

PAGE_SIZE = 72
IMAGE_SECONDS = 86_400
DECISIONS = {"exclude": True, "keep": False}


@dataclass(frozen=True)
class Card:
    """A candidate, with what workers have said about it."""

    candidate: Candidate
    complaints: list[Complaint]

    @property
    def reports(self) -> list[tuple[str, int]]:
        """The reasons that wait for a word, each with how many workers gave it."""
        waiting = Counter(each.reason for each in self.complaints if each.settled_at is None)
        return [(Complaint.Reason(reason).label, num_workers) for reason, num_workers in waiting.most_common()]


@require_safe
def candidate_list(request: HttpRequest, slug: str) -> HttpResponse:
    study = visible_study(request, slug)
    wanted = CandidateFilter(request.GET, study=study)
    rows = (
        study.candidates.counted(frequencies.standard_filter(study))
        .annotate(num_selected=F("counts__num_selected"), num_seen=F("counts__num_seen"))
        .select_related("target_class", "exclusion")
        .prefetch_related("complaints")
        .order_by("target_class__number", "id")
    )
    page = page_of(request, _filtered(rows, wanted), PAGE_SIZE)
    context = {
        "study": study,
        "filter": wanted,
        "page": page,
        "covered": covered_of(candidate.pk for candidate in page),
        "cards": [Card(candidate, list(candidate.complaints.all())) for candidate in page],
        "num_reported": _reported(study.candidates.all()).count(),
        "num_without_picture": Candidate.objects.without_picture().filter(study=study).count(),
        "is_reported": wanted.chosen("state") == "reported",
        "query": wanted.query(),
    }
    return render(request, "frontend/candidates/list.html", context)


def _reported(rows: QuerySet[Candidate]) -> QuerySet[Candidate]:
    return rows.filter(Exists(Complaint.objects.waiting().filter(candidate=OuterRef("pk"))))


def _filtered(rows: QuerySet[Candidate], wanted: CandidateFilter) -> QuerySet[Candidate]:
    """Only what the form has understood; anything else in the address filters nothing."""
    if target_class := wanted.chosen("class"):
        rows = rows.filter(target_class=target_class)
    if origin := wanted.chosen("origin"):
        rows = rows.filter(origin=origin)
    state = wanted.chosen("state")
    if state == "reported":
        rows = _reported(rows)
    elif state:
        rows = rows.filter(exclusion__isnull=state == "included")
    return rows


@require_POST
def candidate_settle(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What the reports about an image come to: it is excluded, or kept."""
    study = visible_study(request, slug)
    candidate = get_object_or_404(study.candidates.all(), pk=pk)
    decision = request.POST.get("decision", "")
    if decision not in DECISIONS:
        messages.error(request, "Say whether the image is to be excluded or kept.")
    elif complaints.settle(candidate=candidate, is_upheld=DECISIONS[decision], now=timezone.now(), by=request.user):
        what = "is excluded from all that follows" if DECISIONS[decision] else "is kept"
        messages.success(request, f"Candidate {pk} {what}. Its reports are settled.")
    else:
        messages.warning(request, f"Candidate {pk} has no report that waits: somebody else was faster.")
    return redirect(reverse("frontend:candidate-list", args=[slug]) + "?state=reported")


@require_safe
def candidate_image(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The re-encoded picture, for the people of the study."""
    mine = Candidate.objects.visible_to(request.user).filter(study__slug=slug, pk=pk)
    image = get_object_or_404(Image, candidates__in=mine)
    try:
        content = storage.get("renditions", image.rendition_sha256)
    except MissingContent:
        return HttpResponse("The picture is missing.", status=HTTPStatus.NOT_FOUND, content_type="text/plain")
    headers = {"Cache-Control": f"private, max-age={IMAGE_SECONDS}", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type="image/jpeg", headers=headers)


urlpatterns = [
    path("studies/<slug:slug>/candidates/", candidate_list, name="candidate-list"),
    path("studies/<slug:slug>/candidates/<int:pk>/image/", candidate_image, name="candidate-image"),
    path("studies/<slug:slug>/candidates/<int:pk>/settle/", candidate_settle, name="candidate-settle"),
]
