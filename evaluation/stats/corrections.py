"""The change of accuracy after a correction of selection frequencies, with its standard errors."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from annotation.stats.judgements import Judgements
from annotation.stats.mixture_step import PairCounts
from evaluation.stats.counts import checked_confidence
from evaluation.stats.naive_adjustment import fewest_judgements, share_matched
from evaluation.stats.scored_images import ScoredImages
from evaluation.stats.tallies import Tally, resampled_images, reweighted_workers, tally

# How far workers' weights go from 1 towards their numbers in a bootstrap sample. All the way, repeated judgements
# would look like noise, and noise is what corrections correct for.
NUDGE = 0.2


class Correction(Protocol):
    """A way to weight new images by their counts. All are called alike, for many samples at once."""

    def weights(self, original: PairCounts, new: PairCounts) -> NDArray[np.float64]:
        """Of a new image of each pair, shape (..., num_pairs); times the numbers of images they add up to 1."""
        ...

    def near(self, original: PairCounts, new: PairCounts) -> "Correction":
        """The same correction, made ready for samples of these counts."""
        ...


class Unadjusted:
    """No correction: the new accuracy as it is.

    Examples
    --------
    >>> pairs = PairCounts(np.array([1, 2]), np.array([2, 2]), np.array([30, 70]))
    >>> Unadjusted().weights(pairs, pairs)
    array([0.01, 0.01])
    """

    def weights(self, original: PairCounts, new: PairCounts) -> NDArray[np.float64]:
        """All the same."""
        return np.ones(new.num_images.shape) / new.num_images.sum(axis=-1, keepdims=True)

    def near(self, original: PairCounts, new: PairCounts) -> "Unadjusted":
        """Itself."""
        return self


@dataclass(frozen=True)
class CorrectedChange:
    """New minus original accuracy per classifier, shape (num_classifiers,), in [-1, 1], after a correction.

    `adjusted` is the accuracy the new images would have at the original's selection frequencies. `error_images` and
    `error_workers` are standard errors of `change`, by chance in which images were taken and which workers were asked;
    the second is 0 where judgements were not given. `share_matched` is the share of original images whose counts some
    new image has.
    """

    original: NDArray[np.float64]
    adjusted: NDArray[np.float64]
    error_images: NDArray[np.float64]
    error_workers: NDArray[np.float64]
    share_matched: float

    @property
    def change(self) -> NDArray[np.float64]:
        """What is left of the change."""
        return self.adjusted - self.original

    @property
    def standard_error(self) -> NDArray[np.float64]:
        """Both sources together: their squares add up, as images and workers are drawn independently."""
        return np.hypot(self.error_images, self.error_workers)

    def interval(self, *, confidence: float = 0.95) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Normal interval of the change."""
        half = norm.ppf(0.5 + checked_confidence(confidence) / 2) * self.standard_error
        return self.change - half, self.change + half


def adjusted_accuracy(original: ScoredImages, new: ScoredImages, correction: Correction) -> NDArray[np.float64]:
    """Accuracy the new images would have at the original's selection frequencies, without an interval.

    Parameters, errors and caveats are those of `correct`.

    Returns
    -------
    ndarray of float, shape (num_classifiers,)
        Mostly in [0, 1]: extrapolations may leave it.

    Examples
    --------
    >>> from evaluation.stats.naive_adjustment import NaiveAdjustment
    >>> from evaluation.stats.scored_images import scored_images
    >>> original, new = scored_images([2, 2, 1], 2, [1, 1, 1]), scored_images([2, 1, 1, 1], 2, [1, 1, 0, 0])
    >>> adjusted_accuracy(original, new, NaiveAdjustment()).round(3)
    array([0.778])
    """
    if original.is_correct.shape[1] != new.is_correct.shape[1]:
        numbers = original.is_correct.shape[1], new.is_correct.shape[1]
        raise ValueError(f"original and new were scored by {numbers[0]} and {numbers[1]} classifiers, not the same")
    found = tally(new)
    return np.asarray(correction.weights(tally(original).pairs, found.pairs) @ found.num_correct)


def correct(
    original: ScoredImages,
    new: ScoredImages,
    correction: Correction,
    *,
    rng: np.random.Generator,
    judgements: tuple[Judgements, Judgements] | None = None,
    num_replicates: int = 200,
) -> CorrectedChange:
    r"""How much accuracy changes between images of the same selection frequency, under a correction.

    The standard errors are those of the bootstrap. Over images: original and new ones drawn with replacement,
    independently. Over workers: drawn with replacement too, the same for both sets, but each worker's weight goes only
    a fifth of the way from 1 to their number in the sample, and the standard error is five times the spread, which is
    the same to first order. Chance in single judgements is in both, so that the two together are a little large.

    Parameters
    ----------
    original, new : ScoredImages
        The new images' counts must be of judgements that had no part in choosing them, or the images must stand for
        their pool (`evaluation.stats.scored_images.stands_for`). Of counts that images were chosen by, no correction
        can learn anything.
    correction : Correction
        `Unadjusted`, `NaiveAdjustment`, `DeleteJackknife` or `MixtureCorrection`.
    rng : numpy.random.Generator
        Draws the replicates.
    judgements : (Judgements, Judgements), optional
        Of the original and of the new images, a worker of both having one number; for errors over workers.
    num_replicates : int
        At least 2.

    Returns
    -------
    CorrectedChange

    Raises
    ------
    ValueError
        If the sets were scored by different numbers of classifiers, have no count in common, or there are too few
        replicates; and whatever the correction refuses.

    References
    ----------
    Engstrom et al. (2020); Efron and Tibshirani (1993), "An Introduction to the Bootstrap"; Efron (1982), "The
    Jackknife, the Bootstrap and Other Resampling Plans", chapter 6, for small weights; Owen (2007), "The pigeonhole
    bootstrap", for images and workers drawn independently of each other.

    Examples
    --------
    Accuracy is the true frequency; the pool is worse, and so is what was measured on it:

    >>> from evaluation.stats.mixture_correction import MixtureCorrection
    >>> from evaluation.stats.scored_images import scored_images
    >>> rng = np.random.default_rng(0)
    >>> good, poor = rng.beta(6, 2, 4000), rng.beta(3, 3, 8000)
    >>> sets = [scored_images(rng.binomial(10, f), 10, rng.random(len(f)) < f) for f in (good, poor)]
    >>> for correction in (Unadjusted(), MixtureCorrection()):
    ...     found = correct(*sets, correction, rng=rng, num_replicates=50)
    ...     print(f"{found.change[0]:+.2f} ± {2 * found.standard_error[0]:.2f}")
    -0.26 ± 0.01
    -0.02 ± 0.03
    """
    if num_replicates < 2:
        raise ValueError(f"num_replicates is {num_replicates}; it must be at least 2")
    first, second = tally(original), tally(new)
    ready = correction.near(first.pairs, second.pairs)
    adjusted = adjusted_accuracy(original, new, ready)
    samples = (resampled_images(each, num_replicates=num_replicates, rng=rng) for each in (original, new))
    of_images = _changes(ready, *samples)
    of_workers = np.zeros_like(of_images[:2])
    if judgements is not None:
        num_workers = max(each.num_workers for each in judgements)
        num_times = rng.multinomial(num_workers, np.full(num_workers, 1 / num_workers), size=num_replicates)
        weight = np.asarray(1 + NUDGE * (num_times - 1), dtype=np.float64)
        pairs = zip((original, new), judgements, strict=True)
        of_workers = _changes(ready, *(reweighted_workers(*each, weight) for each in pairs))
    return CorrectedChange(
        original=first.accuracy,
        adjusted=adjusted,
        error_images=of_images.std(axis=0, ddof=1),
        error_workers=of_workers.std(axis=0, ddof=1) / NUDGE,
        share_matched=share_matched(first.pairs, second.pairs, fewest_judgements(first.pairs, second.pairs)),
    )


def _changes(correction: Correction, original: Tally, new: Tally) -> NDArray[np.float64]:
    """Adjusted new minus original accuracy, shape (num_samples, num_classifiers)."""
    weights = correction.weights(original.pairs, new.pairs)
    return np.asarray(np.einsum("...p,...pc->...c", weights, new.num_correct) - original.accuracy)
