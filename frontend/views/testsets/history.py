"""The revisions of a test set, and what changed from one to another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from annotation.models import Candidate, TestSet
from annotation.testsets import history
from evaluation.models import AccuracyLook, Run, Score
from frontend.views.researcher import covered_of, note_look, visible_study

NUM_SHOWN = 120


@dataclass(frozen=True)
class Accuracies:
    """A classifier that was scored on both revisions; fractions in [0, 1]."""

    name: str
    before: float
    after: float

    @property
    def change(self) -> float:
        return self.after - self.before


@require_safe
def test_set_history(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    study = visible_study(request, slug)
    rows = list(
        study.test_sets.filter(name=name)
        .select_related("study", "parent", "frozen_by")
        .annotate(num_images=Count("images"))
        .order_by("-revision")
    )
    if not rows:
        raise Http404("There is no such test set.")
    changes = history.changes(rows)
    revisions = [(row, changes.get(row.pk), _frozen_before(row, rows)) for row in rows]
    return render(request, "frontend/testsets/history.html", {"study": study, "name": name, "revisions": revisions})


def _frozen_before(row: TestSet, rows: Sequence[TestSet]) -> TestSet | None:
    """The one before it that was published, where drafts lie between: what a reader of the set asks about."""
    frozen = (each for each in rows if each.is_frozen and each.revision < row.revision)
    found = max(frozen, key=lambda each: each.revision, default=None)
    return None if found is None or found.pk == row.parent_id else found


@require_safe
def test_set_diff(request: HttpRequest, slug: str, name: str, before: int, after: int) -> HttpResponse:
    study = visible_study(request, slug)
    found = {row.revision: row for row in study.test_sets.filter(name=name, revision__in=[before, after])}
    if before not in found or after not in found:
        raise Http404("There is no such revision.")
    diff = history.diff(found[before], found[after])
    moved = [row.candidate_id for row in diff.moved[:NUM_SHOWN]]
    shown = [*moved, *diff.came[:NUM_SHOWN], *diff.left[:NUM_SHOWN]]
    class_of = dict(Candidate.objects.filter(pk__in=shown).values_list("pk", "target_class__name"))
    accuracies = _accuracies(diff.before, diff.after)
    if accuracies:
        note_look(request, study, AccuracyLook.Where.CHANGES)
    context = {
        "study": study,
        "name": name,
        "diff": diff,
        "came": _named(diff.came, class_of),
        "left": _named(diff.left, class_of),
        "moved": diff.moved[:NUM_SHOWN],
        "covered": covered_of(shown),
        "accuracies": accuracies,
    }
    return render(request, "frontend/testsets/diff.html", context)


def _named(candidates: Sequence[int], class_of: dict[int, str]) -> list[tuple[int, str]]:
    """The first of them, each with its class."""
    return [(pk, class_of[pk]) for pk in candidates[:NUM_SHOWN]]


def _accuracies(before: TestSet, after: TestSet) -> list[Accuracies]:
    """Of those scored on both; who reviews a set that is not frozen must not learn what classifiers make of it."""
    if not (before.is_frozen and after.is_frozen):
        return []
    by_name: dict[str, dict[int, float]] = {}
    scores = Score.objects.filter(
        run__test_set__in=[before, after], run__condition="clean", run__state=Run.State.FINISHED
    ).select_related("run__classifier")
    for score in scores.order_by("run__classifier__name"):
        by_name.setdefault(score.run.classifier.name, {})[score.run.test_set_id] = score.accuracy
    return [
        Accuracies(name, of[before.pk], of[after.pk])
        for name, of in by_name.items()
        if before.pk in of and after.pk in of
    ]


_SET = "studies/<slug:slug>/test-sets/<slug:name>/"
urlpatterns: list[Any] = [
    path(f"{_SET}history/", test_set_history, name="test-set-history"),
    path(f"{_SET}r<int:before>/to/r<int:after>/", test_set_diff, name="test-set-diff"),
]
