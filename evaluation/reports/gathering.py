"""All that the sections of a report are made of, read once: images and their counts, and who had which right."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from annotation.models import Strategy, TestSet
from evaluation import listings, outcomes
from evaluation.listings import Listing
from evaluation.reports.counting import Counted, Numbers
from evaluation.reports.selection import Selected

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class OfSet:
    """A test set's images in order, with the counts they have in it."""

    test_set: TestSet
    name: str
    listing: Listing
    num_selected: Numbers
    num_seen: Numbers
    correct: Bools | None
    """Shape (classifiers, images); None where it is unknown who had which right."""
    correct_top5: Bools | None
    """The same, the right class being among five; None also where some classifier names fewer."""

    @property
    def is_original(self) -> bool:
        return self.test_set.strategy == Strategy.ORIGINAL

    @cached_property
    def is_judged(self) -> Bools:
        """Images that somebody has judged."""
        return np.asarray(self.num_seen > 0)


@dataclass(frozen=True)
class Gathered:
    """The sets in the order of the report, and what was counted on them."""

    counted: Counted
    sets: tuple[OfSet, ...]

    @property
    def selected(self) -> Selected:
        return self.counted.selected

    @property
    def original(self) -> OfSet:
        return self.sets[0]

    @property
    def new(self) -> tuple[OfSet, ...]:
        return self.sets[1:]

    @cached_property
    def class_names(self) -> dict[int, tuple[str, str]]:
        """Id and name of each target class by its number."""
        rows = self.selected.study.target_classes.values_list("number", "class_id", "name")
        return {number: (class_id, name) for number, class_id, name in rows}


def of_set(counted: Counted, place: int) -> OfSet:
    """Read one set."""
    test_set = counted.test_sets[place]
    rows = test_set.images.order_by("number").values_list("num_selected", "num_seen")
    num_selected, num_seen = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    known = outcomes.of(test_set=test_set, classifiers=counted.classifiers)
    return OfSet(
        test_set=test_set,
        name=counted.names[place],
        listing=listings.of(test_set),
        num_selected=num_selected,
        num_seen=num_seen,
        correct=None if known is None else known.correct,
        correct_top5=None if known is None else known.correct_top5,
    )
