"""How many images each classifier got right on each set, from its finished runs on images as they are.

And whether a report still says what would be counted now.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from annotation.models import TestSet
from evaluation.errors import NotFinished
from evaluation.models import Classifier, Report, Run, Score
from evaluation.reports.conditions import CLEAN
from evaluation.reports.content import Content, LeftOut
from evaluation.reports.selection import Selected, Selection, ordinary

Row = tuple[int, int | None, int]
Numbers = NDArray[np.int64]
Counting = tuple[str, str, str]
"""Hash of the set, name of the classifier, condition."""


@dataclass(frozen=True)
class Counted:
    """What is compared: the sets, and classifiers scored on all of them, the best on the original first."""

    selected: Selected
    classifiers: tuple[Classifier, ...]
    num_correct: Numbers
    """Shape (classifiers, sets)."""
    num_correct_top5: tuple[tuple[int | None, ...], ...]
    """The same; None where fewer than five classes were named."""
    num_images: Numbers
    """The same."""
    left_out: list[LeftOut]

    def pairs(self, place: int) -> Numbers:
        """Correct and all images on a set, one row per classifier."""
        return np.stack([self.num_correct[:, place], self.num_images[:, place]], axis=1)

    def pairs_top5(self, place: int) -> Numbers | None:
        """The same, the right class being among five; None where some classifier names fewer."""
        known = [each for each in (row[place] for row in self.num_correct_top5) if each is not None]
        if len(known) < len(self.classifiers):
            return None
        return np.stack([np.array(known, dtype=np.int64), self.num_images[:, place]], axis=1)

    @property
    def test_sets(self) -> tuple[TestSet, ...]:
        return self.selected.test_sets

    @property
    def names(self) -> tuple[str, ...]:
        return self.selected.names

    @cached_property
    def families(self) -> list[str] | None:
        """What counts once in a line, where that was asked for; a classifier without a family is its own."""
        if not self.selected.selection.families_once:
            return None
        return [f"family {each.family}" if each.family else f"alone {each.name}" for each in self.classifiers]


def count(selected: Selected) -> Counted:
    """Read the scores; a report needs a classifier that has one on every set."""
    rows = _rows(selected)
    if not any(rows[each.pk] for each in selected.new):
        raise NotFinished("No run on a new test set has finished yet; request runs and wait for them.")
    complete = set.intersection(*(set(of_set) for of_set in rows.values()))
    if not complete:
        raise NotFinished("No classifier has been scored on all of these test sets yet; request the missing runs.")
    best_first = sorted(
        (each for each in selected.classifiers if each.pk in complete),
        key=lambda each: (-rows[selected.original.pk][each.pk][0], each.name),
    )
    table = [[rows[test_set.pk][each.pk] for test_set in selected.test_sets] for each in best_first]
    return Counted(
        selected=selected,
        classifiers=tuple(best_first),
        num_correct=np.array([[row[0] for row in of_one] for of_one in table], dtype=np.int64),
        num_correct_top5=tuple(tuple(row[1] for row in of_one) for of_one in table),
        num_images=np.array([[row[2] for row in of_one] for of_one in table], dtype=np.int64),
        left_out=_left_out(selected, rows),
    )


def _rows(selected: Selected) -> dict[int, dict[int, Row]]:
    """By set and classifier."""
    scores = Score.objects.clean_on(selected.test_sets).filter(run__classifier__in=selected.classifiers)
    rows: dict[int, dict[int, Row]] = {each.pk: {} for each in selected.test_sets}
    fields = ("run__test_set_id", "run__classifier_id", "num_correct", "num_correct_top5", "num_images")
    for set_pk, classifier_pk, *counts in scores.values_list(*fields):
        found: Any = tuple(counts)
        rows[set_pk][classifier_pk] = found
    return rows


def _left_out(selected: Selected, rows: dict[int, dict[int, Row]]) -> list[LeftOut]:
    """Classifiers that have no score on some of the sets, and on which."""
    found: list[LeftOut] = []
    for each in selected.classifiers:
        missing = _lacking(selected, rows, each)
        if missing:
            found.append({"name": each.name, "test_sets": missing})
    return found


def _lacking(selected: Selected, rows: dict[int, dict[int, Row]], classifier: Classifier) -> list[str]:
    sets: Sequence[tuple[TestSet, str]] = list(zip(selected.test_sets, selected.names, strict=True))
    return [name for test_set, name in sets if classifier.pk not in rows[test_set.pk]]


@dataclass(frozen=True)
class Overtaken:
    """What became of scores since a report counted them: it counts some that do not stand, or lacks some that do."""

    counts_withdrawn: bool
    lacks_finished: bool


def overtaken(report: Report) -> Overtaken:
    """By what it counts: a score may be committed long after the time that it bears."""
    content: Content = report.content
    counted, known = _counted_in(content), _left_out_in(content)
    names = {each["name"] for each in content["classifiers"]}
    sha256s = {each["content_sha256"] for each in content["test_sets"]}
    standing: dict[Counting, int] = {}
    lacks_finished = False
    for *key, num_correct, computed_at in _standing(report, sha256s):
        sha256, name, condition = key
        if condition != CLEAN and (name not in names or sha256 not in sha256s):
            continue  # no report shows it without the score of the same images as they are
        counting: Counting = (sha256, name, condition)
        standing[counting] = num_correct
        lacks_finished |= computed_at > report.built_at or (counting not in counted and counting not in known)
    counts_withdrawn = any(standing.get(each) != num_correct for each, num_correct in counted.items())
    return Overtaken(counts_withdrawn, lacks_finished)


def _standing(report: Report, sha256s: set[str]) -> Iterable[tuple[Any, ...]]:
    """Finished runs that it is about: on its sets, and on those that would be compared now where it names none."""
    selection = Selection.from_json(report.selection)
    sets = Q(run__test_set__content_sha256__in=sha256s)
    if not selection.test_sets:
        sets |= Q(run__test_set__in=ordinary(report.study))
    rows = Score.objects.filter(sets, run__test_set__study=report.study_id, run__state=Run.State.FINISHED)
    if selection.classifiers:
        rows = rows.filter(run__classifier__name__in=selection.classifiers)
    fields = ("test_set__content_sha256", "classifier__name", "condition")
    return rows.values_list(*(f"run__{each}" for each in fields), "num_correct", "computed_at")


def _counted_in(content: Content) -> dict[Counting, int]:
    """What each number of correct images in it is of."""
    sha256 = {each["name"]: each["content_sha256"] for each in content["test_sets"]}
    clean = {
        (sha256[each["test_set"]], row["name"], CLEAN): each["num_correct"]
        for row in content["classifiers"]
        for each in row["results"]
    }
    return clean | {
        (sha256[section["test_set"]], each["classifier"], section["condition"]): each["num_correct"]
        for section in content["conditions"]
        for each in section["results"]
    }


def _left_out_in(content: Content) -> set[Counting]:
    """Scores that it knew of and does not count, as their classifiers lacked others."""
    return {
        (test_set["content_sha256"], each["name"], CLEAN)
        for each in content["left_out"]
        for test_set in content["test_sets"]
        if test_set["name"] not in each["test_sets"]
    }
