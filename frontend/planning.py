"""What a pilot says of the measurement to come: how narrow, how powerful, how dear."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.counting import beliefs
from annotation.frequencies import MIN_IMAGES
from annotation.models import JudgementFilter, Origin
from annotation.stats import planning
from annotation.stats.beta_binomial import BetaBinomialMixture

NUM_WORKERS = (3, 5, 10, 20, 30, 50)
IMAGES_PER_CLASS = (5, 10, 20, 50, 100)


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
    """The counts of the images measured so far and what was fitted to them, by origin."""

    histograms: Mapping[Origin, NDArray[np.int64]]
    """Rows of (selected, seen, images)."""
    mixtures: Mapping[str, BetaBinomialMixture]

    @classmethod
    def of(cls, judgement_filter: JudgementFilter) -> "Pilot":
        """Of the images that take part."""
        return cls(beliefs.histogram(judgement_filter), beliefs.mixtures_of(judgement_filter))

    @property
    def num_missing(self) -> dict[Origin, int]:
        """How many images more must be measured before it says anything; nothing where it is enough."""
        missing = {origin: MIN_IMAGES - int(rows[:, -1].sum()) for origin, rows in self.histograms.items()}
        return {origin: number for origin, number in missing.items() if number > 0}

    @property
    def is_ready(self) -> bool:
        """Whether enough is measured, and the consumer has fitted it."""
        return not self.num_missing and all(origin in self.mixtures for origin in Origin)

    @property
    def candidates_per_image(self) -> float:
        """Pool candidates to judge for each image kept; inf where a bin of the originals has none."""
        return planning.candidates_per_image(
            *(beliefs.in_bins(self.histograms[each]) for each in (Origin.ORIGINAL, Origin.POOL))
        )

    def precision(self) -> list[Precision]:
        """By workers per grid."""
        original, pool = self.mixtures[Origin.ORIGINAL], self.mixtures[Origin.POOL]
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
