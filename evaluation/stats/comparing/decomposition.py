"""What a drop of accuracy is made of: chance in the images, adaptivity, and what is left to the distribution."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import kendalltau

from evaluation.stats.accuracy import clopper_pearson
from evaluation.stats.comparing.fits import Interval, Sampling, Scale, fit_with_intervals
from evaluation.stats.counts import checked_confidence, checked_counts, checked_values
from evaluation.stats.probit import probit

MIN_DATED = 4


@dataclass(frozen=True)
class GeneralizationGap:
    """How far an accuracy may lie from that of endless images of the same kind; fractions, of the counts' shape.

    `below` and `above` are distances to the Clopper–Pearson bounds, `hoeffding` the distance that holds for every
    distribution.
    """

    below: NDArray[np.float64]
    above: NDArray[np.float64]
    hoeffding: NDArray[np.float64]


@dataclass(frozen=True)
class Adaptivity:
    """Two signs of over-fitting to the original by reuse, both on the probit scale.

    A `slope` below 1 means that what was gained on the original is gained on the new set in part only: diminishing
    returns. A negative `date_correlation` means that later classifiers lie lower under the line than earlier ones, as
    if each had learnt more of the test set; with its p-value, and None where too few have a date.
    """

    slope: float
    slope_interval: Interval
    date_correlation: float | None
    date_p: float | None
    num_dated: int

    @property
    def has_diminishing_returns(self) -> bool:
        """Whether the slope is below 1 by more than chance."""
        return self.slope_interval.high < 1


@dataclass(frozen=True)
class Decomposition:
    """Mean change over classifiers, new minus original, split into parts that add up; fractions.

    `explained` is the part that goes away when the frequencies are corrected. `generalization` bounds what chance in
    the new images, and `sampling` what that in the original ones can do to the mean. `remainder` is the rest, with an
    interval that holds both and the error of the correction: the distribution gap, where adaptivity shows no sign.
    """

    change: float
    explained: float
    generalization: float
    sampling: float
    remainder: float
    remainder_interval: Interval


def generalization_gap(num_correct: ArrayLike, num_images: ArrayLike, *, confidence: float = 0.95) -> GeneralizationGap:
    r"""Bounds of what chance in the images can have done to an accuracy.

    Clopper and Pearson's exact bounds, and Hoeffding's :math:`\sqrt{\ln(2/\alpha)/2n}`, which knows nothing of the
    accuracy and is wider.

    Parameters
    ----------
    num_correct, num_images : array_like of int, shapes that broadcast
        Of a classifier that was not chosen by looking at these images.
    confidence : float
        Coverage in (0, 1).

    Returns
    -------
    GeneralizationGap

    Raises
    ------
    ValueError
        If a pair is no valid count, or the confidence is outside (0, 1).

    References
    ----------
    Recht, Roelofs, Schmidt and Shankar (2019), "Do ImageNet Classifiers Generalize to ImageNet?", section 2; Hoeffding
    (1963), "Probability inequalities for sums of bounded random variables".

    Examples
    --------
    >>> found = generalization_gap(7221, 10_000)
    >>> print(f"-{found.below:.4f} +{found.above:.4f}, Hoeffding {found.hoeffding:.4f}")
    -0.0089 +0.0088, Hoeffding 0.0136
    """
    k, n = checked_counts(num_correct, num_images)
    found = clopper_pearson(k, n, confidence)
    hoeffding = np.sqrt(np.log(2 / (1 - checked_confidence(confidence))) / (2 * n))
    return GeneralizationGap(found.accuracy - found.low, found.high - found.accuracy, np.asarray(hoeffding))


def adaptivity(
    original: ArrayLike,
    new: ArrayLike,
    *,
    rng: np.random.Generator,
    released: Sequence[float | None] | None = None,
    families: Sequence[str] | None = None,
    sampling: Sampling | None = None,
) -> Adaptivity:
    r"""Look for what over-fitting by reuse of a test set would leave: diminishing returns, and later classifiers below.

    The line of new over original accuracy is fitted on the probit scale. Kendall's :math:`\tau` between the release
    dates and the residuals of that line says whether later classifiers fall behind it; residuals of few classifiers
    depend on each other a little, so that its p is approximate.

    Chance in the original images flattens the line by itself: with true accuracies spread as widely as that chance, the
    slope falls below 1 without any over-fitting. With some thousand images per set it does not matter; with fewer, a
    slope below 1 is no sign of anything.

    Parameters
    ----------
    original, new : array_like of int, shape (num_classifiers, 2)
        Pairs (num_correct, num_images).
    rng : numpy.random.Generator
        For the interval of the slope.
    released : sequence of float or None, optional
        When each classifier was released, such as 2015.5; None where that is unknown.
    families : sequence of str, optional
        The family of each classifier, counted once in the line.
    sampling : Sampling, optional
        Of the bootstrap.

    Returns
    -------
    Adaptivity

    Raises
    ------
    ValueError
        As `fit_with_intervals`, or if there is not one date for each classifier.

    References
    ----------
    Recht et al. (2019), sections 2 and 4.1; Roelofs et al. (2019), "A Meta-Analysis of Overfitting in Machine
    Learning"; Kendall (1938), "A new measure of rank correlation".

    Examples
    --------
    >>> original = np.array([[600, 1000], [700, 1000], [800, 1000], [900, 1000]])
    >>> years = [2012, 2014, 2016, 2018]
    >>> found = adaptivity(original, original - [80, 0], rng=np.random.default_rng(0), released=years)
    >>> found.has_diminishing_returns, found.num_dated
    (False, 4)
    """
    fit = fit_with_intervals(
        original, new, scale=Scale.PROBIT, rng=rng, families=families, sampling=sampling or Sampling()
    )
    old, young = (probit(pairs[:, 0], pairs[:, 1]) for pairs in (np.asarray(original), np.asarray(new)))
    dates = [None] * len(old) if released is None else list(released)
    if len(dates) != len(old):
        raise ValueError(f"released holds {len(dates)} dates; it must hold one for each of {len(old)} classifiers")
    known = np.array([each is not None for each in dates])
    values = checked_values([each for each in dates if each is not None], "released")
    if known.sum() < MIN_DATED or np.ptp(values) == 0:
        return Adaptivity(fit.slope, fit.slope_interval, None, None, int(known.sum()))
    residual = np.round(young - fit.slope * old - fit.intercept, 12)[known]
    tau = kendalltau(values, residual)
    correlation, p = (None if np.isnan(each) else float(each) for each in (tau.statistic, tau.pvalue))
    return Adaptivity(fit.slope, fit.slope_interval, correlation, p, int(known.sum()))


def decompose(
    original: ArrayLike,
    new: ArrayLike,
    *,
    explained: ArrayLike = 0.0,
    explained_error: ArrayLike = 0.0,
    confidence: float = 0.95,
) -> Decomposition:
    r"""Split the mean change of some classifiers into what a bias explains, what chance may do, and the remainder.

    .. math:: \underbrace{A_{S'} - A_S}_\text{change} = \underbrace{(A_{S'} - A_{D'})}_\text{generalization}
        + \underbrace{(A_{D'} - A_D)}_\text{distribution} + \underbrace{(A_D - A_S)}_\text{sampling, adaptivity}

    with test sets S, S' and their distributions D, D'. All classifiers see the same images, so that their errors may
    all point the same way: the bounds of the mean are the means of the bounds, which no dependence can exceed. With
    sets that share no image, and a part explained from elsewhere, the three sources are independent, so that the
    interval of the remainder adds their squares; else `evaluation.stats.comparing.explained` has the right one.

    Parameters
    ----------
    original, new : array_like of int, shape (num_classifiers, 2)
        Pairs (num_correct, num_images).
    explained : array_like of float, shape () or (num_classifiers,)
        The part of each change that a correction of the frequencies takes away: the change less the corrected change.
    explained_error : array_like of float, the same shape
        Its half-width, at the same confidence.
    confidence : float
        Coverage in (0, 1).

    Returns
    -------
    Decomposition

    Raises
    ------
    ValueError
        If a pair is no valid count, the lengths differ, or the confidence is outside (0, 1).

    References
    ----------
    Recht et al. (2019), section 2, equation (1); Engstrom et al. (2020), "Identifying Statistical Bias in Dataset
    Replication", for the part that is explained.

    Examples
    --------
    >>> found = decompose([[7500, 10_000]], [[6500, 10_000]], explained=-0.06)
    >>> print(f"{found.change:.3f} = {found.explained:.3f} {found.remainder:+.3f}, chance {found.generalization:.3f}")
    -0.100 = -0.060 -0.040, chance 0.009
    """
    pairs = [np.asarray(each) for each in (original, new)]
    for each, name in zip(pairs, ("original", "new"), strict=True):
        if each.ndim != 2 or each.shape[1] != 2 or not len(each) or each.shape != pairs[0].shape:
            raise ValueError(f"{name} has shape {each.shape}; give a pair for each of the same classifiers")
    gaps = [generalization_gap(each[:, 0], each[:, 1], confidence=confidence) for each in pairs]
    sampling, generalization = (float(np.maximum(gap.below, gap.above).mean()) for gap in gaps)
    change = float((pairs[1][:, 0] / pairs[1][:, 1] - pairs[0][:, 0] / pairs[0][:, 1]).mean())
    part, error = (float(np.mean(np.asarray(each, dtype=np.float64))) for each in (explained, explained_error))
    remainder = change - part
    half = float(np.sqrt(generalization**2 + sampling**2 + error**2))
    return Decomposition(
        change, part, generalization, sampling, remainder, Interval(remainder - half, remainder + half)
    )
