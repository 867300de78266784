"""Half of each image's judgements to choose by, and the others to see what came of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.stats.beta_binomial import BetaBinomialMixture
from annotation.stats.held_out import split
from annotation.stats.mixture_fit import MAX_COMPONENTS, NUM_FOLDS, choose_mixture, fit_mixture
from annotation.stats.posterior_matching import PosteriorTable
from annotation.strategies.base import Posteriors
from annotation.testsets.counted import Counted, IntArray, StudyCounts

SPLIT = 1  # a source of chance of a class, beside that of its draw
LEAST = 2  # judgements of an image that can be halved
MIN_IMAGES = 20  # for each component of a mixture
DIGITS = 6


@dataclass(frozen=True)
class Halves:
    """The same images twice, with the counts of either part of their judgements; the odd one is held out."""

    chosen_by: Counted
    held_out: Counted

    def only(self, wanted: IntArray) -> "Halves":
        """Some of the images."""
        return Halves(self.chosen_by.only(wanted), self.held_out.only(wanted))


@dataclass(frozen=True)
class ClassHalves:
    """Those of one class."""

    pool: Halves
    originals: Halves


def halves_of(counts: StudyCounts, *, least: int, seed: int) -> dict[int, ClassHalves]:
    """Every image with so many judgements, and two at least, by class number.

    Each class has a source of chance of its own, so that none depends on the others.
    """
    originals, pool = (each.seen_by(max(least, LEAST)) for each in (counts.originals, counts.pool))
    found = {}
    for number in np.union1d(originals.number, pool.number).tolist():
        rng = np.random.default_rng([seed, number, SPLIT])
        old = _halved(originals.of_class(number), rng)
        found[number] = ClassHalves(_halved(pool.of_class(number), rng), old)
    return found


def _halved(images: Counted, rng: np.random.Generator) -> Halves:
    parts = split(images.num_selected, images.num_seen, num_first=images.num_seen // 2, rng=rng)
    return Halves(
        Counted(images.number, images.candidate, parts.first_selected, parts.first_seen),
        Counted(images.number, images.candidate, parts.second_selected, parts.second_seen),
    )


def posteriors_of(counts: StudyCounts, *, seed: int) -> Posteriors:
    """What half of an image's judgements say of it, under mixtures fitted to all counts of its like.

    They are fitted here and now: those that are stored may lag behind the counts, and the set would then depend on when
    it is built. Their digits are cut, so that the last bits of a machine's arithmetic are not in them.
    """
    fits = []
    for place, images in enumerate((counts.originals.seen_by(LEAST), counts.pool.seen_by(LEAST))):
        mixture = _fitted(images, np.random.default_rng([seed, place]))
        fits.append(PosteriorTable.of(mixture, images.num_seen // 2))
    return Posteriors(*fits)


def _fitted(images: Counted, rng: np.random.Generator) -> BetaBinomialMixture:
    """As many components as the images bear; what is to be said of none is the uniform distribution."""
    if not len(images):
        return BetaBinomialMixture(np.ones(1), np.ones(1), np.ones(1))
    most = min(MAX_COMPONENTS, len(images) // MIN_IMAGES)
    if most > 1 and len(images) >= NUM_FOLDS:
        found = choose_mixture(images.num_selected, images.num_seen, rng=rng, max_components=most)
    else:
        found = fit_mixture(images.num_selected, images.num_seen, num_components=1)
    weight, a, b = (_cut(values) for values in (found.mixture.weight, found.mixture.a, found.mixture.b))
    return BetaBinomialMixture(weight / weight.sum(), a, b)


def _cut(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([float(f"{value:.{DIGITS}g}") for value in values])
