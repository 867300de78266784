"""The line of new over original accuracy on three scales, with what chance in classifiers and in images does to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit
from scipy.stats import norm

from evaluation.stats.counts import checked_confidence, checked_counts
from evaluation.stats.probit import probit


class Scale(StrEnum):
    """What an accuracy is drawn on."""

    LINEAR = "linear"
    LOGIT = "logit"
    PROBIT = "probit"


@dataclass(frozen=True)
class Interval:
    """From the percentiles of a bootstrap."""

    low: float
    high: float


@dataclass(frozen=True)
class FitWithIntervals:
    """y = slope · x + intercept on a scale, with intervals; `r_squared` is the share of variance explained.

    `grid` are original accuracies, and `line`, `band_low`, `band_high` the new ones that the line says there, all
    fractions, to be drawn; the band is that of the line, not of single classifiers.
    """

    scale: Scale
    slope: float
    intercept: float
    r_squared: float
    slope_interval: Interval
    intercept_interval: Interval
    grid: NDArray[np.float64]
    line: NDArray[np.float64]
    band_low: NDArray[np.float64]
    band_high: NDArray[np.float64]
    num_classifiers: int
    num_families: int


@dataclass(frozen=True)
class Sampling:
    """How much is resampled: families of classifiers, and images of either set, given their accuracy."""

    num_replicates: int = 2000
    confidence: float = 0.95
    over_images: bool = True
    num_drawn: int = 101
    """Points of the line to be drawn."""


def fit_with_intervals(
    original: ArrayLike,
    new: ArrayLike,
    *,
    scale: Scale,
    rng: np.random.Generator,
    families: Sequence[str] | None = None,
    sampling: Sampling | None = None,
) -> FitWithIntervals:
    r"""Least squares of new on original accuracy, one point per classifier, each family counted once.

    Accuracies :math:`p = k/n` are transformed: as they are, :math:`\ln\frac{p}{1-p}`, or :math:`\Phi^{-1}(p)`, at the
    edges moved inwards by half an image. A classifier weighs one over the size of its family, so that twenty copies of
    one architecture say no more than one. The bootstrap draws families with replacement, all of whose members come
    along, and then for each classifier new counts, :math:`\text{Bin}(n, k/n)`, on both sets. Binomial counts are
    independent between classifiers; those of real ones move together, which shifts the line as a whole rather than its
    slope, so that the interval of the intercept is too narrow by that.

    Parameters
    ----------
    original, new : array_like of int, shape (num_classifiers, 2)
        Pairs (num_correct, num_images) of each classifier on the two sets.
    scale : Scale
        On which the line is straight.
    rng : numpy.random.Generator
        The source of all randomness.
    families : sequence of str, optional
        The family of each classifier; without it each is its own.
    sampling : Sampling, optional
        Replicates, confidence, and whether images are resampled too.

    Returns
    -------
    FitWithIntervals

    Raises
    ------
    ValueError
        If there are fewer than three families, all original accuracies are equal, a pair is no valid count, or the
        lengths differ.

    References
    ----------
    Recht, Roelofs, Schmidt and Shankar (2019), "Do ImageNet Classifiers Generalize to ImageNet?", section 4 and
    figure 1: slope and bootstrap interval. Efron and Tibshirani (1993), "An Introduction to the Bootstrap", chapters 9
    and 13.

    Examples
    --------
    >>> counts = np.array([[500, 1000], [600, 1000], [700, 1000], [800, 1000]])
    >>> found = fit_with_intervals(counts, counts - [100, 0], scale=Scale.LINEAR, rng=np.random.default_rng(0))
    >>> print(f"{found.slope:.2f} {found.intercept:+.2f}, {found.num_families} families")
    1.00 -0.10, 4 families
    """
    how = sampling or Sampling()
    tail = (1 - checked_confidence(how.confidence)) / 2
    old, young = _pairs(original, "original"), _pairs(new, "new")
    if len(old) != len(young):
        raise ValueError(f"new holds {len(young)} classifiers; it must hold as many as original, {len(old)}")
    family, weight = _families(families, len(old))
    num_families = int(family.max(initial=-1)) + 1
    x, y = (_to_scale(each[:, 0], each[:, 1], scale) for each in (old, young))
    if num_families < 3 or np.ptp(x) == 0:
        raise ValueError("original needs different accuracies, and classifiers of at least three families")
    slope, intercept = _lines(x[None], y[None], weight[None])
    slopes, intercepts = _replicates((old, young), family, weight, scale, how, rng)
    first, last = (float(_from_scale(end, scale)) for end in (x.min(), x.max()))
    grid = np.linspace(first, last, how.num_drawn)
    on_scale = _transform(grid, scale)
    drawn = slopes[:, None] * on_scale + intercepts[:, None]
    low, high = (np.quantile(drawn, q, axis=0) for q in (tail, 1 - tail))
    mean = weight @ y / weight.sum()
    residual = weight @ (y - slope[0] * x - intercept[0]) ** 2
    total = weight @ (y - mean) ** 2
    return FitWithIntervals(
        scale=scale,
        slope=float(slope[0]),
        intercept=float(intercept[0]),
        r_squared=float(1 - residual / total) if total else 1.0,
        slope_interval=_interval(slopes, tail),
        intercept_interval=_interval(intercepts, tail),
        grid=grid,
        line=_from_scale(slope[0] * on_scale + intercept[0], scale),
        band_low=_from_scale(low, scale),
        band_high=_from_scale(high, scale),
        num_classifiers=len(old),
        num_families=num_families,
    )


def _replicates(
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
    family: NDArray[np.int64],
    weight: NDArray[np.float64],
    scale: Scale,
    how: Sampling,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Slopes and intercepts; a draw in which all x are equal is drawn again."""
    num_families = int(family.max()) + 1
    found: list[NDArray[np.float64]] = []
    num_found = 0
    while num_found < how.num_replicates:
        times = rng.multinomial(num_families, np.full(num_families, 1 / num_families), size=how.num_replicates)
        weights = times[:, family] * weight
        counts = [
            rng.binomial(n, k / n, (how.num_replicates, len(k)))
            if how.over_images
            else np.broadcast_to(k, weights.shape)
            for k, n in (each.T for each in pairs)
        ]
        x, y = (_to_scale(drawn, each[:, 1], scale) for drawn, each in zip(counts, pairs, strict=True))
        slope, intercept = _lines(x, y, weights)
        usable = np.isfinite(slope)
        found.append(np.stack([slope[usable], intercept[usable]]))
        num_found += int(usable.sum())
    slopes, intercepts = np.concatenate(found, axis=1)[:, : how.num_replicates]
    return slopes, intercepts


def _lines(
    x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weighted least squares, a row each; nan where all x of a row are equal."""
    total = weight.sum(axis=1, keepdims=True)
    x_mean, y_mean = ((weight * each).sum(axis=1, keepdims=True) / total for each in (x, y))
    spread = (weight * (x - x_mean) ** 2).sum(axis=1)
    together = (weight * (x - x_mean) * (y - y_mean)).sum(axis=1)
    slope = np.divide(together, spread, out=np.full(len(spread), np.nan), where=spread > 1e-15)
    return slope, y_mean[:, 0] - slope * x_mean[:, 0]


def _families(names: Sequence[str] | None, num: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The number of each classifier's family, and its weight."""
    if names is None:
        return np.arange(num), np.ones(num)
    if len(names) != num:
        raise ValueError(f"families holds {len(names)} names; it must hold one for each of {num} classifiers")
    _, family, sizes = np.unique(np.asarray(names), return_inverse=True, return_counts=True)
    return family, 1 / sizes[family]


def _pairs(counts: ArrayLike, name: str) -> NDArray[np.int64]:
    pairs = np.asarray(counts)
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise ValueError(f"{name} has shape {pairs.shape}; give (num_classifiers, 2): num_correct and num_images")
    k, n = checked_counts(pairs[:, 0], pairs[:, 1], (f"num_correct of {name}", f"num_images of {name}"))
    return np.stack([k, n], axis=1)


def _to_scale(num_correct: NDArray[np.int64], num_images: NDArray[np.int64], scale: Scale) -> NDArray[np.float64]:
    if scale == Scale.LINEAR:
        return np.asarray(num_correct / num_images)
    if scale == Scale.PROBIT:
        return probit(num_correct, num_images)
    return np.asarray(logit(np.clip(num_correct, 0.5, num_images - 0.5) / num_images))


def _transform(accuracy: NDArray[np.float64], scale: Scale) -> NDArray[np.float64]:
    transforms: dict[Scale, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
        Scale.LINEAR: np.asarray, Scale.LOGIT: logit, Scale.PROBIT: norm.ppf
    }  # fmt: skip
    return np.asarray(transforms[scale](accuracy))


def _from_scale(value: NDArray[np.float64], scale: Scale) -> NDArray[np.float64]:
    inverses: dict[Scale, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
        Scale.LINEAR: np.asarray, Scale.LOGIT: expit, Scale.PROBIT: norm.cdf
    }  # fmt: skip
    return np.asarray(inverses[scale](value))


def _interval(values: NDArray[np.float64], tail: float) -> Interval:
    return Interval(*(float(each) for each in np.quantile(values, [tail, 1 - tail])))
