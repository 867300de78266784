"""Workers who answer without looking: everything, nothing, or the same positions as in their grid before."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import poisson


@dataclass(frozen=True)
class Pattern:
    """Per worker, how many grids follow a pattern, how many chance would make so, and how surprising that is.

    Arrays of shape (num_workers,). `p_value` is the probability of so many or more, were every position answered as
    often as others answer it; small values are suspicious.
    """

    num_grids: NDArray[np.int64]
    expected: NDArray[np.float64]
    p_value: NDArray[np.float64]


@dataclass(frozen=True)
class Straightlining:
    """The three patterns, which exclude each other, and each worker's number of grids, shape (num_workers,)."""

    num_grids: NDArray[np.int64]
    everything: Pattern
    nothing: Pattern
    same_positions: Pattern

    @property
    def share(self) -> NDArray[np.float64]:
        """Share of a worker's grids that follow any of the three, in [0, 1]; nan for a worker without grids."""
        found = self.everything.num_grids + self.nothing.num_grids + self.same_positions.num_grids
        return np.divide(found, self.num_grids, out=np.full(len(found), np.nan), where=self.num_grids > 0)


def straightlining(
    worker: ArrayLike, seen: ArrayLike, selected: ArrayLike, frequency: ArrayLike, *, num_workers: int
) -> Straightlining:
    r"""Grids answered with everything, nothing or the same positions as the worker's grid before, against chance.

    By chance, position i of a grid is selected with its candidate's frequency :math:`f_i`, independently. A grid is
    answered with everything with probability :math:`\prod f_i`, with nothing with :math:`\prod (1-f_i)`, and as the
    grid before with the product of one or the other. A worker's expected number is the sum over their grids, and the
    p-value the upper tail of a Poisson distribution with that mean, which is never too small from one above the mean
    on. A grid like the one before counts only where that was neither everything nor nothing.

    Parameters
    ----------
    worker : array_like of int, shape (num_assignments,)
        Whose each assignment is, numbered from 0; each worker's in the order they were handed in.
    seen, selected : array_like of 0 and 1, shape (num_assignments, size)
        A bit per position; shorter grids are filled up with positions that were not seen.
    frequency : array_like of float, shape (num_assignments, size)
        The selection frequency of the candidate at each position, strictly between 0 and 1 where seen: smoothed, such
        as (k + 1)/(n + 2) or a posterior mean.
    num_workers : int

    Returns
    -------
    Straightlining

    Raises
    ------
    ValueError
        If shapes differ, a worker's number is out of range, or a frequency is not strictly between 0 and 1.

    References
    ----------
    Hoeffding (1956), "On the distribution of the number of successes in independent trials", for the Poisson bound.

    Examples
    --------
    >>> selected = [[1, 0, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0]]
    >>> found = straightlining([0, 0, 0, 1], np.ones((4, 3)), selected, np.full((4, 3), 0.3), num_workers=2)
    >>> found.same_positions.num_grids, found.same_positions.expected.round(3)
    (array([2, 0]), array([0.294, 0.   ]))
    """
    whose, is_seen = np.asarray(worker, dtype=np.int64), np.asarray(seen, dtype=np.bool_)
    is_selected, f = np.asarray(selected, dtype=np.bool_) & is_seen, np.asarray(frequency, dtype=np.float64)
    _check(whose, is_seen, is_selected, f, num_workers)
    order = np.argsort(whose, kind="stable")
    whose, is_seen, is_selected, f = whose[order], is_seen[order], is_selected[order], f[order]
    log_yes, log_no = np.log(np.where(is_seen, f, 1)), np.log1p(-np.where(is_seen, f, 0))
    is_all = np.all(is_selected == is_seen, axis=1) & is_seen.any(axis=1)
    is_none = ~is_selected.any(axis=1)
    before = np.roll(is_selected, 1, axis=0)
    has_before = (np.roll(whose, 1) == whose) & (np.arange(len(whose)) > 0)
    # Positions that were chosen before and can't be chosen now make the grids different.
    can_repeat = has_before & ~np.roll(is_all | is_none, 1) & ~np.any(before & ~is_seen, axis=1)
    is_same = can_repeat & np.all(before == is_selected, axis=1) & ~is_all
    chances = [log_yes.sum(axis=1), log_no.sum(axis=1), np.where(before, log_yes, log_no).sum(axis=1)]
    possible = [is_seen.any(axis=1), np.ones(len(whose), dtype=np.bool_), can_repeat]
    patterns = [
        _pattern(whose, found, np.where(allowed, np.exp(chance), 0), num_workers)
        for found, chance, allowed in zip([is_all, is_none, is_same], chances, possible, strict=True)
    ]
    return Straightlining(np.bincount(whose, minlength=num_workers), *patterns)


def _pattern(
    worker: NDArray[np.int64], found: NDArray[np.bool_], chance: NDArray[np.float64], num_workers: int
) -> Pattern:
    num_grids = np.bincount(worker[found], minlength=num_workers)
    expected = np.bincount(worker, weights=chance, minlength=num_workers).astype(np.float64)
    return Pattern(num_grids, expected, poisson.sf(num_grids - 1, expected))


def _check(
    worker: NDArray[np.int64],
    seen: NDArray[np.bool_],
    selected: NDArray[np.bool_],
    frequency: NDArray[np.float64],
    num_workers: int,
) -> None:
    if seen.ndim != 2 or worker.shape != seen.shape[:1] or not seen.shape == selected.shape == frequency.shape:
        shapes = [worker.shape, seen.shape, selected.shape, frequency.shape]
        raise ValueError(f"worker, seen, selected, frequency are {shapes}; they must be (n,) and thrice (n, size)")
    if worker.size and not (worker.min() >= 0 and worker.max() < num_workers):
        raise ValueError(f"worker holds {worker.min()} to {worker.max()}; it must lie between 0 and {num_workers - 1}")
    wrong = seen & ~((frequency > 0) & (frequency < 1))
    if np.any(wrong):
        raise ValueError(f"frequency holds {frequency[wrong][0]}; it must lie strictly between 0 and 1")
