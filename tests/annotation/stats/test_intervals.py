from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.stats import beta, binomtest

from annotation.stats.intervals import FrequencyInterval, jeffreys, wilson

COUNTS = some.integers(1, 300).flatmap(lambda n: some.tuples(some.integers(0, n), some.just(n)))
CONFIDENCE = some.sampled_from([0.8, 0.9, 0.95, 0.99])
METHODS = pytest.mark.parametrize("interval", [wilson, jeffreys])
Method = Callable[..., FrequencyInterval]


@given(COUNTS, some.floats(0.01, 0.999))
def test_scipy_finds_the_same_wilson_interval(counts: tuple[int, int], confidence: float) -> None:
    found = wilson(*counts, confidence=confidence)
    oracle = binomtest(*counts).proportion_ci(confidence, method="wilson")
    assert (float(found.low), float(found.high)) == pytest.approx((oracle.low, oracle.high), abs=1e-9)


@given(COUNTS.filter(lambda counts: 0 < counts[0] < counts[1]), CONFIDENCE)
def test_the_jeffreys_bounds_cut_equal_tails(counts: tuple[int, int], confidence: float) -> None:
    k, n = counts
    found = jeffreys(k, n, confidence=confidence)
    tails = beta.cdf(found.low, k + 0.5, n - k + 0.5), beta.sf(found.high, k + 0.5, n - k + 0.5)
    assert tails == pytest.approx(((1 - confidence) / 2,) * 2, abs=1e-9)


def test_without_a_single_selection_the_jeffreys_interval_begins_at_0() -> None:
    found = jeffreys([0, 10], 10)
    assert (found.low[0], found.high[1]) == (0, 1)
    assert found.high[0] == pytest.approx(beta.ppf(0.975, 0.5, 10.5), abs=1e-9)


@METHODS
@given(counts=COUNTS, confidence=CONFIDENCE)
def test_the_interval_holds_the_frequency_and_stays_between_0_and_1(
    interval: Method, counts: tuple[int, int], confidence: float
) -> None:
    found = interval(*counts, confidence=confidence)
    assert 0 <= found.low <= found.frequency <= found.high <= 1
    assert found.frequency == counts[0] / counts[1]


@METHODS
@given(counts=COUNTS, times=some.integers(2, 20))
def test_the_same_frequency_from_more_judgements_is_better_known(
    interval: Method, counts: tuple[int, int], times: int
) -> None:
    few, many = interval(*counts), interval(counts[0] * times, counts[1] * times)
    assert many.high - many.low < few.high - few.low


@METHODS
@given(counts=COUNTS)
def test_selected_and_not_selected_mirror_each_other(interval: Method, counts: tuple[int, int]) -> None:
    selected, other = interval(*counts), interval(counts[1] - counts[0], counts[1])
    assert (float(other.low), float(other.high)) == pytest.approx((1 - selected.high, 1 - selected.low), abs=1e-12)


@METHODS
def test_the_interval_covers_about_as_often_as_it_says(interval: Method) -> None:
    truth = np.random.default_rng(3).uniform(size=40_000)
    found = interval(np.random.default_rng(4).binomial(10, truth), 10)
    assert np.mean((found.low <= truth) & (truth <= found.high)) == pytest.approx(0.95, abs=0.012)


@METHODS
def test_arrays_keep_their_shape(interval: Method) -> None:
    assert interval(np.full((3, 2), 4), 9).low.shape == (3, 2)


@METHODS
def test_a_confidence_in_percent_is_refused(interval: Method) -> None:
    with pytest.raises(ValueError, match="confidence is 95; it must lie strictly between 0 and 1"):
        interval(7, 10, confidence=95)
