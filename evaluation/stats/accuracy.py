"""Accuracy as counts, with an exact interval."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import beta, norm

from annotation.stats.intervals import wilson_bounds
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


def mean_accuracy(
    num_correct: ArrayLike, num_images: ArrayLike, num_classifiers: int, confidence: float = 0.95
) -> AccuracyInterval:
    r"""
    Interval for the mean accuracy of several classifiers on the same images, where only the sum of counts is known.

    Classifiers are right on the same images, so that only images count as observations. The share of classifiers that
    are right on an image lies between 0 and 1; with the mean :math:`p` its variance is at most :math:`p(1-p)`, as of a
    single classifier. So Wilson's interval at :math:`p` for :math:`n` images is wide enough whatever the classifiers
    have in common, and just right where they are all right or wrong together.

    Parameters
    ----------
    num_correct : array_like of int, any shape
        Images classified correctly, summed over the classifiers.
    num_images : array_like of int, broadcastable
        Images that each of them classified, n.
    num_classifiers : int
        At least 1. The classifiers are taken as given; the interval is about images.
    confidence : float
        Coverage in (0, 1).

    Returns
    -------
    AccuracyInterval
        Fractions in [0, 1].

    Raises
    ------
    ValueError
        If a count is no whole number, num_correct is not in [0, n times num_classifiers], n is below 1, there is no
        classifier, or the confidence is outside (0, 1).

    References
    ----------
    Wilson (1927), "Probable inference, the law of succession, and statistical inference", JASA 22. Bhatia and Davis
    (2000), "A better bound on the variance", American Mathematical Monthly 107.

    Examples
    --------
    Ten images and 67 classifiers are ten observations, not 670:

    >>> found = mean_accuracy(469, 10, 67)
    >>> print(f"{found.accuracy:.2f} [{found.low:.2f}, {found.high:.2f}]")
    0.70 [0.40, 0.89]
    """
    if num_classifiers < 1:
        raise ValueError(f"num_classifiers is {num_classifiers}; it must be at least 1")
    n = np.asarray(num_images)
    k, judged = checked_counts(num_correct, n * num_classifiers)
    accuracy = k / judged
    low, high = wilson_bounds(accuracy, n, float(norm.ppf(0.5 + checked_confidence(confidence) / 2)))
    return AccuracyInterval(accuracy, np.where(k == 0, 0.0, low), np.where(k == judged, 1.0, high))
