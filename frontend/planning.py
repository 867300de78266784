"""What a pilot says of the measurement to come: how narrow, how powerful, how dear."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from annotation.models import Origin
from annotation.stats import planning, selection
from annotation.stats.beta_binomial import BetaBinomialMixture
from annotation.stats.mixture_fit import choose_mixture

NUM_WORKERS = (3, 5, 10, 20, 30, 50)
IMAGES_PER_CLASS = (5, 10, 20, 50, 100)
LEAST_IMAGES = 20
"""Of a pilot, and of each origin: with fewer, a fitted curve would be a guess."""

Tally = tuple[int, int, int]
"""Selected, seen, and how many images have these counts."""


@dataclass(frozen=True)
class Question:
    """What the researcher wants to see, and what it would be measured with."""

    change: float
    """Of accuracy, a fraction, with its sign."""
    original_accuracy: float
    num_original: int
    num_classes: int
    num_measured: int
    """Candidates that a grid measures."""
    pay_minor_units: int
    """For a grid; 0 is unpaid."""


@dataclass(frozen=True)
class Precision:
    """With so many workers per grid: mean interval widths, and what matching leaves; fractions."""

    num_workers: int
    original_width: float
    pool_width: float
    gap: float


@dataclass(frozen=True)
class Size:
    """With so many images per class: the power, and what it takes to measure enough candidates."""

    images_per_class: int
    num_images: int
    power: float
    num_candidates: int
    costs: list[tuple[int, int]]
    """For each number of workers, the assignments and their pay in minor units."""


@dataclass(frozen=True)
class Pilot:
    """The counts of the images measured so far, by origin."""

    original: tuple[Tally, ...]
    pool: tuple[Tally, ...]

    @classmethod
    def of(cls, rows: Iterable[tuple[str, int, int, int]]) -> "Pilot":
        """From rows of origin, selected, seen and number of images."""
        tallies: Mapping[Origin, list[Tally]] = {origin: [] for origin in Origin}
        for origin, *tally in rows:
            tallies[Origin(origin)].append((tally[0], tally[1], tally[2]))
        return cls(*(tuple(sorted(tallies[origin])) for origin in (Origin.ORIGINAL, Origin.POOL)))

    @property
    def num_missing(self) -> dict[Origin, int]:
        """How many images more must be measured before it says anything; nothing where it is enough."""
        found = {Origin.ORIGINAL: self.original, Origin.POOL: self.pool}
        missing = {origin: LEAST_IMAGES - sum(num for *_, num in tallies) for origin, tallies in found.items()}
        return {origin: number for origin, number in missing.items() if number > 0}

    @property
    def candidates_per_image(self) -> float:
        """Pool candidates to judge for each image kept; inf where a bin of the originals has none."""
        return planning.candidates_per_image(_bins(self.original), _bins(self.pool))

    def precision(self) -> list[Precision]:
        """By workers per grid."""
        original, pool = _fitted(self.original), _fitted(self.pool)
        columns = (
            planning.expected_interval_width(original, NUM_WORKERS),
            planning.expected_interval_width(pool, NUM_WORKERS),
            planning.expected_matching_gap(original, pool, NUM_WORKERS),
        )
        return [
            Precision(number, *map(float, row))
            for number, row in zip(NUM_WORKERS, np.stack(columns, axis=1), strict=True)
        ]

    def sizes(self, question: Question) -> list[Size]:
        """By images per class."""
        rate = self.candidates_per_image
        return [_size(question, number, rate if math.isfinite(rate) else 1.0) for number in IMAGES_PER_CLASS]


def power_of(question: Question, images_per_class: int, change: float | None = None) -> float:
    """Probability that a change of accuracy is seen."""
    return float(
        planning.power(
            question.change if change is None else change,
            images_per_class * question.num_classes,
            original_accuracy=question.original_accuracy,
            num_original=question.num_original,
        )
    )


def _size(question: Question, images_per_class: int, rate: float) -> Size:
    per_class = math.ceil(images_per_class * rate)
    num_grids = question.num_classes * math.ceil(per_class / question.num_measured)
    return Size(
        images_per_class=images_per_class,
        num_images=images_per_class * question.num_classes,
        power=power_of(question, images_per_class),
        num_candidates=per_class * question.num_classes,
        costs=[(num_grids * number, num_grids * number * question.pay_minor_units) for number in NUM_WORKERS],
    )


def _bins(tallies: Iterable[Tally]) -> np.ndarray:
    selected, seen, number = np.array(list(tallies), dtype=np.int64).reshape(-1, 3).T
    found = selection.bins(selected, seen)
    return np.bincount(found, weights=number, minlength=len(selection.BIN_EDGES) + 1).astype(np.int64)


@lru_cache(maxsize=64)
def _fitted(tallies: tuple[Tally, ...]) -> BetaBinomialMixture:
    """Kept by the counts: the fit takes a second, and pages ask again for the same."""
    selected, seen, number = np.array(tallies, dtype=np.int64).T
    repeated = (np.repeat(selected, number), np.repeat(seen, number))
    return choose_mixture(*repeated, rng=np.random.default_rng(0)).mixture
