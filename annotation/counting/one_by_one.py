"""The judgements behind the counts: who saw a candidate first, and whether they selected it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.counting.counts import firsts, judgements
from annotation.counting.handed_in import HandedIn


@dataclass(frozen=True)
class Judgements:
    """One entry per judgement, by candidate, then worker; arrays of shape (n,)."""

    candidate: NDArray[np.int64]
    worker: NDArray[np.int64]
    is_selected: NDArray[np.bool_]

    @classmethod
    def joined(cls, parts: Sequence["Judgements"]) -> "Judgements":
        """Those of several groups of candidates, one group after another."""
        nothing = np.empty(0, dtype=np.int64)
        none = cls(nothing, nothing, nothing.astype(np.bool_))
        every = [none, *parts]
        return cls(
            np.concatenate([part.candidate for part in every]),
            np.concatenate([part.worker for part in every]),
            np.concatenate([part.is_selected for part in every]),
        )


def of_candidates(blocks: Sequence[HandedIn], candidates: NDArray[np.int64]) -> Judgements:
    """What `count` adds up for these candidates, whose ids ascend."""
    given = [np.empty((5, 0), dtype=np.int64)]
    for block in blocks:
        wanted = block.bits(block.measured).astype(np.bool_) & np.isin(block.candidate, candidates)
        given.append(judgements(block, wanted, np.searchsorted(candidates, block.candidate)))
    place, worker, is_selected = firsts(np.concatenate(given, axis=1))
    return Judgements(candidates[place], worker, is_selected)
