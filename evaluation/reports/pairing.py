"""The change of each classifier from the original to a new set; images that are in both are no independent evidence."""

from dataclasses import dataclass

import numpy as np

from evaluation import listings
from evaluation.reports.counting import Numbers
from evaluation.reports.gathering import Bools, Gathered, OfSet
from evaluation.stats.comparing.paired import change_with_shared_images
from evaluation.stats.gaps import Change, change_from_original


@dataclass(frozen=True)
class Paired:
    """A new set beside the original; arrays of one entry, or one row, per classifier."""

    shared: tuple[Numbers, Numbers]
    """Places of the images that both sets hold for the same class, in the original and in the new one."""
    original: Numbers
    """Correct and all images."""
    new: Numbers
    change: Change
    change_top5: Change | None
    """The right class being among five; None where some classifier names fewer."""

    @property
    def num_shared(self) -> int:
        return len(self.shared[0])


def pair(gathered: Gathered, place: int) -> Paired:
    """The set at this place of the report."""
    old, young, counted = gathered.original, gathered.sets[place], gathered.counted
    shared = _shared(old, young)
    counts = counted.pairs(0), counted.pairs(place)
    before, after = counted.pairs_top5(0), counted.pairs_top5(place)
    return Paired(
        shared,
        *counts,
        _change(counts, (old.correct, young.correct), shared),
        None
        if before is None or after is None
        else _change((before, after), (old.correct_top5, young.correct_top5), shared),
    )


def _change(
    counts: tuple[Numbers, Numbers], correct: tuple[Bools | None, Bools | None], shared: tuple[Numbers, Numbers]
) -> Change:
    """Where it is unknown who had which image right, the two sets are taken for independent: that is wider."""
    (before, after), (old, young), (here, there) = counts, correct, shared
    if not len(here) or old is None or young is None:
        return change_from_original(before, after)
    is_of_its_own = np.ones(young.shape[1], dtype=np.bool_)
    is_of_its_own[there] = False
    both, new_only = _counted(old[:, here]), _counted(young[:, is_of_its_own])
    return change_with_shared_images(both, before - both, new_only)


def _counted(correct: Bools) -> Numbers:
    return np.stack([correct.sum(axis=1), np.full(len(correct), correct.shape[1])], axis=1)


def _shared(old: OfSet, young: OfSet) -> tuple[Numbers, Numbers]:
    """Places of the images that both sets hold for the same class, each once."""
    here, there = listings.shared(old.test_set, young.test_set)
    is_same = old.listing.truth[here] == young.listing.truth[there]
    here, there = here[is_same], there[is_same]
    first = np.unique(there, return_index=True)[1]
    return here[first], there[first]
