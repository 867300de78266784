"""Simulated replications whose truth is known."""

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import norm

from annotation.stats import selection
from annotation.stats.judgements import Judgements, from_table
from evaluation.stats.scored_images import ScoredImages, scored_images, stands_for

THRESHOLD = Fraction(7, 10)

# True frequencies of a source of images: kinds of images, each with its share and the a and b of a beta distribution.
Source = tuple[tuple[float, float, float], ...]


class Matching(Enum):
    """How new images are chosen from the pool."""

    SAME_COUNT = "the original's counts"
    THRESHOLD = "selected by 7 in 10"


class Counts(Enum):
    """Which counts the correction is given for the new images."""

    FRESH = "judged again"
    POOL = "those of the choice, standing for the pool"
    CHOICE = "those of the choice"


@dataclass(frozen=True)
class Scenario:
    r"""A replication: sources of images, workers, and how the new test set is made.

    True frequencies are drawn from :math:`\mathrm{Beta}(a, b)`, or from several with their shares, one source for the
    original and one for the pool. A classifier is right on an image of true frequency f with probability
    :math:`0.2 + 0.7/(1+e^{-s(f-c)})`, s being ``steepness`` and c ``middle``; on the pool's images with
    ``real_change`` more, which is what is left to be found once frequencies are equal. Worker w selects an
    image with probability :math:`\Phi(\sqrt{1+\tau^2}\,\Phi^{-1}(f) + \tau u_w)`, :math:`u_w` standard normal: lenient
    or strict with the spread ``leniency`` :math:`\tau`, and right on average. ``num_workers`` share all judgements,
    each image's drawn at random; with 0, every judgement is another worker's. With ``has_two_crowds``, the new images
    are judged again by as many workers who have judged none of the others.
    """

    name: str
    num_judgements: int = 10
    original: Source = ((1.0, 5.0, 2.0),)
    pool: Source = ((1.0, 5.0, 2.0),)
    matching: Matching = Matching.SAME_COUNT
    counts: Counts = Counts.FRESH
    real_change: float = 0.0
    steepness: float = 8.0
    middle: float = 0.5
    num_workers: int = 0
    has_two_crowds: bool = False
    leniency: float = 0.0
    num_original: int = 2000
    num_pool: int = 30_000

    def __post_init__(self) -> None:
        if not -0.2 <= self.real_change <= 0.1:
            raise ValueError(f"real_change is {self.real_change}; it must lie between -0.2 and 0.1")

    def chance_correct(self, frequency: NDArray[np.float64]) -> NDArray[np.float64]:
        """How often the classifier is right on original images of a true frequency."""
        return np.asarray(0.2 + 0.7 * expit(self.steepness * (frequency - self.middle)))


@dataclass(frozen=True)
class Replication:
    """What a researcher has in hand; the judgements where workers are known."""

    original: ScoredImages
    new: ScoredImages
    judgements: tuple[Judgements, Judgements] | None


def simulate(scenario: Scenario, *, rng: np.random.Generator) -> Replication:
    """One replication.

    The truth is `real_change`: it is what a new test set of the pool's images with the original's *true* frequencies
    would show.

    Parameters
    ----------
    scenario : Scenario
    rng : numpy.random.Generator

    Returns
    -------
    Replication

    Examples
    --------
    >>> found = simulate(Scenario("poorer", pool=((1, 2, 3),)), rng=np.random.default_rng(0))
    >>> round(float(found.original.num_selected.mean()), 1), round(float(found.new.num_selected.mean()), 1)
    (7.1, 6.1)
    """
    crowd = rng.standard_normal(2 * scenario.num_workers) * scenario.leniency
    everybody = np.arange(len(crowd))
    asked = everybody[: scenario.num_workers]
    asked_again = everybody[scenario.num_workers :] if scenario.has_two_crowds else asked
    frequency = _frequencies(scenario.original, scenario.num_original, rng)
    of_pool = _frequencies(scenario.pool, scenario.num_pool, rng)
    original, pool = (_judged(each, scenario, crowd, asked, rng) for each in (frequency, of_pool))
    chosen = _chosen(original.num_selected, pool.num_selected, scenario, rng)
    again = _judged(of_pool[chosen], scenario, crowd, asked_again, rng)
    n = scenario.num_judgements
    counts = again.num_selected if scenario.counts is Counts.FRESH else pool.num_selected[chosen]
    weight = stands_for((counts, n), (pool.num_selected, n)) if scenario.counts is Counts.POOL else 1.0
    chance = scenario.chance_correct(frequency), scenario.chance_correct(of_pool[chosen]) + scenario.real_change
    is_correct = [rng.random(len(each)) < each for each in chance]
    is_known = scenario.num_workers > 0 and scenario.counts is Counts.FRESH
    return Replication(
        scored_images(original.num_selected, n, is_correct[0]),
        scored_images(counts, n, is_correct[1], stands_for=weight),
        (original.judgements(), again.judgements()) if is_known else None,
    )


@dataclass(frozen=True)
class _Judged:
    """Who judged each image, and how; shape (n, num_judgements)."""

    worker: NDArray[np.int64]
    is_selected: NDArray[np.bool_]

    @property
    def num_selected(self) -> NDArray[np.int64]:
        return np.count_nonzero(self.is_selected, axis=1)

    def judgements(self) -> Judgements:
        image = np.repeat(np.arange(len(self.worker)), self.worker.shape[1])
        return from_table(self.worker.ravel(), image, self.is_selected.ravel())


def _frequencies(source: Source, size: int, rng: np.random.Generator) -> NDArray[np.float64]:
    share, a, b = np.array(source).T
    kind = rng.choice(len(share), size, p=share)
    return rng.beta(a[kind], b[kind])


def _judged(
    frequency: NDArray[np.float64],
    scenario: Scenario,
    crowd: NDArray[np.float64],
    asked: NDArray[np.int64],
    rng: np.random.Generator,
) -> _Judged:
    shape = len(frequency), scenario.num_judgements
    if not len(asked):
        return _Judged(np.zeros(shape, dtype=np.int64), rng.random(shape) < frequency[:, None])
    drawn = np.argpartition(rng.random((shape[0], len(asked))), shape[1] - 1, axis=1)[:, : shape[1]]
    worker = asked[drawn]
    centre = np.sqrt(1 + scenario.leniency**2) * norm.ppf(frequency)
    return _Judged(worker, rng.random(shape) < norm.cdf(centre[:, None] + crowd[worker]))


def _chosen(
    original: NDArray[np.int64], pool: NDArray[np.int64], scenario: Scenario, rng: np.random.Generator
) -> NDArray[np.int64]:
    """The pool's images that make the new test set, as many as the original has, or as there are."""
    if scenario.matching is Matching.THRESHOLD:
        reaching = np.flatnonzero(
            selection.at_least(pool, np.full_like(pool, scenario.num_judgements), threshold=THRESHOLD)
        )
        return rng.permutation(reaching)[: len(original)]
    wanted = np.bincount(original, minlength=scenario.num_judgements + 1)
    alike = [rng.permutation(np.flatnonzero(pool == count)) for count in range(len(wanted))]
    return np.concatenate([each[:number] for each, number in zip(alike, wanted, strict=True)])
