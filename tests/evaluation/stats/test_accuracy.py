import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.stats import binomtest

from evaluation.stats.accuracy import clopper_pearson, mean_accuracy
from evaluation.stats.gaps import change_between, change_from_original


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


def test_the_mean_of_one_classifier_has_wilsons_interval() -> None:
    found = mean_accuracy([7, 0, 10], 10, 1)
    oracle = [binomtest(k, 10).proportion_ci(0.95, method="wilson") for k in (7, 0, 10)]
    assert found.low == pytest.approx([each.low for each in oracle])
    assert found.high == pytest.approx([each.high for each in oracle])


@pytest.mark.parametrize("alike", [0.0, 0.5, 1.0])
def test_the_mean_of_many_is_covered_however_alike_they_are(alike: float) -> None:
    rng = np.random.default_rng(3)
    num_images, num_classifiers, size = 20, 30, 2000
    hardness = rng.beta(3, 1, (size, num_images, 1))  # the mean over images is 3/4
    one, own = rng.random((size, num_images, 1)), rng.random((size, num_images, num_classifiers))
    is_correct = np.where(rng.random(own.shape) < alike, one, own) < hardness
    found = mean_accuracy(is_correct.sum(axis=(1, 2)), num_images, num_classifiers)
    assert np.mean((found.low <= 0.75) & (found.high >= 0.75)) >= 0.94


def test_more_classifiers_say_no_more_of_the_images() -> None:
    few, many = mean_accuracy(7, 10, 1), mean_accuracy(7 * 67, 10, 67)
    assert [*few.low.flat, *few.high.flat] == pytest.approx([*many.low.flat, *many.high.flat])


def test_no_classifier_has_no_mean() -> None:
    with pytest.raises(ValueError, match="num_classifiers is 0"):
        mean_accuracy(0, 10, 0)


def test_the_change_of_a_class_is_newcombes() -> None:
    found, oracle = (
        change_between(mean_accuracy(48, 80, 1), mean_accuracy(56, 70, 1)),
        change_from_original([48, 80], [56, 70]),
    )
    assert (found.change, found.low, found.high) == (oracle.change, oracle.low, oracle.high)
