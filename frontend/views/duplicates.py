"""Near-duplicates: search for them, look at pair after pair, and see which image of each group stays."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from annotation import duplicates, imaging, tasks
from annotation.models import (
    Candidate,
    DuplicateDecision,
    DuplicatePair,
    DuplicateSearch,
    Origin,
    ReferenceImage,
    Study,
)
from frontend.forms import DuplicateSearchForm
from frontend.look_alikes import Shown, groups_of, shown
from frontend.views.researcher import covered_of, page_of, refusals_told, visible_study

GROUPS_PER_PAGE = 12
NUM_DECISIONS = 12
DECISIONS_PER_PAGE = 100
NUM_CONTRADICTIONS = 12
MAX_ID = 2**63 - 1
ANSWERS = {"duplicate": True, "not": False}
IMAGE_SECONDS = 86_400


# --- the page -----------------------------------------------------------------------------------------


@require_safe
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    study = visible_study(request, slug)
    search = DuplicateSearch.objects.filter(study=study).first()
    pairs = study.duplicate_pairs.concerning()
    undecided = pairs.undecided().ranked()
    likest = list(undecided.values_list("pk", flat=True)[:2])  # so that only two are joined with what they show
    waiting = list(_with_sides(study.duplicate_pairs.filter(pk__in=likest).ranked()))
    asked = _asked_pair(request, study)
    pair = asked or (waiting[0] if waiting else None)
    following = next((each for each in waiting if each != pair), None)
    components = duplicates.components_of(study)
    contradictions = duplicates.contradictions(study, components)
    page = page_of(request, components, GROUPS_PER_PAGE)
    groups, sources = groups_of(page.object_list), _sources(study)
    current = _shown(pair) if pair is not None else None
    context = {
        "study": study,
        "search": search,
        "form": DuplicateSearchForm(initial={"max_distance": search.max_distance} if search else None),
        "num_since": duplicates.num_since(study) if search and search.searched_at else 0,
        "has_pool": Candidate.objects.with_picture().filter(study=study, origin=Origin.POOL).exists(),
        "num_references": sum(each["num"] for each in sources),
        "sources": sources,
        "many": duplicates.MANY,
        "num_pairs": (num_pairs := pairs.count()),
        "num_looked_at": num_pairs - undecided.count(),
        "current": current,
        "is_asked": asked is not None,
        "next_addresses": _addresses(study, following),
        "last": _last_decision(request, study),
        "decisions": _decisions(study)[:NUM_DECISIONS],
        "num_decisions": DuplicateDecision.objects.filter(pair__study=study).count(),
        "contradictions": contradictions[:NUM_CONTRADICTIONS],
        "num_contradictions": len(contradictions),
        "page": page,
        "groups": groups,
        "covered": covered_of(_candidate_ids(current, groups)),
    }
    return render(request, "frontend/duplicates/detail.html", context)


def _with_sides(pairs: Any) -> Any:
    return pairs.select_related(
        "first__target_class", "first__exclusion", "second__target_class", "second__exclusion", "reference"
    )


def _asked_pair(request: HttpRequest, study: Study) -> DuplicatePair | None:
    """The pair that ?pair= names, such as one whose decision was undone."""
    asked = request.GET.get("pair", "")
    if not asked:
        return None
    if not (asked.isascii() and asked.isdigit() and len(asked) < len(str(MAX_ID))):
        raise Http404("There is no such pair.")
    row: DuplicatePair = get_object_or_404(_with_sides(study.duplicate_pairs), pk=int(asked))
    return row


def _shown(pair: DuplicatePair) -> Shown:
    return shown(pair, pair.decisions.active().select_related("decided_by").first())


def _sources(study: Study) -> list[dict[str, Any]]:
    """Folders and tables of reference images, with how many came from each and how many pairs have one of them."""
    rows = ReferenceImage.objects.filter(study=study).order_by("source").values("source")
    pairs = study.duplicate_pairs.filter(reference__isnull=False).order_by().values_list("reference__source")
    num_pairs = dict(pairs.annotate(num=Count("pk")))
    return [
        {**each, "name": each["source"].rsplit("/", 1)[-1], "num_pairs": num_pairs.get(each["source"], 0)}
        for each in rows.annotate(num=Count("pk"))
    ]


def _addresses(study: Study, pair: DuplicatePair | None) -> list[str]:
    """Of the pictures that come next, so that they are there at once."""
    if pair is None:
        return []
    ids = [row.pk for row in (pair.first, pair.second) if row is not None and row.image_id is not None]
    found = [reverse("frontend:candidate-image", args=[study.slug, pk]) for pk in ids]
    if pair.reference is not None and pair.reference.grey is not None:
        found.append(reverse("frontend:reference-image", args=[study.slug, pair.reference.pk]))
    return found


def _last_decision(request: HttpRequest, study: Study) -> DuplicateDecision | None:
    """What this person said last, which they can undo."""
    mine = DuplicateDecision.objects.active().filter(pair__study=study, decided_by=request.user.pk)
    return mine.order_by("-pk").first()


def _decisions(study: Study) -> Any:
    rows = DuplicateDecision.objects.filter(pair__study=study).order_by("-pk")
    return rows.select_related("pair__reference", "decided_by", "undone_by")


def _candidate_ids(current: Shown | None, groups: list[Any]) -> list[int]:
    sides = [*(current.sides if current else ()), *(member.side for group in groups for member in group.members)]
    return [side.candidate_id for side in sides if side.candidate_id is not None]


@require_safe
def decision_list(request: HttpRequest, slug: str) -> HttpResponse:
    """All that was ever decided, so that an old word can be found and taken back."""
    study = visible_study(request, slug)
    context = {"study": study, "page": page_of(request, _decisions(study), DECISIONS_PER_PAGE)}
    return render(request, "frontend/duplicates/decisions.html", context)


@require_safe
def reference_image(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The small grey picture that is kept of a reference image."""
    row = get_object_or_404(ReferenceImage.objects.visible_to(request.user).filter(study__slug=slug), pk=pk)
    if row.grey is None:
        raise Http404("Of this reference image only the hash is known.")
    headers = {"Cache-Control": f"private, max-age={IMAGE_SECONDS}", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(imaging.grey_picture(bytes(row.grey)), content_type="image/png", headers=headers)


# --- what can be done ---------------------------------------------------------------------------------


@require_POST
def search_request(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask the queue for a search."""
    study = visible_study(request, slug)
    form = DuplicateSearchForm(request.POST)
    if not form.is_valid():
        messages.error(request, "; ".join(str(each) for errors in form.errors.values() for each in errors))
        return redirect("frontend:duplicates", slug)
    with refusals_told(request):
        duplicates.request(study=study, max_distance=form.cleaned_data["max_distance"], now=timezone.now())
        tasks.enqueue_duplicate_search(study.pk)
    return redirect("frontend:duplicates", slug)


@require_POST
def decide(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    study = visible_study(request, slug)
    pair = get_object_or_404(study.duplicate_pairs, pk=pk)
    answer = request.POST.get("answer", "")
    if answer not in ANSWERS:
        messages.error(request, "Say whether the two are duplicates or not.")
        return redirect(_address_of(study, pair))
    with refusals_told(request):
        duplicates.decide(pair=pair, is_duplicate=ANSWERS[answer], by=request.user, now=timezone.now())
    return redirect("frontend:duplicates", slug)


@require_POST
def undo(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take a decision back, and show its pair again."""
    study = visible_study(request, slug)
    decision = get_object_or_404(DuplicateDecision.objects.filter(pair__study=study).select_related("pair"), pk=pk)
    with refusals_told(request):
        duplicates.undo(decision=decision, by=request.user, now=timezone.now())
    return redirect(_address_of(study, decision.pair))


def _address_of(study: Study, pair: DuplicatePair) -> str:
    return f"{reverse('frontend:duplicates', args=[study.slug])}?pair={pair.pk}"


@require_POST
def keep(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Keep this image of its duplicates."""
    study = visible_study(request, slug)
    candidate = get_object_or_404(study.candidates.all(), pk=pk)
    with refusals_told(request):
        duplicates.keep_instead(candidate=candidate, by=request.user, now=timezone.now())
        messages.success(request, f"Candidate {pk} stays; its duplicates are excluded.")
    return redirect(reverse("frontend:duplicates", args=[slug]) + "#groups-title")


def _num(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


@require_POST
def remove_references(request: HttpRequest, slug: str) -> HttpResponse:
    """Forget the reference images of a folder or table."""
    study = visible_study(request, slug)
    source = request.POST.get("source", "")
    if "\0" in source:
        raise BadRequest("No source is called so: no text holds a zero byte.")
    rows = ReferenceImage.objects.filter(source=source)
    with refusals_told(request):
        found = duplicates.remove_references(study=study, references=rows, by=request.user, now=timezone.now())
        went = f"Removed: {_num(found.num_references, 'reference image')} and {_num(found.num_pairs, 'pair')} with them"
        messages.success(request, f"{went}, of which {_num(found.num_decisions, 'was', 'were')} decided.")
    return redirect("frontend:duplicates", slug)


urlpatterns = [
    path("studies/<slug:slug>/duplicates/", overview, name="duplicates"),
    path("studies/<slug:slug>/duplicates/search/", search_request, name="duplicates-search"),
    path("studies/<slug:slug>/duplicates/pairs/<int:pk>/decision/", decide, name="duplicate-pair-decide"),
    path("studies/<slug:slug>/duplicates/decisions/", decision_list, name="duplicate-decision-list"),
    path("studies/<slug:slug>/duplicates/decisions/<int:pk>/undo/", undo, name="duplicate-decision-undo"),
    path("studies/<slug:slug>/duplicates/candidates/<int:pk>/keep/", keep, name="duplicate-candidate-keep"),
    path("studies/<slug:slug>/duplicates/references/removal/", remove_references, name="references-remove"),
    path("studies/<slug:slug>/duplicates/references/<int:pk>/image/", reference_image, name="reference-image"),
]
