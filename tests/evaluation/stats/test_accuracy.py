import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.stats import binomtest

from evaluation.stats.accuracy import clopper_pearson


@pytest.mark.parametrize(
    ("num_correct", "low", "high"),
    [(7221, 71.32, 73.09), (6333, 62.38, 64.28), (4398, 43.00, 44.96)],
    ids=["nasnetalarge", "resnet50", "alexnet"],
)
def test_published_intervals_come_out(num_correct: int, low: float, high: float) -> None:
    found = clopper_pearson(num_correct, 10_000)
    assert (round(float(found.low) * 100, 2), round(float(found.high) * 100, 2)) == (low, high)


@given(some.data(), some.integers(1, 5000), some.floats(0.5, 0.999))
def test_scipy_finds_the_same_interval_by_another_way(
    data: some.DataObject, num_images: int, confidence: float
) -> None:
    num_correct = data.draw(some.integers(0, num_images))
    found = clopper_pearson(num_correct, num_images, confidence)
    oracle = binomtest(num_correct, num_images).proportion_ci(confidence, method="exact")
    assert (float(found.low), float(found.high)) == pytest.approx((oracle.low, oracle.high), abs=1e-9)
    assert found.low <= found.accuracy <= found.high


def test_the_bounds_reach_zero_and_one_at_the_edges() -> None:
    found = clopper_pearson([0, 20], 20)
    assert found.low[0] == 0
    assert found.high[1] == 1
    # With no success in n, the bound is 1 - (alpha / 2) ** (1 / n).
    assert found.high[0] == pytest.approx(1 - 0.025 ** (1 / 20))


def test_the_interval_covers_at_least_as_often_as_it_says() -> None:
    truth, num_images = 0.83, 60
    found = clopper_pearson(np.random.default_rng(5).binomial(num_images, truth, 4000), num_images)
    assert np.mean((found.low <= truth) & (truth <= found.high)) >= 0.945


def test_arrays_keep_their_shape() -> None:
    assert clopper_pearson(np.full((3, 2), 4), 9).low.shape == (3, 2)
