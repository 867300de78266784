"""Candidates: the images of a study, looked through, each with where it came from and what workers report of it."""

from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus

from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from annotation import candidates, collecting, complaints, duplicates, frequencies, grids, storage
from annotation.candidates.browsing import MOST_COUNTED
from annotation.errors import MissingContent
from annotation.models import Candidate, Complaint, Exclusion, Image, Study, TestSet
from frontend.pool.criteria_form import CriteriaForm
from frontend.pool.paging import place
from frontend.views.researcher import covered_of, refusals_told, visible_study

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
    form = CriteriaForm(request.GET, study=study)
    shown = place(request, study, form.criteria, query=form.as_query, size=_page_size(study))
    rows = (
        study.candidates.counted(frequencies.standard_filter(study))
        .annotate(num_selected=F("counts__num_selected"), num_seen=F("counts__num_seen"))
        .select_related("target_class", "exclusion")
        .prefetch_related("complaints")
        .filter(pk__in=shown.ids)
    )
    waiting = Complaint.objects.waiting().filter(candidate__study=study)
    context = {
        "study": study,
        "form": form,
        "place": shown,
        "covered": covered_of(shown.ids),
        "cards": [Card(candidate, list(candidate.complaints.all())) for candidate in rows.order_by("pk")],
        "num_reported": waiting.order_by().values("candidate").distinct().count(),
        "num_without_picture": _num_without_picture(study),
        "most_counted": MOST_COUNTED,
        "is_reported": form.criteria.state == candidates.State.REPORTED,
    }
    return render(request, "frontend/candidates/list.html", context)


def _page_size(study: Study) -> int:
    has_flickr = study.collections.filter(kind=collecting.FLICKR).exists()
    return min(PAGE_SIZE, grids.MOST_OF_FLICKR) if has_flickr else PAGE_SIZE


def _num_without_picture(study: Study) -> int:
    """One more than are counted, where there are more than that."""
    rows = Candidate.objects.lacking_picture().filter(study=study).order_by()
    return int(rows[: MOST_COUNTED + 1].count())


@require_safe
def candidate_detail(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """All that is known of one."""
    study = visible_study(request, slug)
    rows = study.candidates.counted(frequencies.standard_filter(study)).annotate(
        num_selected=F("counts__num_selected"), num_seen=F("counts__num_seen")
    )
    of = (
        "target_class", "image", "collection", "exclusion__excluded_by", "exclusion__bulk", "take_down__taken_down_by",
    )  # fmt: skip
    candidate = get_object_or_404(rows.select_related(*of), pk=pk)
    context = {
        "study": study,
        "candidate": candidate,
        "exclusion": getattr(candidate, "exclusion", None),
        "reasons": Exclusion.Reason.to_give(),
        "replaced": candidate.replaced_exclusions.select_related("excluded_by", "replaced_by"),
        "readmissions": candidate.readmissions.select_related("excluded_by", "let_in_by"),
        "covered": covered_of([pk]),
        "test_sets": TestSet.objects.filter(study=study, images__candidate=candidate).order_by("name", "revision"),
    }
    return render(request, "frontend/candidates/detail.html", context)


@require_POST
def candidate_exclude(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take one out of all that follows."""
    study = visible_study(request, slug)
    row = study.candidates.filter(pk=pk)
    get_object_or_404(row)
    here = redirect("frontend:candidate-detail", slug, pk)
    if (reason := request.POST.get("reason", "")) not in dict(Exclusion.Reason.to_give()):
        messages.error(request, "Say why the image is excluded.")
        return here
    candidates.exclude(candidates=row, reason=Exclusion.Reason(reason), now=timezone.now(), by=request.user)
    said = Exclusion.objects.select_related("excluded_by").get(candidate=pk)
    if said.reason == reason and said.excluded_by == request.user:
        messages.success(
            request, f"Candidate {pk} is excluded from all that follows. Frozen test sets stay as they are."
        )
    else:
        who = f"{said.excluded_by.get_username()} said" if said.excluded_by else "an import found"
        messages.warning(
            request, f"Candidate {pk} was excluded before: {who} that it {said.get_reason_display()}. That stays."
        )
    return here


@require_POST
def candidate_let_in(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Let one take part again."""
    study = visible_study(request, slug)
    candidate = get_object_or_404(study.candidates.all(), pk=pk)
    with refusals_told(request):
        duplicates.let_in(candidate=candidate, by=request.user, now=timezone.now())
        is_in = not Exclusion.objects.filter(candidate=candidate).exists()
        again = "takes part again" if is_in else "stays out: it is excluded as a duplicate, too"
        messages.success(request, f"Candidate {pk} {again}.")
    return redirect("frontend:candidate-detail", slug, pk)


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
    path("studies/<slug:slug>/candidates/<int:pk>/", candidate_detail, name="candidate-detail"),
    path("studies/<slug:slug>/candidates/<int:pk>/image/", candidate_image, name="candidate-image"),
    path("studies/<slug:slug>/candidates/<int:pk>/settle/", candidate_settle, name="candidate-settle"),
    path("studies/<slug:slug>/candidates/<int:pk>/exclude/", candidate_exclude, name="candidate-exclude"),
    path("studies/<slug:slug>/candidates/<int:pk>/let-in/", candidate_let_in, name="candidate-let-in"),
]
