"""Accuracy as counts, with an exact interval."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import beta

from evaluation.stats.counts import checked_confidence, checked_counts


@dataclass(frozen=True)
class AccuracyInterval:
    """Accuracy in [0, 1] with the bounds of its interval; arrays of the shape of the counts."""

    accuracy: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def clopper_pearson(num_correct: ArrayLike, num_images: ArrayLike, confidence: float = 0.95) -> AccuracyInterval:
    r"""
    Exact interval for a share of independent successes.

    The bounds are those accuracies at which an outcome as extreme as the observed one has probability
    :math:`\alpha/2`: :math:`B(\alpha/2;\, k,\, n-k+1)` and :math:`B(1-\alpha/2;\, k+1,\, n-k)`, quantiles
    of the beta distribution.

    Parameters
    ----------
    num_correct : array_like of int, any shape
        Images classified correctly, k.
    num_images : array_like of int, broadcastable
        Images classified, n.
    confidence : float
        Coverage in (0, 1).

    Returns
    -------
    AccuracyInterval
        Fractions in [0, 1].

    Raises
    ------
    ValueError
        If a count is no whole number, k is not in [0, n], n is below 1, or the confidence is outside (0, 1).

    References
    ----------
    Clopper and Pearson (1934), "The use of confidence or fiducial limits illustrated in the case of the
    binomial", Biometrika 26.

    Examples
    --------
    >>> found = clopper_pearson(7221, 10_000)
    >>> print(f"{found.accuracy:.4f} [{found.low:.4f}, {found.high:.4f}]")
    0.7221 [0.7132, 0.7309]
    """
    k, n = checked_counts(num_correct, num_images)
    tail = (1 - checked_confidence(confidence)) / 2
    low = np.where(k == 0, 0.0, beta.ppf(tail, np.maximum(k, 1), n - k + 1))
    high = np.where(k == n, 1.0, beta.ppf(1 - tail, k + 1, np.maximum(n - k, 1)))
    return AccuracyInterval(k / n, low, high)
