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

    num_shared: int
    original: Numbers
    """Correct and all images."""
    new: Numbers
    change: Change


def pair(gathered: Gathered, place: int) -> Paired:
    """Where it is unknown who had which image right, the two sets are taken for independent: that is wider."""
    old, young = gathered.original, gathered.sets[place]
    before, after = gathered.counted.pairs(0), gathered.counted.pairs(place)
    here, there = _shared(old, young)
    if not len(here) or old.correct is None or young.correct is None:
        return Paired(len(here), before, after, change_from_original(before, after))
    is_of_its_own = np.ones(len(young.listing), dtype=np.bool_)
    is_of_its_own[there] = False
    both, new_only = _counted(old.correct[:, here]), _counted(young.correct[:, is_of_its_own])
    change = change_with_shared_images(both, before - both, new_only)
    return Paired(len(here), before, after, change)


def _counted(correct: Bools) -> Numbers:
    return np.stack([correct.sum(axis=1), np.full(len(correct), correct.shape[1])], axis=1)


def _shared(old: OfSet, young: OfSet) -> tuple[Numbers, Numbers]:
    """Places of the images that both sets hold for the same class, each once."""
    here, there = listings.shared(old.test_set, young.test_set)
    is_same = old.listing.truth[here] == young.listing.truth[there]
    here, there = here[is_same], there[is_same]
    first = np.unique(there, return_index=True)[1]
    return here[first], there[first]
