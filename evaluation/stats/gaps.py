"""How much an accuracy changed from one test set to another."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from annotation.stats.intervals import wilson_bounds
from evaluation.stats.accuracy import AccuracyInterval
from evaluation.stats.counts import checked_confidence, checked_counts


@dataclass(frozen=True)
class Change:
    """New minus original accuracy, with the bounds of its interval; fractions in [-1, 1]."""

    change: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def change_from_original(original: ArrayLike, new: ArrayLike, confidence: float = 0.95) -> Change:
    r"""
    Difference of two accuracies on different images, with Newcombe's interval.

    The two test sets share no images, so the accuracies are independent. With Wilson intervals
    :math:`[l_i, u_i]` around :math:`p_i`, the bounds are
    :math:`d - \sqrt{(p_2-l_2)^2 + (u_1-p_1)^2}` and :math:`d + \sqrt{(u_2-p_2)^2 + (p_1-l_1)^2}`
    with :math:`d = p_2 - p_1` (his method 10).

    Parameters
    ----------
    original, new : array_like of int, shape (..., 2)
        Pairs (num_correct, num_images).
    confidence : float
        Coverage in (0, 1).

    Returns
    -------
    Change
        Arrays of the leading shape.

    Raises
    ------
    ValueError
        If a pair is no valid count or the confidence is outside (0, 1).

    References
    ----------
    Newcombe (1998), "Interval estimation for the difference between independent proportions: comparison
    of eleven methods", Statistics in Medicine 17, table II, example (a): 56/70 − 48/80.

    Examples
    --------
    >>> found = change_from_original([48, 80], [56, 70])
    >>> print(f"{found.change:.4f} [{found.low:.4f}, {found.high:.4f}]")
    0.2000 [0.0524, 0.3339]
    """
    z = float(norm.ppf(0.5 + checked_confidence(confidence) / 2))
    p1, low1, high1 = _wilson(original, "original", z)
    p2, low2, high2 = _wilson(new, "new", z)
    return change_between(AccuracyInterval(p1, low1, high1), AccuracyInterval(p2, low2, high2))


def change_between(original: AccuracyInterval, new: AccuracyInterval) -> Change:
    """
    The same difference and interval, from the intervals of two accuracies.

    Right for independent accuracies, and on the wide side where the sets share images.

    Parameters
    ----------
    original, new : AccuracyInterval
        Of shapes that broadcast, such as those of `evaluation.stats.accuracy.mean_accuracy`.

    Returns
    -------
    Change

    Examples
    --------
    >>> from evaluation.stats.accuracy import mean_accuracy
    >>> found = change_between(mean_accuracy(540, 10, 67), mean_accuracy(402, 10, 67))
    >>> print(f"{found.change:+.2f} [{found.low:+.2f}, {found.high:+.2f}]")
    -0.21 [-0.53, +0.18]
    """
    p1, p2 = original.accuracy, new.accuracy
    change = p2 - p1
    return Change(
        change, change - np.hypot(p2 - new.low, original.high - p1), change + np.hypot(new.high - p2, p1 - original.low)
    )


def _wilson(counts: ArrayLike, name: str, z: float) -> tuple[NDArray[np.float64], ...]:
    pairs = np.asarray(counts)
    if pairs.ndim < 1 or pairs.shape[-1] != 2:
        raise ValueError(f"{name} has shape {pairs.shape}; it must be (..., 2): num_correct and num_images")
    k, n = checked_counts(pairs[..., 0], pairs[..., 1], (f"num_correct of {name}", f"num_images of {name}"))
    p = k / n
    return p, *wilson_bounds(p, n, z)
