"""What is known of the real judgements comes out, and the corrections recover it."""

from pathlib import Path

import numpy as np
import pytest

from evaluation.stats.corrections import Unadjusted
from evaluation.stats.naive_adjustment import NaiveAdjustment
from tests.verification.corrections_shown import CORRECTIONS
from tests.verification.real_judgements import RealImages, read
from tests.verification.real_replications import NUM_MATCHED, biased, halves

pytestmark = pytest.mark.reference

SEEDS = range(10)


@pytest.fixture(scope="module")
def real(reference_dir: Path) -> RealImages:
    return read(reference_dir)


def test_images_per_count_are_the_published_ones(real: RealImages) -> None:
    assert np.bincount(real.num_selected).tolist() == [6064, 4218, 3768, 3424, 3741, 3674]


def test_accuracy_per_count_is_the_published_one(real: RealImages) -> None:
    column = real.is_correct[:, real.classifiers.index("resnet50")]
    found = [round(100 * column[real.num_selected == k].mean(), 2) for k in range(6)]
    assert found == [36.20, 49.43, 55.71, 56.80, 61.24, 64.24]


@pytest.mark.parametrize("seed", SEEDS)
def test_random_halves_matched_on_three_judgements_differ_by_chance_only(real: RealImages, seed: int) -> None:
    made = halves(real, seed=seed)
    assert abs(made.change(NaiveAdjustment(NUM_MATCHED)).mean()) < 0.015
    assert abs(made.held_out(seed=seed).gap) < 0.015


@pytest.mark.parametrize("seed", SEEDS)
def test_a_biased_pool_looks_equal_where_it_was_matched_and_is_not(real: RealImages, seed: int) -> None:
    found = biased(real, seed=seed).held_out(seed=seed)
    assert found.original == pytest.approx(found.matched, abs=0.005)
    assert found.high < -0.03


def test_the_corrections_come_closer_to_the_truth_than_the_naive_adjustment(real: RealImages) -> None:
    """On average: a single pair of halves is off by half a point of its own, which no correction can know."""
    made = [biased(real, seed=seed) for seed in SEEDS]
    left = {
        name: np.mean([each.change(correction).mean() for each in made]) for name, correction in CORRECTIONS.items()
    }
    assert left["none"] < -0.035
    assert -0.018 < left["naive"] < -0.008
    assert abs(left["jackknife, order 1"]) < 0.6 * abs(left["naive"])
    assert abs(left["jackknife, order 2"]) < 0.5 * abs(left["naive"])
    assert abs(left["mixtures"]) < 0.4 * abs(left["naive"])


def test_the_intervals_of_the_corrections_hold_the_truth(real: RealImages) -> None:
    """For the mean of 64 classifiers; that of no correction is far off."""
    made = biased(real, seed=0)
    for name, correction in CORRECTIONS.items():
        low, high = made.mean_change(correction, seed=0).interval()
        if name in ("jackknife, order 2", "mixtures"):
            assert low < 0 < high
        if isinstance(correction, Unadjusted):
            assert high < 0
