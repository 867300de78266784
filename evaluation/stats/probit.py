"""The probit scale: accuracies as quantiles of the normal distribution."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from evaluation.stats.counts import checked_counts


def probit(num_correct: ArrayLike, num_images: ArrayLike) -> NDArray[np.float64]:
    r"""
    :math:`\Phi^{-1}` of an accuracy, kept finite where all or no images are correct.

    An accuracy of 0 or 1 has no finite probit; a count at the edge is moved inwards by half an image
    (k = 1/2 or n − 1/2), every other count is used as it is.

    Parameters
    ----------
    num_correct : array_like of int, any shape
        Images classified correctly, k.
    num_images : array_like of int, broadcastable
        Images classified, n.

    Returns
    -------
    ndarray of float
        In standard deviations; 0 is an accuracy of one half.

    Raises
    ------
    ValueError
        If a count is no whole number, k is not in [0, n], or n is below 1.

    References
    ----------
    Recht, Roelofs, Schmidt, Shankar (2019), "Do ImageNet Classifiers Generalize to ImageNet?", section 4;
    the half-image rule: Berkson (1953), Biometrics 9.

    Examples
    --------
    >>> probit([50, 84, 100], 100).round(3)
    array([0.   , 0.994, 2.576])
    """
    k, n = checked_counts(num_correct, num_images)
    return np.asarray(norm.ppf(np.clip(k, 0.5, n - 0.5) / n))


def from_probit(value: ArrayLike) -> NDArray[np.float64]:
    r"""
    The accuracy :math:`\Phi(z)` in (0, 1) of a probit z; any shape.

    Examples
    --------
    >>> float(from_probit(0.0))
    0.5
    """
    return np.asarray(norm.cdf(value))
