"""Whether two samples of numbers were drawn alike, and how far apart they are: Kolmogorov and Smirnov's test."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import kolmogorov

MOST_EXACT = 1000
"""Values of both samples together up to which p is computed exactly."""


@dataclass(frozen=True)
class NumberShift:
    """How far two samples of numbers are apart, `distance` in [0, 1], and the chance `p` of as much by luck alone."""

    num_first: int
    num_second: int
    distance: float
    p: float


@dataclass(frozen=True)
class GroupShifts:
    """The same within each of several groups; arrays of shape (num_groups,), nan where a group lacks a sample."""

    num_first: NDArray[np.int64]
    num_second: NDArray[np.int64]
    distance: NDArray[np.float64]
    p: NDArray[np.float64]


def number_shift(first: ArrayLike, second: ArrayLike) -> NumberShift:
    r"""Two-sample test of Kolmogorov and Smirnov: the largest difference of the two shares below any value.

    With :math:`F_1, F_2` the empirical distribution functions of m and n values,

    .. math:: D = \max_x |F_1(x) - F_2(x)|.

    D is 0 for the same distribution and 1 where no value of one sample lies among those of the other; it does not
    change with units or with any growing transformation. Up to 1,000 values p is exact: of all orders in which the
    pooled values could have been drawn, the share whose D is as large, counted along the lattice of (i, j) values drawn
    so far; D is looked at only where a run of equal values ends, so that ties are exact, too. Beyond,
    :math:`p = 2\sum_{k\ge1}(-1)^{k-1}e^{-2k^2t^2}` with :math:`t = D\sqrt{mn/(m+n)}`, which is too large where
    values are tied or one sample is small.

    Parameters
    ----------
    first, second : array_like of float, shapes (m,) and (n,)
        In any unit, the same for both.

    Returns
    -------
    NumberShift

    Raises
    ------
    ValueError
        If a sample is empty, has more than one dimension, or holds a value that is not finite.

    References
    ----------
    Smirnov (1948), "Table for estimating the goodness of fit of empirical distributions"; Hodges (1958), "The
    significance probability of the Smirnov two-sample test", for the lattice; Schröer and Trenkler (1995), "Exact and
    randomization distributions of Kolmogorov–Smirnov tests two or three samples", for ties.

    Examples
    --------
    >>> found = number_shift([2010, 2011, 2012, 2013], [2013, 2014, 2015, 2016])
    >>> found.distance, round(found.p, 4)
    (0.75, 0.2286)
    """
    x, y = _sample(first, "first"), _sample(second, "second")
    values = np.concatenate([x, y])
    order = np.argsort(values, kind="stable")
    is_first = order < len(x)
    is_last = np.append(np.diff(values[order]) > 0, True)  # of a run of equal values
    i, j = np.cumsum(is_first), np.cumsum(~is_first)
    # In whole numbers, so that equal differences are equal.
    largest = int(np.max(np.abs(i * len(y) - j * len(x))[is_last]))
    distance = largest / (len(x) * len(y))
    if len(values) <= MOST_EXACT:
        p = _exact_p(len(x), len(y), largest, is_last)
    else:
        p = float(_limiting_p(np.float64(distance), len(x), len(y)))
    return NumberShift(len(x), len(y), distance, p)


def shifts_by_group(group: ArrayLike, is_second: ArrayLike, values: ArrayLike, *, num_groups: int) -> GroupShifts:
    """The same test within each group, all at once; p is that of large samples, too large in small ones.

    Parameters
    ----------
    group : array_like of int, shape (n,)
        Of each value, from 0 to num_groups - 1.
    is_second : array_like of bool, shape (n,)
        Whether the value belongs to the second sample.
    values : array_like of float, shape (n,)
    num_groups : int

    Returns
    -------
    GroupShifts

    Raises
    ------
    ValueError
        If the shapes differ, a group is out of range, or a value is not finite.

    References
    ----------
    As for `number_shift`.

    Examples
    --------
    >>> found = shifts_by_group([0, 0, 1, 1], [False, True, False, True], [5, 5, 1, 2], num_groups=3)
    >>> found.distance
    array([ 0.,  1., nan])
    """
    groups, second = np.asarray(group, dtype=np.int64), np.asarray(is_second, dtype=np.bool_)
    numbers = np.asarray(values, dtype=np.float64)
    if not groups.shape == second.shape == numbers.shape or groups.ndim != 1:
        raise ValueError(f"group, is_second and values have shapes {groups.shape}, {second.shape}, {numbers.shape}")
    if len(groups) and not 0 <= groups.min() <= groups.max() < num_groups:
        raise ValueError(f"group goes from {groups.min()} to {groups.max()}; it must be in 0 to {num_groups - 1}")
    if not np.all(np.isfinite(numbers)):
        raise ValueError("values must be finite")
    m, n = (np.bincount(groups[each], minlength=num_groups) for each in (~second, second))
    distance = np.full(num_groups, np.nan)
    has_both = (m > 0) & (n > 0)
    kept = has_both[groups] if len(groups) else np.zeros(0, dtype=bool)
    if np.any(kept):
        distance[has_both] = _distances(groups[kept], second[kept], numbers[kept], m, n)
    p = np.where(has_both, _limiting_p(distance, m, n), np.nan)
    return GroupShifts(m, n, distance, p)


def _distances(
    groups: NDArray[np.int64],
    second: NDArray[np.bool_],
    values: NDArray[np.float64],
    m: NDArray[np.int64],
    n: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Of the groups that occur, in their order."""
    order = np.lexsort((values, groups))
    groups, second, values = groups[order], second[order], values[order]
    is_last = np.append((np.diff(groups) != 0) | (np.diff(values) > 0), True)
    starts = np.flatnonzero(np.append(True, np.diff(groups) != 0))
    difference = np.where(second, -1 / n[groups], 1 / m[groups])
    run = np.cumsum(difference)
    # Every group's own differences sum to nothing; what rounding has left of those before is taken off.
    before = np.repeat(run[starts] - difference[starts], np.diff(np.append(starts, len(groups))))
    return np.asarray(np.maximum.reduceat(np.where(is_last, np.abs(run - before), 0.0), starts)).round(12)


def _limiting_p(distance: ArrayLike, m: ArrayLike, n: ArrayLike) -> NDArray[np.float64]:
    m, n = np.asarray(m, dtype=np.float64), np.asarray(n, dtype=np.float64)
    harmonic = np.divide(m * n, m + n, out=np.zeros(np.broadcast(m, n).shape), where=m + n > 0)
    return np.asarray(kolmogorov(np.sqrt(harmonic) * distance))


def _exact_p(m: int, n: int, largest: int, is_last: NDArray[np.bool_]) -> float:
    """The share of orders that come as far from the diagonal; what has come so far is summed, and not gone on with."""
    i = np.arange(m + 1)
    reached = np.zeros(m + 1)
    reached[0] = 1.0
    p = 0.0
    for drawn in range(m + n):
        left = m + n - drawn
        next_first = reached * ((m - i) / left)
        reached = reached * np.clip((n - (drawn - i)) / left, 0, None)
        reached[1:] += next_first[:-1]
        if is_last[drawn]:
            is_far = np.abs(i * n - (drawn + 1 - i) * m) >= largest
            p += float(reached[is_far].sum())
            reached[is_far] = 0.0
    return min(1.0, p)


def _sample(given: ArrayLike, name: str) -> NDArray[np.float64]:
    values = np.asarray(given, dtype=np.float64)
    if values.ndim != 1 or not len(values):
        raise ValueError(f"{name} has shape {values.shape}; give at least one value, in one dimension")
    if not np.all(np.isfinite(values)):
        raise ValueError(f"{name} must hold finite values")
    return values
