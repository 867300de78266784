"""Classifiers on the same images: what differs between two of them, and which order changes are more than chance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom, norm

from annotation.stats.intervals import wilson_bounds
from annotation.stats.shifts.holm import holm
from evaluation.stats.counts import checked_confidence, checked_counts
from evaluation.stats.gaps import Change


@dataclass(frozen=True)
class OrderChanges:
    """Pairs of classifiers whose order differs between two test sets, the most certain first; arrays of shape (n,).

    `better` had more images right on the original and `worse` has more right on the new set. `p` is the chance of a
    change that is as clear on both sets where on one of them there is none; `adjusted` is that after Holm.
    """

    better: NDArray[np.int64]
    worse: NDArray[np.int64]
    p: NDArray[np.float64]
    adjusted: NDArray[np.float64]


def change_with_shared_images(
    shared: ArrayLike, original_only: ArrayLike, new_only: ArrayLike, *, confidence: float = 0.95
) -> Change:
    r"""Difference of two accuracies whose test sets have images in common.

    A classifier says the same of an image wherever it stands, so what is shared is no independent evidence. With
    :math:`n_s` shared images of accuracy :math:`p_s`, and :math:`n_1`, :math:`n_2` images in all of the original and
    the new set, the change is a sum of three independent shares,

    .. math:: d = n_s\Bigl(\frac{1}{n_2} - \frac{1}{n_1}\Bigr)p_s + \frac{n_2 - n_s}{n_2}\,p_{2\setminus s}
        - \frac{n_1 - n_s}{n_1}\,p_{1\setminus s},

    and its interval is recovered from the Wilson intervals of the three (MOVER). Without shared images it is
    Newcombe's, `evaluation.stats.gaps.change_from_original`; for the same images it is 0 with no width.

    Parameters
    ----------
    shared, original_only, new_only : array_like of int, shape (..., 2)
        Pairs (num_correct, num_images) of the images in both sets, and of those in one only; num_images may be 0.
    confidence : float
        Coverage in (0, 1).

    Returns
    -------
    Change
        Fractions; arrays of the leading shape.

    Raises
    ------
    ValueError
        If a pair is no valid count, one of the sets has no image, or the confidence is outside (0, 1).

    References
    ----------
    Zou and Donner (2008), "Construction of confidence limits about effect measures: a general approach", Statistics
    in Medicine 27, for sums of several parameters.

    Examples
    --------
    >>> found = change_with_shared_images([0, 0], [48, 80], [56, 70])
    >>> print(f"{found.change:.4f} [{found.low:.4f}, {found.high:.4f}]")
    0.2000 [0.0524, 0.3339]
    >>> found = change_with_shared_images([40, 60], [8, 20], [9, 10])
    >>> print(f"{found.change:.4f} [{found.low:.4f}, {found.high:.4f}]")
    0.1000 [0.0299, 0.1482]
    """
    z = float(norm.ppf(0.5 + checked_confidence(confidence) / 2))
    parts = [_part(each, name) for each, name in ((shared, "shared"), (original_only, "original"), (new_only, "new"))]
    (_, n_s), (_, n_1), (_, n_2) = parts
    in_original, in_new = n_s + n_1, n_s + n_2
    if np.any(in_original < 1) or np.any(in_new < 1):
        raise ValueError("each test set must have an image, shared or of its own")
    weights = (n_s / in_new - n_s / in_original, -n_1 / in_original, n_2 / in_new)
    change, below, above = (np.zeros(np.broadcast(n_s, n_1, n_2).shape) for _ in range(3))
    for weight, (k, n) in zip(weights, parts, strict=True):
        size = np.maximum(n, 1)  # a part without images weighs nothing, so that any bounds will do
        p = k / size
        low, high = wilson_bounds(p, size, z)
        change = change + weight * p
        ends = np.stack(np.broadcast_arrays(weight * (p - low), weight * (p - high)))
        below, above = below + np.max(ends, axis=0) ** 2, above + np.min(ends, axis=0) ** 2
    return Change(change, change - np.sqrt(below), change + np.sqrt(above))


def discordant(correct: ArrayLike) -> NDArray[np.int64]:
    """How many images each classifier has right that another has wrong.

    Parameters
    ----------
    correct : array_like of bool, shape (num_classifiers, num_images)

    Returns
    -------
    ndarray of int64, shape (num_classifiers, num_classifiers)
        Row i, column j: right by i and wrong by j.

    Raises
    ------
    ValueError
        If it is no table of truth values.

    Examples
    --------
    >>> discordant([[True, True, False], [True, False, False]]).tolist()
    [[0, 1], [0, 0]]
    """
    table = np.asarray(correct)
    if table.ndim != 2 or table.dtype != np.bool_:
        raise ValueError(
            f"correct has type {table.dtype} and shape {table.shape}; give truth values, a row a classifier"
        )
    right = table.astype(np.float32)  # sums of ones are exact up to 2**24, and the product of floats is fast
    if table.shape[1] > 1 << 24:
        raise ValueError(f"correct has {table.shape[1]:,} images; at most {1 << 24:,} are counted exactly")
    both = np.rint(right @ right.T).astype(np.int64)
    return both.diagonal()[:, None] - both


def mcnemar(num_only_first: ArrayLike, num_only_second: ArrayLike) -> NDArray[np.float64]:
    r"""Exact two-sided test of whether two classifiers are equally accurate on the images they share.

    Only images that one has right and the other wrong say anything: of b + c of them, b is binomial with one half.

    .. math:: p = \min\bigl(1,\; 2\,P(X \le \min(b, c))\bigr), \qquad X \sim \text{Bin}(b + c, \tfrac12)

    Parameters
    ----------
    num_only_first, num_only_second : array_like of int, shapes that broadcast
        Images that only the one, b, or only the other, c, has right.

    Returns
    -------
    ndarray of float
        In (0, 1]; 1 where no image tells them apart.

    Raises
    ------
    ValueError
        If a number is negative or no whole number.

    References
    ----------
    McNemar (1947), "Note on the sampling error of the difference between correlated proportions or percentages";
    its exact form as in Fay (2010), "Two-sided exact tests and matching confidence intervals for discrete data".

    Examples
    --------
    >>> mcnemar([121, 6], [59, 6]).round(7)
    array([4.4e-06, 1.0e+00])
    """
    b, c = np.broadcast_arrays(np.asarray(num_only_first), np.asarray(num_only_second))
    if b.dtype.kind not in "iu" or c.dtype.kind not in "iu" or np.any(b < 0) or np.any(c < 0):
        raise ValueError("num_only_first and num_only_second must be whole numbers, not negative")
    return np.asarray(np.minimum(1.0, 2 * binom.cdf(np.minimum(b, c), b + c, 0.5)))


def order_changes(original: ArrayLike, new: ArrayLike) -> OrderChanges:
    r"""Pairs of classifiers that change places from one test set to another, and how sure that is.

    A pair has changed places only if the one is better on the original *and* the other on the new set, so that both
    must be shown: its p is the larger of the two McNemar tests (an intersection–union test). Holm corrects for all
    pairs that could have changed places, n(n − 1)/2.

    Parameters
    ----------
    original, new : array_like of bool, shapes (num_classifiers, num_images) and (num_classifiers, other_images)
        Whether each classifier, in the same order, has each image right.

    Returns
    -------
    OrderChanges
        Only pairs whose counts are in another order; a tie on either set is no change.

    Raises
    ------
    ValueError
        If a table does not hold truth values, or the numbers of classifiers differ.

    References
    ----------
    Berger (1982), "Multiparameter hypothesis testing and acceptance sampling", for the larger p; McNemar (1947) and
    Holm (1979) for the correction.

    Examples
    --------
    >>> first, second = np.arange(100) < 70, np.arange(100) < 50
    >>> found = order_changes([first, second], [second, first])
    >>> found.better.tolist(), found.worse.tolist(), found.adjusted.round(7).tolist()
    ([0], [1], [1.9e-06])
    """
    old, young = discordant(original), discordant(new)
    if old.shape != young.shape:
        raise ValueError(f"original and new hold {len(old)} and {len(young)} classifiers; give the same ones")
    num = len(old)
    first, second = np.triu_indices(num, k=1)
    gain = [(table - table.T)[first, second] for table in (old, young)]
    p = np.maximum(*(mcnemar(table[first, second], table[second, first]) for table in (old, young)))
    has_changed = gain[0] * gain[1] < 0
    adjusted = holm(np.where(has_changed, p, 1.0))
    better, worse = np.where(gain[0] > 0, (first, second), (second, first))
    order = np.flatnonzero(has_changed)[np.argsort(p[has_changed], kind="stable")]
    return OrderChanges(better[order], worse[order], p[order], adjusted[order])


def _part(counts: ArrayLike, name: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    pairs = np.asarray(counts)
    if pairs.ndim < 1 or pairs.shape[-1] != 2:
        raise ValueError(f"{name} has shape {pairs.shape}; it must be (..., 2): num_correct and num_images")
    is_empty = pairs[..., 1] == 0
    if np.any(pairs[..., 0][is_empty] != 0):
        raise ValueError(f"num_correct of {name} must be 0 where there are no images")
    k, n = checked_counts(pairs[..., 0], np.where(is_empty, 1, pairs[..., 1]), (f"num_correct of {name}", "num_images"))
    return k, np.where(is_empty, 0, n)
