"""Selection frequencies k of n as exact fractions: bins, thresholds and order without a float."""

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

BIN_EDGES = (Fraction(1, 5), Fraction(2, 5), Fraction(3, 5), Fraction(4, 5))


def bins(num_selected: ArrayLike, num_seen: ArrayLike, *, edges: Sequence[Fraction] = BIN_EDGES) -> NDArray[np.int64]:
    """Bin of each selection frequency; a frequency on an edge belongs to the bin above it.

    Bin ``b`` holds ``edges[b - 1] <= k / n < edges[b]``, compared as ``k * denominator`` against
    ``numerator * n`` in integers, so that 6 of 10 and 18 of 30 fall into the same bin.

    Parameters
    ----------
    num_selected, num_seen : array_like of int, shape (n,)
        Judgements that selected the image, and all judgements of it.
    edges : sequence of Fraction
        Ascending, each in [0, 1].

    Returns
    -------
    ndarray of int64, shape (n,)
        From 0 to ``len(edges)``.

    Raises
    ------
    ValueError
        If an image was not seen, was selected more often than seen, or the edges do not ascend.

    References
    ----------
    Recht, Roelofs, Schmidt and Shankar (2019), Do ImageNet classifiers generalize to ImageNet?,
    section 3.3 and appendix B: five bins of width one fifth.

    Examples
    --------
    >>> bins([0, 2, 5, 6, 10], [10, 10, 10, 10, 10])
    array([0, 1, 2, 3, 4])
    """
    if any(not 0 <= edge <= 1 for edge in edges) or any(low >= high for low, high in pairwise(edges)):
        raise ValueError(f"edges must ascend within [0, 1]; got {[str(edge) for edge in edges]}")
    result = np.zeros(np.shape(np.asarray(num_seen)), dtype=np.int64)
    for edge in edges:
        result += at_least(num_selected, num_seen, threshold=edge)
    return result


def at_least(num_selected: ArrayLike, num_seen: ArrayLike, *, threshold: Fraction) -> NDArray[np.bool_]:
    """Whether each selection frequency reaches the threshold, compared in integers.

    Parameters
    ----------
    num_selected, num_seen : array_like of int, shape (n,)
    threshold : Fraction
        In [0, 1].

    Returns
    -------
    ndarray of bool, shape (n,)

    Raises
    ------
    ValueError
        If an image was not seen, or was selected more often than seen.

    References
    ----------
    Recht et al. (2019), section 3.3: the set "Threshold0.7".

    Examples
    --------
    >>> at_least([6, 7, 14], [10, 10, 20], threshold=Fraction(7, 10))
    array([False,  True,  True])
    """
    selected, seen = _counts(num_selected, num_seen)
    return selected * threshold.denominator >= threshold.numerator * seen


def histogram(bin_of_each: ArrayLike, *, num_bins: int = len(BIN_EDGES) + 1) -> NDArray[np.int64]:
    """How many images fall into each bin.

    Parameters
    ----------
    bin_of_each : array_like of int, shape (n,)
    num_bins : int

    Returns
    -------
    ndarray of int64, shape (num_bins,)

    Raises
    ------
    ValueError
        If a bin lies outside 0 to ``num_bins - 1``.

    Examples
    --------
    >>> histogram([0, 4, 4, 2])
    array([1, 0, 1, 0, 2])
    """
    numbers = np.asarray(bin_of_each, dtype=np.int64)
    if numbers.size and not (numbers.min() >= 0 and numbers.max() < num_bins):
        raise ValueError(f"bins must be 0 to {num_bins - 1}; got {numbers.min()} to {numbers.max()}")
    return np.bincount(numbers, minlength=num_bins).astype(np.int64)


def order_by_frequency(num_selected: ArrayLike, num_seen: ArrayLike) -> NDArray[np.int64]:
    """Indices from the most to the least selected image.

    Sorted by frequency, then by number of judgements (more first), then by position in the input.
    Frequencies are brought to their common denominator in Python's unbounded integers, so equal
    fractions tie exactly.

    Parameters
    ----------
    num_selected, num_seen : array_like of int, shape (n,)

    Returns
    -------
    ndarray of int64, shape (n,)

    Raises
    ------
    ValueError
        If an image was not seen, or was selected more often than seen.

    References
    ----------
    Recht et al. (2019), section 3.3: the set "TopImages".

    Examples
    --------
    >>> order_by_frequency([5, 10, 9, 9], [5, 10, 10, 10])
    array([1, 0, 2, 3])
    """
    selected, seen = _counts(num_selected, num_seen)
    counts = list(zip(selected.tolist(), seen.tolist(), strict=True))
    common = math.lcm(*{n for _, n in counts})
    keys = [(-k * (common // n), -n) for k, n in counts]
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)


def _counts(num_selected: ArrayLike, num_seen: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    selected, seen = np.asarray(num_selected, dtype=np.int64), np.asarray(num_seen, dtype=np.int64)
    if selected.shape != seen.shape:
        raise ValueError(f"num_selected and num_seen must have one shape; got {selected.shape} and {seen.shape}")
    if np.any(seen < 1):
        raise ValueError("num_seen must be at least 1: an image nobody saw has no frequency")
    if np.any(selected < 0) or np.any(selected > seen):
        raise ValueError("num_selected must lie between 0 and num_seen")
    return selected, seen
