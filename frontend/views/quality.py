"""Workers and judgements: what rules and models say of them, what was decided, and by which rules."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from annotation import quality, tasks
from annotation.models import Candidate, Effect, Grid, QualityReview, Study, TargetClass, Worker, WorkerDecision
from frontend import limits
from frontend.forms import DecisionForm, ReversalForm, RuleForm
from frontend.limits import limited
from frontend.views.researcher import covered_of, page_of, refusals_told, visible_study
from frontend.worker_table import WorkerRow, checked_sort, headings, in_order, in_words, rows_of

PAGE_SIZE = 100
NUM_CLASSES = 8
CLASSES_PER_PAGE = 100
DONE = {
    Effect.EXCLUDE: "is excluded from the frequencies, which are being counted anew",
    Effect.STOP: "gets no more grids of this study; what they hold they may hand in",
}
UNDONE = {
    Effect.EXCLUDE: "counts again; the frequencies are being counted anew",
    Effect.STOP: "gets grids of this study again",
}


# --- the page -----------------------------------------------------------------------------------------


@require_safe
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    study = visible_study(request, slug)
    return render(request, "frontend/quality/detail.html", _context(request, study))


def _context(request: HttpRequest, study: Study, forms: list[RuleForm] | None = None) -> dict[str, Any]:
    review = QualityReview.objects.filter(study=study).first()
    content = review.content if review else None
    context = {
        "study": study,
        "review": review,
        "num_since": quality.num_since(study),
        "rule_forms": forms or [RuleForm(setting=setting) for setting in quality.settings_of(study)],
        "decisions": [_shown(decision) for decision in _decisions(study)],
    }
    if content is None:
        return context
    rows, sort = rows_of(study, content), checked_sort(request.GET.get("sort", ""))
    classes = sorted(content["classes"], key=_lowest_first)
    return context | {
        "content": content,
        "sort": sort,
        "headings": headings(sort),
        "page": page_of(request, in_order(rows, sort), PAGE_SIZE),
        "num_found": sum(bool(row.flags) for row in rows),
        "num_excluded": sum(row.is_excluded for row in rows),
        "num_stopped": sum(row.is_stopped for row in rows),
        "num_classes": len(classes),
        "classes": _named(classes[:NUM_CLASSES]),
        "hits": _with_grids(content["hits"]),
        "doubts": _with_pictures(content["candidates"]),
        "covered": covered_of(row["candidate_id"] for row in content["candidates"]),
    }


def _lowest_first(row: dict[str, Any]) -> tuple[bool, float]:
    return row["alpha"] is None, row["alpha"] or 0.0


def _named(classes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = TargetClass.objects.in_bulk([row["target_class_id"] for row in classes])
    return [row | {"target_class": found.get(row["target_class_id"])} for row in classes]


def _with_grids(hits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    grids = Grid.objects.select_related("target_class").only("number", "target_class__name")
    found = grids.in_bulk([row["grid_id"] for row in hits])
    return [row | {"grid": found.get(row["grid_id"])} for row in hits]


def _with_pictures(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Whether the picture of each candidate is here; without those that are gone since."""
    found = dict(Candidate.objects.filter(pk__in=[row["candidate_id"] for row in rows]).values_list("pk", "image_id"))
    return [row | {"is_here": found[row["candidate_id"]] is not None} for row in rows if row["candidate_id"] in found]


def _decisions(study: Study) -> Any:
    """Those that hold come first, then the newest."""
    rows = study.worker_decisions.select_related("decided_by", "reversed_by")
    return rows.order_by("-reversed_at", "-id")[:PAGE_SIZE]


def _shown(decision: WorkerDecision) -> dict[str, Any]:
    """A decision with its evidence in words."""
    words = ""
    if decision.rule in quality.RULES and decision.rule_version == quality.RULES[decision.rule].version:
        evidence = {"rule": decision.rule, "evidence": decision.evidence, "threshold": decision.threshold}
        words = in_words(decision.study_id, evidence)
    label = quality.RULES[decision.rule].label if decision.rule in quality.RULES else decision.rule
    return {"decision": decision, "rule": label, "words": words}


@require_safe
def classes(request: HttpRequest, slug: str) -> HttpResponse:
    """How far the judgements of each class agree, lowest first."""
    study = visible_study(request, slug)
    content = _content(study)
    rows = sorted(content["classes"], key=_lowest_first) if content else []
    page = page_of(request, rows, CLASSES_PER_PAGE)
    context = {"study": study, "page": page, "classes": _named(list(page.object_list))}
    return render(request, "frontend/quality/classes.html", context)


@require_safe
def worker(request: HttpRequest, slug: str, pseudonym: str) -> HttpResponse:
    """One worker: what was found, what was decided, and two things that can be decided."""
    study = visible_study(request, slug)
    person = _worker(study, pseudonym)
    decisions = study.worker_decisions.filter(worker=person).select_related("decided_by", "reversed_by")
    context = {
        "study": study,
        "pseudonym": pseudonym,
        "row": _row(study, person),
        "held": set(decisions.active().values_list("effect", flat=True)),
        "decisions": [_shown(decision) for decision in decisions.order_by("-id")],
        "enrolment": study.enrolments.filter(worker=person).select_related("invitation").first(),
    }
    return render(request, "frontend/quality/worker.html", context)


def _worker(study: Study, pseudonym: str) -> Worker:
    found = quality.worker_called(study, pseudonym)
    if found is None:
        raise Http404("The study has no such worker.")
    return found


def _content(study: Study) -> dict[str, Any] | None:
    """What the last review has found."""
    content: dict[str, Any] | None = QualityReview.objects.filter(study=study).values_list("content", flat=True).first()
    return content


def _row(study: Study, person: Worker) -> WorkerRow | None:
    content = _content(study)
    rows = rows_of(study, content) if content else []
    return next((row for row in rows if row.figures["worker_id"] == person.pk), None)


# --- what can be done ---------------------------------------------------------------------------------


@require_POST
def review_request(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask the queue for a review."""
    study = visible_study(request, slug)
    _ask_for_review(study)
    messages.info(request, "The judgements are being looked at; this takes a few seconds.")
    return redirect("frontend:quality", slug)


def _ask_for_review(study: Study) -> None:
    quality.request(study=study, now=timezone.now())
    tasks.enqueue_review(study.pk)


@require_POST
def decide(request: HttpRequest, slug: str, pseudonym: str) -> HttpResponse:
    study = visible_study(request, slug)
    person = _worker(study, pseudonym)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say what is to happen, and give a reason: others will read it after you.")
        return redirect("frontend:quality-worker", slug, pseudonym)
    effect = Effect(form.cleaned_data["effect"])
    with refusals_told(request):
        reason = form.cleaned_data["reason"]
        decision = quality.decide(
            study=study, worker=person, effect=effect, reason=reason, by=request.user, now=timezone.now()
        )
        tasks.enqueue_recounts(decision)
        messages.success(request, f"Worker {pseudonym} {DONE[effect]}.")
    return redirect("frontend:quality-worker", slug, pseudonym)


@require_POST
def reverse(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    study = visible_study(request, slug)
    decision = get_object_or_404(study.worker_decisions, pk=pk)
    form = ReversalForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Give a reason for the reversal: others will read it after you.")
        return redirect("frontend:quality-worker", slug, decision.pseudonym)
    with refusals_told(request):
        reason = form.cleaned_data["reason"]
        quality.reverse(decision=decision, reason=reason, by=request.user, now=timezone.now())
        tasks.enqueue_recounts(decision)
        messages.success(request, f"Worker {decision.pseudonym} {UNDONE[Effect(decision.effect)]}.")
    return redirect("frontend:quality-worker", slug, decision.pseudonym)


@require_POST
@limited("replays", per_minute=6, by=limits.signed_in)
def replay(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Compute a rule's decision again, from what was in at the time, and say what comes out."""
    study = visible_study(request, slug)
    decision = get_object_or_404(study.worker_decisions, pk=pk)
    with refusals_told(request):
        found = quality.replay(decision)
        if found.is_same:
            messages.success(request, "Computed again: the rule finds the same, number by number.")
        else:
            verdict = "finds the worker, on other numbers" if found.is_found else "does not find the worker any more"
            numbers = "; ".join(
                f"{name.replace('_', ' ')} was {then}, is {again}"
                for name, (then, again) in found.differences.items()
                if name != "partner_id"
            )
            messages.warning(request, f"Computed again: the rule {verdict}. {numbers}")
    return redirect("frontend:quality-worker", slug, decision.pseudonym)


@require_POST
def rules(request: HttpRequest, slug: str) -> HttpResponse:
    """Set all rules of the study, and look at the workers with them."""
    study = visible_study(request, slug)
    forms = [RuleForm(request.POST, setting=setting) for setting in quality.settings_of(study)]
    if not all(form.is_valid() for form in forms):
        return render(request, "frontend/quality/detail.html", _context(request, study, forms), status=400)
    with transaction.atomic():
        for form in forms:
            chosen = form.cleaned_data | {"effect": Effect(form.cleaned_data["effect"])}
            quality.set_rule(study=study, rule=form.rule.name, **chosen)
    _ask_for_review(study)
    messages.success(request, "Saved. The workers are being looked at with these rules.")
    return redirect("frontend:quality", slug)


urlpatterns = [
    path("studies/<slug:slug>/quality/", overview, name="quality"),
    path("studies/<slug:slug>/quality/review/", review_request, name="quality-review"),
    path("studies/<slug:slug>/quality/rules/", rules, name="quality-rules"),
    path("studies/<slug:slug>/quality/classes/", classes, name="quality-classes"),
    path("studies/<slug:slug>/quality/workers/<slug:pseudonym>/", worker, name="quality-worker"),
    path("studies/<slug:slug>/quality/workers/<slug:pseudonym>/decision/", decide, name="quality-decide"),
    path("studies/<slug:slug>/quality/decisions/<int:pk>/reversal/", reverse, name="quality-decision-reverse"),
    path("studies/<slug:slug>/quality/decisions/<int:pk>/replay/", replay, name="quality-decision-replay"),
]
