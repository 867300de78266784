"""How much of a change a correction of the frequencies explains, and what remains, where sets may share images."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from annotation.stats.counts import unique_counts
from evaluation.stats.comparing.fits import Interval
from evaluation.stats.corrections import Correction, adjusted_accuracy
from evaluation.stats.counts import checked_confidence
from evaluation.stats.naive_adjustment import fewest_judgements, share_matched
from evaluation.stats.scored_images import ScoredImages
from evaluation.stats.tallies import reweighted_images, tally

Places = NDArray[np.intp]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ExplainedChange:
    """The mean change of some classifiers, new minus original, in two parts that add up; fractions in [-1, 1].

    `explained` is the part that the correction takes away and `remainder` the rest, each with its standard error by
    chance in which images were taken. `share_matched` is the share of original images whose counts some new image has.
    """

    explained: float
    explained_error: float
    remainder: float
    remainder_error: float
    share_matched: float

    def explained_interval(self, *, confidence: float = 0.95) -> Interval:
        """Normal interval of what is explained."""
        return _normal(self.explained, self.explained_error, confidence)

    def remainder_interval(self, *, confidence: float = 0.95) -> Interval:
        """Normal interval of what remains."""
        return _normal(self.remainder, self.remainder_error, confidence)


@dataclass(frozen=True)
class TwoSets:
    """The images of an original and of a new set, scored by the same classifiers.

    `original` are the original's images with judgements, and `unjudged`, shape (n,), the mean over classifiers of right
    answers on each of the others. `shared` are the places of images that both sets hold: among the original's, judged
    ones first, and among the new ones.
    """

    original: ScoredImages
    new: ScoredImages
    unjudged: ArrayLike = ()
    shared: tuple[ArrayLike, ArrayLike] = ((), ())


def explained_change(
    sets: TwoSets, correction: Correction, *, rng: np.random.Generator, num_replicates: int = 200
) -> ExplainedChange:
    r"""Split the change from the original to a new set into what a correction explains, and what remains.

    With the accuracies :math:`A` of the original, :math:`A'` of the new set, and :math:`C` that the new images would
    have at the original's frequencies,

    .. math:: A' - A = \underbrace{(A' - C)}_\text{explained} + \underbrace{(C - A)}_\text{remainder}.

    The standard errors are those of a bootstrap by weights: in each replicate every *image* has one random weight of
    mean 1 and variance 1 (exponential), which counts in all of :math:`A`, :math:`A'` and :math:`C`. To first order the
    remainder is a sum over images, :math:`\sum_{i \in S} a_i + \sum_{j \in S'} c_j`, and an image of both sets
    contributes :math:`a_i + c_i`, so that

    .. math:: \mathrm{Var}(C - A) = \sum_{S \setminus S'} a_i^2 + \sum_{S' \setminus S} c_j^2
        + \sum_{S \cap S'} (a_i + c_i)^2,

    less than with independent sets where :math:`a` and :math:`c` have opposite signs, as they mostly have. Weights are
    scaled so that images of both sets, and those of one only, keep their numbers; where new images stand for a pool,
    those of each pair of counts do.

    Parameters
    ----------
    sets : TwoSets
        With counts of the new images as `evaluation.stats.corrections.correct` needs them. Of several classifiers the
        mean is split.
    correction : Correction
    rng : numpy.random.Generator
        Draws the weights.
    num_replicates : int
        At least 2.

    Returns
    -------
    ExplainedChange

    Raises
    ------
    ValueError
        If a place is none or stands twice, the lengths differ, or there are too few replicates; and as `correct`.

    References
    ----------
    Engstrom et al. (2020), "Identifying Statistical Bias in Dataset Replication"; Rubin (1981), "The Bayesian
    bootstrap", for the weights; Efron (1982), chapter 6, for the sum over images.

    Examples
    --------
    The same images in both sets leave nothing to chance:

    >>> from evaluation.stats.naive_adjustment import NaiveAdjustment
    >>> from evaluation.stats.scored_images import scored_images
    >>> rng = np.random.default_rng(0)
    >>> images = scored_images(rng.integers(0, 6, 200), 5, rng.random(200) < 0.7)
    >>> places = np.arange(200)
    >>> apart = explained_change(TwoSets(images, images), NaiveAdjustment(), rng=rng)
    >>> same = explained_change(TwoSets(images, images, shared=(places, places)), NaiveAdjustment(), rng=rng)
    >>> print(f"{apart.remainder_error:.3f} {same.remainder_error:.3f}")
    0.052 0.000
    """
    if num_replicates < 2:
        raise ValueError(f"num_replicates is {num_replicates}; it must be at least 2")
    original, new = sets.original, sets.new
    before = np.concatenate([original.is_correct.mean(axis=1), np.asarray(sets.unjudged, dtype=np.float64)])
    after = new.is_correct.mean(axis=1)
    places = _checked_places(sets.shared, (len(before), len(after)))
    first, second = tally(original).pairs, tally(new).pairs
    ready = correction.near(first, second)
    adjusted = float(adjusted_accuracy(original, new, ready).mean())
    of_old, of_new = _weights(new, places, (num_replicates, len(before)), rng)
    old, young = reweighted_images(original, of_old[:, : len(original.num_seen)]), reweighted_images(new, of_new)
    corrected = np.einsum("...p,...pc->...c", ready.weights(old.pairs, young.pairs), young.num_correct).mean(axis=1)
    return ExplainedChange(
        explained=float(after.mean()) - adjusted,
        explained_error=float((of_new @ after / len(after) - corrected).std(ddof=1)),
        remainder=adjusted - float(before.mean()),
        remainder_error=float((corrected - of_old @ before / len(before)).std(ddof=1)),
        share_matched=share_matched(first, second, fewest_judgements(first, second)),
    )


def _weights(
    new: ScoredImages, places: tuple[Places, Places], shape: tuple[int, int], rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Of the original's and of the new images, a row per replicate; an image of both sets has the same chance."""
    here, there = places
    of_old, of_new = np.empty(shape), np.empty((shape[0], len(new.num_seen)))
    group_old, group_new = _groups(shape[1], here), _groups(len(new.num_seen), there)
    if new.is_a_sample:
        group_new = unique_counts(new.num_selected, new.num_seen)[2]
    for row in range(shape[0]):
        old, young = rng.exponential(size=shape[1]), rng.exponential(size=len(new.num_seen))
        young[there] = old[here]
        of_old[row], of_new[row] = _scaled(old, group_old), _scaled(young, group_new)
    return of_old, _stretched(of_new, group_new) if new.is_a_sample else of_new


def _normal(value: float, error: float, confidence: float) -> Interval:
    half = float(norm.ppf(0.5 + checked_confidence(confidence) / 2)) * error
    return Interval(value - half, value + half)


def _checked_places(shared: tuple[ArrayLike, ArrayLike], sizes: tuple[int, int]) -> tuple[Places, Places]:
    here, there = (np.asarray(each, dtype=np.intp) for each in shared)
    for each, size, name in ((here, sizes[0], "original"), (there, sizes[1], "new")):
        if each.ndim != 1 or np.any((each < 0) | (each >= size)) or len(np.unique(each)) < len(each):
            raise ValueError(f"shared must name places among the {size} {name} images, each once")
    if len(here) != len(there):
        raise ValueError(f"shared names {len(here)} original and {len(there)} new images; they must be the same")
    return here, there


def _groups(size: int, shared: Places) -> Places:
    """1 for what both sets hold, 0 for the others."""
    group = np.zeros(size, dtype=np.intp)
    group[shared] = 1
    return group


def _scaled(chance: Floats, group: NDArray[np.integer]) -> Floats:
    """So that the images of a group have the mean weight 1."""
    return np.asarray(chance * (np.bincount(group) / np.maximum(np.bincount(group, chance), 1e-300))[group])


def _stretched(weight: Floats, group: NDArray[np.integer]) -> Floats:
    """As far from 1 as drawing with replacement goes: scaled within a few images, weights lie closer to it."""
    size = np.bincount(group)[group]
    return np.asarray(1 + (weight - 1) * np.sqrt((size + 1) / size))
