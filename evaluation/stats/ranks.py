"""Who is best, and whether the order holds on the new test set."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import kendalltau, rankdata, spearmanr

from evaluation.stats.counts import checked_values


def ranks(num_correct: ArrayLike) -> NDArray[np.int64]:
    """
    Rank of each classifier, 1 for the best; equal counts share the better rank.

    Parameters
    ----------
    num_correct : array_like of int, shape (n,)
        Correct images of each classifier on the same test set.

    Returns
    -------
    ndarray of int, shape (n,)

    Examples
    --------
    >>> ranks([70, 90, 90, 50])
    array([3, 1, 1, 4])
    """
    return rankdata(-np.asarray(num_correct, dtype=np.int64), method="min").astype(np.int64)


def rank_correlation(original: ArrayLike, new: ArrayLike) -> float | None:
    """
    Spearman's rank correlation of two sets of accuracies, in [-1, 1].

    Parameters
    ----------
    original, new : array_like of float, shape (n,)
        Accuracy of each classifier on the two test sets.

    Returns
    -------
    float or None
        None where it is undefined: fewer than two classifiers, or all equal on one of the sets.

    Raises
    ------
    ValueError
        If the lengths differ or a value is not finite.

    References
    ----------
    Spearman (1904), "The proof and measurement of association between two things".

    Examples
    --------
    >>> rank_correlation([0.5, 0.6, 0.9], [0.4, 0.5, 0.8])
    1.0
    """
    x, y = _pair(original, new)
    if not _is_defined(x, y):
        return None
    return round(float(spearmanr(x, y).statistic), 12)


def kendall(original: ArrayLike, new: ArrayLike) -> float | None:
    r"""
    Kendall's rank correlation of two sets of accuracies, in [-1, 1], with ties taken into account (:math:`\tau_b`).

    Of all pairs of classifiers, the share that is in the same order on both sets less that in opposite order.

    Parameters
    ----------
    original, new : array_like of float, shape (n,)
        Accuracy of each classifier on the two test sets.

    Returns
    -------
    float or None
        None where it is undefined: fewer than two classifiers, or all equal on one of the sets.

    Raises
    ------
    ValueError
        If the lengths differ or a value is not finite.

    References
    ----------
    Kendall (1938), "A new measure of rank correlation", Biometrika 30.

    Examples
    --------
    >>> round(kendall([0.5, 0.6, 0.9], [0.5, 0.4, 0.8]), 4)
    0.3333
    """
    x, y = _pair(original, new)
    if not _is_defined(x, y):
        return None
    return round(float(kendalltau(x, y).statistic), 12)


def _pair(original: ArrayLike, new: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both as values of the same classifiers."""
    x, y = checked_values(original, "original"), checked_values(new, "new")
    if len(x) != len(y):
        raise ValueError(f"new holds {len(y)} values; it must hold as many as original, {len(x)}")
    return x, y


def _is_defined(x: NDArray[np.float64], y: NDArray[np.float64]) -> bool:
    """Whether there is an order to compare."""
    return len(x) >= 2 and np.ptp(x) != 0 and np.ptp(y) != 0
