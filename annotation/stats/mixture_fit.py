"""Fitting a mixture of beta-binomials to counts by EM, with as many components as help on images left out."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotation.stats.beta_binomial import BetaBinomialMixture
from annotation.stats.counts import checked_counts, unique_counts
from annotation.stats.mixture_step import PairCounts, em_step

MAX_COMPONENTS = 5
START_PRECISIONS = (2.0, 20.0)
NUM_FOLDS = 5
MAX_STEPS = 500


@dataclass(frozen=True)
class MixtureFit:
    """The mixture, its log-likelihood after each EM step, and the held-out one per number of components tried."""

    mixture: BetaBinomialMixture
    num_images: int
    trace: tuple[float, ...]
    held_out: tuple[float, ...] = ()

    @property
    def log_likelihood(self) -> float:
        """Of all images, natural logarithm."""
        return self.trace[-1]


def fit_mixture(
    num_selected: ArrayLike, num_seen: ArrayLike, *, num_components: int, tolerance: float = 1e-8
) -> MixtureFit:
    r"""Maximum-likelihood mixture with a given number of components.

    The E step weighs components by how well they explain each pair of counts; the M step moves (log a, log b) of
    each by one guarded Newton step, halved until the weighted likelihood does not fall, so that no step of EM loses
    likelihood. Starts are deterministic: means at the quantiles :math:`(c+\tfrac12)/C` of the observed
    frequencies, each of two precisions a + b; the better end is kept.

    Parameters
    ----------
    num_selected, num_seen : array_like of int, shape (n,)
        Judgements that selected each image, and all judgements of it.
    num_components : int
        From 1 to 5.
    tolerance : float
        EM stops when a step gains less than this per image.

    Returns
    -------
    MixtureFit
        Components by ascending mean.

    Raises
    ------
    ValueError
        If there are no images, a count is impossible, or `num_components` is not from 1 to 5.

    References
    ----------
    Dempster, Laird and Rubin (1977), "Maximum likelihood from incomplete data via the EM algorithm";
    Neal and Hinton (1998) for M steps that only improve.

    Examples
    --------
    >>> found = fit_mixture([0, 0, 1, 1, 9, 9, 10, 10], 10, num_components=2)
    >>> (found.mixture.a / (found.mixture.a + found.mixture.b)).round(2)
    array([0.05, 0.95])
    """
    if not 1 <= num_components <= MAX_COMPONENTS:
        raise ValueError(f"num_components is {num_components}; it must lie between 1 and {MAX_COMPONENTS}")
    return fit_pairs(_pairs(num_selected, num_seen), num_components, tolerance)


def choose_mixture(
    num_selected: ArrayLike, num_seen: ArrayLike, *, rng: np.random.Generator, max_components: int = MAX_COMPONENTS
) -> MixtureFit:
    """The mixture whose number of components explains left-out images best, fitted to all.

    Each image falls into one of five folds at random; a fold's images are explained by the fit to the others.
    Components are added until one more explains left-out images no better, which is where their number begins to fit
    chance. Chosen is the fewest components that explain left-out images no worse than the best number does, by more
    than one standard error of the difference. Counts of n judgements show n moments of the true frequencies and no
    more, so with few judgements an image several mixtures explain them as well.

    Parameters
    ----------
    num_selected, num_seen : array_like of int, shape (n,)
    rng : numpy.random.Generator
        Deals the images to folds.
    max_components : int
        The most to try, from 1 to 5.

    Returns
    -------
    MixtureFit
        `held_out` holds the log-likelihood of left-out images for 1, 2, ... components, as far as they were tried.

    Raises
    ------
    ValueError
        If there are fewer images than folds, a count is impossible, or `max_components` is not from 1 to 5.

    References
    ----------
    Smyth (2000), "Model selection for probabilistic clustering using cross-validated likelihood"; the rule of one
    standard error: Breiman, Friedman, Olshen and Stone (1984).

    Examples
    --------
    >>> k = np.random.default_rng(1).binomial(10, np.repeat([0.1, 0.8], 200))
    >>> choose_mixture(k, 10, rng=np.random.default_rng(0), max_components=3).mixture.num_components
    2
    """
    if not 1 <= max_components <= MAX_COMPONENTS:
        raise ValueError(f"max_components is {max_components}; it must lie between 1 and {MAX_COMPONENTS}")
    pairs = _pairs(num_selected, num_seen)
    if pairs.num_images.sum() < NUM_FOLDS:
        raise ValueError(f"num_seen holds {pairs.num_images.sum()} images; choosing needs at least {NUM_FOLDS}")
    folds = rng.multinomial(pairs.num_images.astype(np.int64), [1 / NUM_FOLDS] * NUM_FOLDS).T
    held_out = _tried(pairs, folds, max_components)
    chosen = fit_pairs(pairs, _fewest(held_out, folds) + 1, 1e-8)
    return replace(chosen, held_out=tuple(np.sum(held_out * folds, axis=(1, 2)).tolist()))


def _tried(pairs: PairCounts, folds: NDArray[np.int64], max_components: int) -> NDArray[np.float64]:
    """Log-probabilities as of `_held_out`, for 1, 2, ... components until one more is no better."""
    found = [_held_out(pairs, folds, 1)]
    for number in range(2, max_components + 1):
        found.append(_held_out(pairs, folds, number))
        if np.sum(found[-1] * folds) <= np.sum(found[-2] * folds):
            break
    return np.stack(found)


def _fewest(held_out: NDArray[np.float64], folds: NDArray[np.int64]) -> int:
    """The first row of log-probabilities, shape (C, folds, pairs), within one standard error of the best."""
    num_images = folds.sum()
    short = held_out[np.argmax(np.sum(held_out * folds, axis=(1, 2)))] - held_out
    total = np.sum(short * folds, axis=(1, 2))
    spread = np.sum((short - total[:, None, None] / num_images) ** 2 * folds, axis=(1, 2))
    return int(np.argmax(total <= np.sqrt(spread)))


def _pairs(num_selected: ArrayLike, num_seen: ArrayLike) -> PairCounts:
    k, n, _, num_images = unique_counts(*checked_counts(num_selected, num_seen))
    if not len(k):
        raise ValueError("num_seen holds no image; a mixture needs at least one")
    return PairCounts(k, n, num_images)


def _held_out(pairs: PairCounts, folds: NDArray[np.int64], num_components: int) -> NDArray[np.float64]:
    """Log-probability of each pair of counts under the fit to the other folds, shape (folds, pairs)."""
    rests = [replace(pairs, num_images=pairs.num_images - left_out) for left_out in folds]
    mixtures = [fit_pairs(rest, num_components, 1e-6).mixture for rest in rests]
    return np.stack([mixture.log_probability(pairs.num_selected, pairs.num_seen) for mixture in mixtures])


def fit_pairs(pairs: PairCounts, num_components: int, tolerance: float) -> MixtureFit:
    """`fit_mixture` of images that are counted already, which may stand for others and so be no whole number.

    Examples
    --------
    >>> pairs = PairCounts(np.array([0, 10]), np.array([10, 10]), np.array([2.5, 7.5]))
    >>> round(fit_pairs(pairs, 2, 1e-8).mixture.mean, 2)
    0.75
    """
    ends = [_climb(_start(pairs, num_components, precision), pairs, tolerance) for precision in START_PRECISIONS]
    return max(ends, key=lambda end: end.log_likelihood)


def _start(pairs: PairCounts, num_components: int, precision: float) -> BetaBinomialMixture:
    frequency = (pairs.num_selected + 0.5) / (pairs.num_seen + 1)
    order = np.argsort(frequency, kind="stable")
    reached = np.cumsum(pairs.num_images[order]) / pairs.num_images.sum()
    wanted = (np.arange(num_components) + 0.5) / num_components
    # Equal means would stay equal for ever: quantiles are drawn a little towards an even spread.
    mean = 0.9 * frequency[order][np.searchsorted(reached, wanted)] + 0.1 * wanted
    return BetaBinomialMixture(np.full(num_components, 1 / num_components), precision * mean, precision * (1 - mean))


def _climb(mixture: BetaBinomialMixture, pairs: PairCounts, tolerance: float) -> MixtureFit:
    num_images = round(float(pairs.num_images.sum()))
    trace = [float(pairs.log_likelihood(mixture))]
    for _ in range(MAX_STEPS):
        mixture = em_step(mixture, pairs)
        trace.append(float(pairs.log_likelihood(mixture)))
        if trace[-1] - trace[-2] < tolerance * num_images:
            break
    order = np.argsort(mixture.a / (mixture.a + mixture.b), kind="stable")
    ordered = BetaBinomialMixture(mixture.weight[order], mixture.a[order], mixture.b[order])
    return MixtureFit(ordered, num_images, tuple(trace))
