"""Sets of images for the tests of corrections."""

import numpy as np
from numpy.typing import NDArray

from annotation.stats.mixture_step import PairCounts
from evaluation.stats.scored_images import ScoredImages, scored_images


def pairs(num_images: list[int], num_seen: int | None = None) -> PairCounts:
    """So many images selected 0, 1, 2, ... times of as many judgements."""
    n = num_seen or len(num_images) - 1
    k = np.arange(len(num_images))
    return PairCounts(k, np.full(len(k), n), np.array(num_images))


def drawn(
    rng: np.random.Generator, quality: tuple[float, float], num_images: int, num_judgements: int = 10
) -> tuple[NDArray[np.float64], ScoredImages]:
    """Images with true frequencies from a beta; a classifier is right as often as workers select."""
    frequency = rng.beta(*quality, num_images)
    k = rng.binomial(num_judgements, frequency)
    return frequency, scored_images(k, num_judgements, rng.random(num_images) < frequency)
