"""Sampling that follows a histogram: whole numbers per bin, then a draw that says what it could not do."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Substitution:
    """Image `index` was drawn from `used_bin` because `wanted_bin` had run out."""

    wanted_bin: int
    used_bin: int
    index: int


@dataclass(frozen=True)
class Draw:
    """Indices drawn (ascending), what was borrowed, and how many images each bin still lacks."""

    indices: NDArray[np.int64]
    substitutions: tuple[Substitution, ...]
    missing: NDArray[np.int64]


def round_to_total(histogram: ArrayLike, *, total: int) -> NDArray[np.int64]:
    """Scale a histogram to a total in whole numbers, by largest remainder.

    Bin ``b`` gets ``histogram[b] * total // sum(histogram)``; what is left goes, one each, to the
    bins with the largest remainders, ties to the higher bin. Remainders are compared as the doubles
    ``quota - floor(quota)``, as the published sets were made: where fractions tie exactly, the
    rounding of the division may decide (8 of 300 published cases need it). IEEE 754 division is the
    same everywhere, so the result is too.

    Parameters
    ----------
    histogram : array_like of int, shape (num_bins,)
        Not negative, not all zero.
    total : int
        What the result sums to; not negative.

    Returns
    -------
    ndarray of int64, shape (num_bins,)

    Raises
    ------
    ValueError
        If the histogram is empty or negative, or the total is negative.

    References
    ----------
    Recht, Roelofs, Schmidt and Shankar (2019), Do ImageNet classifiers generalize to ImageNet?,
    appendix B; their ``round_histogram``.

    Examples
    --------
    >>> round_to_total([2, 1, 6, 6, 15], total=10)
    array([1, 0, 2, 2, 5])
    """
    counts = np.asarray(histogram, dtype=np.int64)
    if counts.ndim != 1 or np.any(counts < 0) or counts.sum() == 0:
        raise ValueError(f"histogram must be one row of counts, not all zero; got {counts.tolist()}")
    if total < 0:
        raise ValueError(f"total must not be negative; got {total}")
    rounded = counts * total // counts.sum()
    remainders = counts * total / counts.sum() - rounded
    num_left = total - int(rounded.sum())
    by_remainder = np.lexsort((np.arange(counts.size), remainders))[::-1]
    rounded[by_remainder[:num_left]] += 1
    return rounded


def draw_from_bins(
    bin_of_each: ArrayLike,
    wanted: ArrayLike,
    *,
    rng: np.random.Generator,
    allow_borrowing: bool = True,
    is_kept: ArrayLike | None = None,
) -> Draw:
    """Draw without replacement so many images per bin; short bins may borrow from higher ones.

    Every bin's own demand is met first, so borrowing never takes an image from a bin that needs it.
    Then short bins borrow what is left over, from the next higher bin upwards; the highest short bin
    goes first, having the fewest bins above it, which fills as many places as can be filled. Images that are
    kept go before all others of their bin, both when it meets its own demand and when it lends.

    Parameters
    ----------
    bin_of_each : array_like of int, shape (n,)
        Bin of each image, in an order that does not depend on chance.
    wanted : array_like of int, shape (num_bins,)
        Images wanted per bin.
    rng : numpy.random.Generator
        The source of all randomness.
    allow_borrowing : bool
        Whether a short bin may take images of higher bins.
    is_kept : array_like of bool, shape (n,), optional
        Images to draw before others of their bin; by default none, which leaves every draw as it is.

    Returns
    -------
    Draw

    Raises
    ------
    ValueError
        If a number wanted is negative, a bin lies outside ``wanted``, or ``is_kept`` has another shape.

    References
    ----------
    Recht et al. (2019), appendix B: bins with too few candidates are filled from the next higher bin.

    Examples
    --------
    >>> draw = draw_from_bins([0, 1, 1, 1], [2, 1], rng=np.random.default_rng(0))
    >>> len(draw.indices), draw.missing.tolist()
    (3, [0, 0])
    >>> [(each.wanted_bin, each.used_bin) for each in draw.substitutions]
    [(0, 1)]
    """
    bins, demand = np.asarray(bin_of_each, dtype=np.int64), np.asarray(wanted, dtype=np.int64)
    if np.any(demand < 0):
        raise ValueError(f"wanted must not be negative; got {demand.tolist()}")
    if bins.size and not (bins.min() >= 0 and bins.max() < demand.size):
        raise ValueError(f"bins must be 0 to {demand.size - 1}; got {bins.min()} to {bins.max()}")
    if is_kept is not None and np.shape(is_kept) != bins.shape:
        raise ValueError(f"is_kept must have the shape of the bins, {bins.shape}; got {np.shape(is_kept)}")
    permuted = [rng.permutation(np.flatnonzero(bins == number)) for number in range(demand.size)]
    shuffled = [kept_first(indices, is_kept).tolist() for indices in permuted]
    own = [indices[:number] for indices, number in zip(shuffled, demand, strict=True)]
    missing = demand - np.array([len(indices) for indices in own], dtype=np.int64)
    spare = [indices[number:] for indices, number in zip(shuffled, demand, strict=True)]
    substitutions = _borrow(missing, spare) if allow_borrowing else []
    for each in substitutions:
        missing[each.wanted_bin] -= 1
    drawn = [index for indices in own for index in indices] + [each.index for each in substitutions]
    return Draw(np.array(sorted(drawn), dtype=np.int64), tuple(substitutions), missing)


def kept_first(indices: NDArray[np.int64], is_kept: ArrayLike | None) -> NDArray[np.int64]:
    """The same indices, those that are kept before the others, each part in the order it came.

    Parameters
    ----------
    indices : ndarray of int64, shape (m,)
    is_kept : array_like of bool, shape (n,), or None
        Of every image; None: nothing is kept.

    Returns
    -------
    ndarray of int64, shape (m,)

    Examples
    --------
    >>> kept_first(np.array([3, 0, 2]), [False, True, True, False])
    array([2, 3, 0])
    """
    if is_kept is None:
        return indices
    kept = np.asarray(is_kept, dtype=np.bool_)[indices]
    return np.concatenate([indices[kept], indices[~kept]])


def _borrow(missing: NDArray[np.int64], spare: list[list[int]]) -> list[Substitution]:
    """What the short bins take, highest short bin first, each from the nearest bin above with some left."""
    substitutions = []
    for wanted_bin in reversed(range(len(spare))):
        above = [(used, index) for used in range(wanted_bin + 1, len(spare)) for index in spare[used]]
        for used_bin, index in above[: missing[wanted_bin]]:
            spare[used_bin].remove(index)
            substitutions.append(Substitution(wanted_bin, used_bin, index))
    return substitutions
