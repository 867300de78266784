"""How many images each classifier got right on each set, from its finished runs on images as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.models import TestSet
from evaluation.errors import NotFinished
from evaluation.models import Classifier, Score
from evaluation.reports.content import LeftOut
from evaluation.reports.selection import Selected

Row = tuple[int, int | None, int]
Numbers = NDArray[np.int64]


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
