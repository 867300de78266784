"""Before paying: how narrow intervals will be, what a test set can show, what it takes to settle a candidate."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from annotation.stats.beta_binomial import BetaBinomialMixture
from annotation.stats.counts import checked_counts, checked_share
from annotation.stats.intervals import wilson


def expected_interval_width(
    mixture: BetaBinomialMixture, num_workers: ArrayLike, *, confidence: float = 0.95
) -> NDArray[np.float64]:
    r"""Mean width of the Wilson interval of an image of the study, by workers per grid.

    :math:`\sum_k P(k \mid n)\,(u_{kn} - l_{kn})` with the mixture's :math:`P` and Wilson's bounds.

    Parameters
    ----------
    mixture : BetaBinomialMixture
        True frequencies of the study, fitted to a pilot.
    num_workers : array_like of int, shape (n,)
        Workers per grid, each at least 1.
    confidence : float
        Coverage in (0, 1).

    Returns
    -------
    ndarray of float, shape (n,)
        Widths in [0, 1].

    Raises
    ------
    ValueError
        If a number of workers is below 1, or the confidence is outside (0, 1).

    References
    ----------
    Wilson (1927), as in `annotation.stats.intervals`.

    Examples
    --------
    >>> uniform = BetaBinomialMixture(np.array([1.0]), np.array([1.0]), np.array([1.0]))
    >>> expected_interval_width(uniform, [5, 10, 20]).round(2)
    array([0.56, 0.44, 0.33])
    """
    numbers, _ = checked_counts(num_workers, num_workers, names=("num_workers", "num_workers"))
    widths = np.empty(numbers.shape)
    for index, number in np.ndenumerate(numbers):
        found = wilson(np.arange(number + 1), number, confidence=confidence)
        widths[index] = np.exp(mixture.log_probability(np.arange(number + 1), number)) @ (found.high - found.low)
    return widths


def power(
    change: float, num_images: ArrayLike, *, original_accuracy: float, num_original: int, confidence: float = 0.95
) -> NDArray[np.float64]:
    r"""Probability that a change of accuracy is seen: that its interval leaves out 0.

    For two independent shares :math:`p_1` of N images and :math:`p_2 = p_1 + \delta` of n,
    :math:`s = \sqrt{p_1(1-p_1)/N + p_2(1-p_2)/n}` and the power :math:`\Phi(|\delta|/s - z) + \Phi(-|\delta|/s - z)`.
    This is for *one* classifier. The same images judged by several classifiers are paired, which is ignored: a
    comparison of classifiers, or a change averaged over many, is seen more easily.

    Parameters
    ----------
    change : float
        The accuracy change :math:`\delta`, a fraction: 0.02 for two points.
    num_images : array_like of int, any shape
        Images of the new test set: images per class times classes.
    original_accuracy : float
        In (0, 1), and so with the change added.
    num_original : int
        Images of the original test set, at least 1.
    confidence : float
        Of the interval, in (0, 1).

    Returns
    -------
    ndarray of float
        Of the shape of `num_images`, in (0, 1).

    Raises
    ------
    ValueError
        If an accuracy or the confidence is outside (0, 1), or a number of images is below 1.

    References
    ----------
    Fleiss, Levin and Paik (2003), "Statistical Methods for Rates and Proportions", without correction for
    continuity.

    Examples
    --------
    >>> power(-0.02, [1_000, 10_000], original_accuracy=0.75, num_original=50_000).round(2)
    array([0.29, 0.98])
    """
    first = checked_share(original_accuracy, "original_accuracy")
    second = checked_share(original_accuracy + change, "original_accuracy + change")
    new, old = (
        checked_counts(number, number, names=(name, name))[1]
        for number, name in ((num_images, "num_images"), (num_original, "num_original"))
    )
    z = norm.ppf(0.5 + checked_share(confidence, "confidence") / 2)
    shift = abs(change) / np.sqrt(first * (1 - first) / old + second * (1 - second) / new)
    return np.asarray(norm.cdf(shift - z) + norm.cdf(-shift - z))


def judgements_to_settle(
    num_selected: ArrayLike, num_seen: ArrayLike, frequency: ArrayLike, *, cut: float, confidence: float = 0.95
) -> NDArray[np.float64]:
    r"""How many more judgements it takes until a candidate's Wilson interval should leave out a cut.

    The interval of k of n leaves out c exactly if :math:`(k - cn)^2 > z^2 c(1-c)\,n`. With m more judgements, of
    which a share f selects the candidate, k grows by fm and n by m; the smallest m that lies on f's side of the cut is
    the larger root of a quadratic, rounded up.

    Parameters
    ----------
    num_selected, num_seen : array_like of int, shapes that broadcast
        Judgements that selected each candidate, and all judgements of it.
    frequency : array_like of float, broadcastable
        The true frequency f expected of each, in [0, 1]: best the posterior mean under the study's mixture.
    cut : float
        In (0, 1).
    confidence : float
        Coverage in (0, 1).

    Returns
    -------
    ndarray of float
        Whole numbers; 0 where the interval leaves out the cut already, inf where the frequency is the cut itself.

    Raises
    ------
    ValueError
        If a count is impossible, a frequency is outside [0, 1], or the cut or the confidence is outside (0, 1).

    References
    ----------
    Wilson (1927), as in `annotation.stats.intervals`: the interval is the inverse of the score test.

    Examples
    --------
    >>> judgements_to_settle([7, 7, 10], 10, [0.7, 0.55, 0.95], cut=0.5)
    array([ 15., 312.,   0.])
    """
    k, n = checked_counts(num_selected, num_seen)
    f = np.asarray(frequency, dtype=np.float64)
    if np.any(~((f >= 0) & (f <= 1))):
        raise ValueError(f"frequency holds {f[~((f >= 0) & (f <= 1))][0]}; all must lie between 0 and 1")
    spread = norm.ppf(0.5 + checked_share(confidence, "confidence") / 2) ** 2 * cut * (1 - checked_share(cut, "cut"))
    ahead, speed = k - cut * n, f - cut
    # speed² m² + (2 ahead speed − spread) m + ahead² − spread n > 0
    middle, end = 2 * ahead * speed - spread, ahead**2 - spread * n
    with np.errstate(divide="ignore", invalid="ignore"):
        root = (-middle + np.sqrt(np.maximum(middle**2 - 4 * speed**2 * end, 0))) / (2 * speed**2)
    # The first whole number beyond the root: on it the interval still touches the cut.
    wanted = np.where(speed == 0, np.inf, np.floor(root) + 1)
    return np.where(end > 0, 0.0, wanted)


def expected_matching_gap(
    original: BetaBinomialMixture, pool: BetaBinomialMixture, num_workers: ArrayLike
) -> NDArray[np.float64]:
    r"""How much less than the originals the matched images will really be selected, by workers per grid.

    Pool images are matched to originals by k of n judgements. Those of a pool that is selected less were lucky, and
    what their true frequencies lack is

    .. math:: \sum_k P_\text{original}(k \mid n)\,
        \bigl(E_\text{pool}[s \mid k, n] - E_\text{original}[s \mid k, n]\bigr).

    It goes to 0 as n grows: this is the bias that more workers buy off.

    Parameters
    ----------
    original, pool : BetaBinomialMixture
        True frequencies of both, fitted to a pilot.
    num_workers : array_like of int, shape (n,)
        Workers per grid, each at least 1.

    Returns
    -------
    ndarray of float, shape (n,)
        New minus original, a difference of fractions: negative where the pool is worse.

    Raises
    ------
    ValueError
        If a number of workers is below 1.

    References
    ----------
    Engstrom, Ilyas, Santurkar, Tsipras, Steinhardt and Madry (2020), "Identifying Statistical Bias in Dataset
    Replication", section 3.

    Examples
    --------
    >>> good, poor = (BetaBinomialMixture(np.array([1.0]), np.array([a]), np.array([2.0])) for a in (6.0, 2.0))
    >>> expected_matching_gap(good, poor, [5, 10, 40]).round(3)
    array([-0.111, -0.071, -0.023])
    """
    numbers, _ = checked_counts(num_workers, num_workers, names=("num_workers", "num_workers"))
    gaps = np.empty(numbers.shape)
    for index, number in np.ndenumerate(numbers):
        k = np.arange(number + 1)
        chance = np.exp(original.log_probability(k, number))
        means = [each.posterior(k, number).frequency for each in (pool, original)]
        gaps[index] = chance @ (means[0] - means[1])
    return gaps


def candidates_per_image(num_original: ArrayLike, num_pool: ArrayLike) -> float:
    r"""Pool candidates to judge for each image of a matched test set, so that its scarcest bin can be filled.

    With the shares :math:`h_b` of originals and :math:`q_b` of pool candidates in bin b, :math:`\max_b h_b / q_b`.

    Parameters
    ----------
    num_original, num_pool : array_like of int, shape (num_bins,)
        Images of a pilot in each bin of the selection frequency.

    Returns
    -------
    float
        At least 1; inf where originals lie in a bin that has no candidate.

    Raises
    ------
    ValueError
        If there are no originals or no candidates, a number is negative, or the shapes differ.

    References
    ----------
    Recht, Roelofs, Schmidt and Shankar (2019), "Do ImageNet Classifiers Generalize to ImageNet?", whose matched set
    is drawn bin by bin.

    Examples
    --------
    >>> candidates_per_image([10, 10, 10, 20, 50], [60, 10, 10, 10, 10])
    5.0
    """
    original, pool = np.asarray(num_original), np.asarray(num_pool)
    if original.shape != pool.shape or original.ndim != 1:
        raise ValueError(f"num_original and num_pool have shapes {original.shape} and {pool.shape}; give one per bin")
    if min(original.min(initial=0), pool.min(initial=0)) < 0 or min(original.sum(), pool.sum()) < 1:
        raise ValueError("num_original and num_pool must hold images, and no negative number")
    wanted = original > 0
    if np.any(pool[wanted] == 0):
        return float("inf")
    return float(np.max((original[wanted] / original.sum()) / (pool[wanted] / pool.sum())))
