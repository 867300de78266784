"""The judgements behind the counts: who saw a candidate first, and whether they selected it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from annotation.counting.counts import firsts, judgements
from annotation.counting.handed_in import HandedIn


@dataclass(frozen=True)
class Judgements:
    """One entry per judgement, by candidate, then worker; arrays of shape (n,), `at` in microseconds."""

    candidate: NDArray[np.int64]
    worker: NDArray[np.int64]
    at: NDArray[np.int64]
    is_selected: NDArray[np.bool_]

    @classmethod
    def joined(cls, parts: Sequence["Judgements"]) -> "Judgements":
        """Those of several groups of candidates, one group after another."""
        nothing = np.empty(0, dtype=np.int64)
        every = [cls(nothing, nothing, nothing, nothing.astype(np.bool_)), *parts]
        return cls(*(np.concatenate([getattr(part, each.name) for part in every]) for each in fields(cls)))

    def earliest(self, candidates: NDArray[np.int64], num_wanted: NDArray[np.int64]) -> "Judgements":
        """The first so many of each candidate, whose ids ascend, in the order in which they were handed in."""
        place = np.searchsorted(candidates, self.candidate)
        in_time = np.lexsort((self.worker, self.at, place))
        first_of = np.searchsorted(place[in_time], np.arange(len(candidates)))
        rank = np.empty(len(place), dtype=np.int64)
        rank[in_time] = np.arange(len(place)) - first_of[place[in_time]]
        return self.only(rank < num_wanted[place])

    def only(self, wanted: NDArray[np.bool_]) -> "Judgements":
        """Some of them."""
        return Judgements(*(getattr(self, each.name)[wanted] for each in fields(self)))


def of_candidates(blocks: Sequence[HandedIn], candidates: NDArray[np.int64]) -> Judgements:
    """What `count` adds up for these candidates, whose ids ascend."""
    given = [np.empty((5, 0), dtype=np.int64)]
    for block in blocks:
        wanted = block.bits(block.measured).astype(np.bool_) & np.isin(block.candidate, candidates)
        given.append(judgements(block, wanted, np.searchsorted(candidates, block.candidate)))
    place, worker, at, _, is_selected = firsts(np.concatenate(given, axis=1))
    return Judgements(candidates[place], worker, at, is_selected.astype(np.bool_))
