"""How far a selection frequency can be believed: intervals around k of n."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv
from scipy.stats import norm

from annotation.stats.counts import checked_counts, checked_share


@dataclass(frozen=True)
class FrequencyInterval:
    """A frequency in [0, 1] with the bounds of its interval; arrays of the shape of the counts."""

    frequency: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def wilson(num_selected: ArrayLike, num_seen: ArrayLike, *, confidence: float = 0.95) -> FrequencyInterval:
    r"""Score interval: the frequencies that a normal test at k of n would not reject.

    With :math:`\hat p = k/n` and the normal quantile z, the bounds are

    .. math:: \frac{\hat p + z^2/2n \pm z\sqrt{\hat p(1-\hat p)/n + z^2/4n^2}}{1 + z^2/n}.

    A frequency c lies outside exactly if :math:`|\hat p - c| > z\sqrt{c(1-c)/n}`.

    Parameters
    ----------
    num_selected, num_seen : array_like of int, shapes that broadcast
        Judgements that selected the image, k, and all judgements of it, n >= 1.
    confidence : float
        Coverage in (0, 1).

    Returns
    -------
    FrequencyInterval
        `frequency` is k/n.

    Raises
    ------
    ValueError
        If a count is no whole number, k is not in [0, n], n is below 1, or the confidence is outside (0, 1).

    References
    ----------
    Wilson (1927), "Probable inference, the law of succession, and statistical inference", JASA 22.

    Examples
    --------
    >>> found = wilson(7, 10)
    >>> print(f"{found.frequency:.2f} [{found.low:.2f}, {found.high:.2f}]")
    0.70 [0.40, 0.89]
    """
    k, n = checked_counts(num_selected, num_seen)
    z = float(norm.ppf(0.5 + checked_share(confidence, "confidence") / 2))
    frequency = k / n
    low, high = wilson_bounds(frequency, n, z)
    return FrequencyInterval(frequency, np.where(k == 0, 0.0, low), np.where(k == n, 1.0, high))


def wilson_bounds(
    frequency: NDArray[np.float64], num_seen: ArrayLike, z: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both bounds by the formula of `wilson`; the frequency may be an expected one, no fraction of `num_seen`.

    Examples
    --------
    >>> [round(float(bound), 3) for bound in wilson_bounds(np.array(0.73), 10, 1.96)]
    [0.424, 0.909]
    """
    n = np.asarray(num_seen, dtype=np.float64)
    centre = (frequency + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(frequency * (1 - frequency) / n + z**2 / (4 * n**2))
    return centre - half, centre + half


def jeffreys(num_selected: ArrayLike, num_seen: ArrayLike, *, confidence: float = 0.95) -> FrequencyInterval:
    r"""Equal-tailed credible interval under the prior Beta(1/2, 1/2).

    The bounds are the quantiles :math:`\alpha/2` and :math:`1-\alpha/2` of
    :math:`\mathrm{Beta}(k+\tfrac12,\, n-k+\tfrac12)`; the lower is 0 at k = 0, the upper 1 at k = n, so that
    coverage does not collapse at the edges.

    Parameters
    ----------
    num_selected, num_seen : array_like of int, shapes that broadcast
        Judgements that selected the image, k, and all judgements of it, n >= 1.
    confidence : float
        Coverage in (0, 1).

    Returns
    -------
    FrequencyInterval
        `frequency` is k/n.

    Raises
    ------
    ValueError
        If a count is no whole number, k is not in [0, n], n is below 1, or the confidence is outside (0, 1).

    References
    ----------
    Brown, Cai and DasGupta (2001), "Interval estimation for a binomial proportion", Statistical Science 16.

    Examples
    --------
    >>> found = jeffreys([0, 7], 10)
    >>> found.low.round(3), found.high.round(3)
    (array([0.   , 0.394]), array([0.217, 0.907]))
    """
    k, n = checked_counts(num_selected, num_seen)
    tail = (1 - checked_share(confidence, "confidence")) / 2
    low = np.where(k == 0, 0.0, betaincinv(k + 0.5, n - k + 0.5, tail))
    high = np.where(k == n, 1.0, betaincinv(k + 0.5, n - k + 0.5, 1 - tail))
    return FrequencyInterval(k / n, low, high)
