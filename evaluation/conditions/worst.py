"""Of many answers about the same images, the one that is furthest from right."""

import numpy as np
from numpy.typing import NDArray

from evaluation.conditions.base import Logits


def margins(logits: Logits, truth: NDArray[np.intp]) -> NDArray[np.float32]:
    """By how much the true class leads the best other one, per image; negative where the answer is wrong."""
    rows = np.arange(len(logits))
    others = logits.copy()
    others[rows, truth] = -np.inf
    return logits[rows, truth] - others.max(axis=1)


class Worst:
    """Keeps for each image the logits with the smallest margin, or those that are no numbers, to be refused."""

    def __init__(self, logits: Logits, truth: NDArray[np.intp]) -> None:
        self.truth = truth
        self.logits = logits.copy()
        self.margins = margins(logits, truth)

    def see(self, logits: Logits) -> None:
        found = margins(logits, self.truth)
        is_worse = ~(found >= self.margins)
        self.logits[is_worse] = logits[is_worse]
        self.margins[is_worse] = found[is_worse]
