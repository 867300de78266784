import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from annotation.stats.beta_binomial import BetaBinomialMixture
from annotation.stats.intervals import wilson, wilson_bounds
from annotation.stats.planning import (
    candidates_per_image,
    expected_interval_width,
    expected_matching_gap,
    judgements_to_settle,
    power,
)

TWO = BetaBinomialMixture(np.array([0.3, 0.7]), np.array([2.0, 12.0]), np.array([18.0, 4.0]))
COUNTS = some.integers(1, 40).flatmap(lambda n: some.tuples(some.integers(0, n), some.just(n)))
Z = 1.959963984540054


def test_the_expected_width_is_the_mean_of_what_is_then_found() -> None:
    rng = np.random.default_rng(1)
    component = rng.choice(2, size=40_000, p=TWO.weight)
    found = wilson(rng.binomial(12, rng.beta(TWO.a[component], TWO.b[component])), 12)
    assert expected_interval_width(TWO, [12])[0] == pytest.approx(np.mean(found.high - found.low), abs=0.002)


def test_more_workers_make_narrower_intervals() -> None:
    assert np.all(np.diff(expected_interval_width(TWO, np.arange(1, 60))) < 0)


@pytest.mark.parametrize(("change", "num_images"), [(-0.03, 2000), (0.02, 10_000), (-0.1, 300), (-0.01, 1000)])
def test_the_power_is_how_often_the_change_is_seen(change: float, num_images: int) -> None:
    rng = np.random.default_rng(2)
    old, new = rng.binomial(50_000, 0.7, 20_000) / 50_000, rng.binomial(num_images, 0.7 + change, 20_000) / num_images
    error = np.sqrt(old * (1 - old) / 50_000 + new * (1 - new) / num_images)
    seen = np.mean(np.abs(new - old) > Z * error)
    assert power(change, num_images, original_accuracy=0.7, num_original=50_000) == pytest.approx(seen, abs=0.015)


def test_without_a_change_the_power_is_the_error_of_the_test() -> None:
    assert power(0, [10, 1000], original_accuracy=0.7, num_original=500) == pytest.approx([0.05, 0.05])


def test_the_textbook_number_of_images_gives_the_power_it_promises() -> None:
    # 0.6 against 0.7 with 5 % error and 80 % power: (z + 0.8416)² (0.24 + 0.21) / 0.1² = 353.2 in each group.
    assert power(0.1, 353, original_accuracy=0.6, num_original=353) == pytest.approx(0.8, abs=1e-3)


@pytest.mark.parametrize(("accuracy", "change"), [(1.0, -0.1), (0.95, 0.05), (70, -2)])
def test_an_accuracy_out_of_range_is_named(accuracy: float, change: float) -> None:
    with pytest.raises(ValueError, match="original_accuracy"):
        power(change, 100, original_accuracy=accuracy, num_original=100)


def leaves_out(k: float, n: float, cut: float) -> bool:
    low, high = wilson_bounds(np.array(k / n), n, Z)
    return bool(cut < low or cut > high)


@given(COUNTS, some.floats(0, 1), some.sampled_from([0.2, 0.5, 0.7]))
def test_the_judgements_asked_for_settle_and_one_less_does_not(
    counts: tuple[int, int], frequency: float, cut: float
) -> None:
    k, n = counts
    more = float(judgements_to_settle(k, n, frequency, cut=cut))
    if abs(frequency - cut) < 0.01:
        return
    if leaves_out(k, n, cut):
        assert more == 0
    else:
        assert leaves_out(k + frequency * more, n + more, cut)
        assert (frequency > cut) == ((k + frequency * more) / (n + more) > cut)
        assert not leaves_out(k + frequency * (more - 1) + 1e-9 * np.sign(cut - frequency), n + more - 1, cut)


def test_a_frequency_on_the_cut_is_never_settled() -> None:
    assert judgements_to_settle(5, 10, 0.5, cut=0.5) == np.inf


def test_a_frequency_in_percent_is_refused() -> None:
    with pytest.raises(ValueError, match="frequency holds 70"):
        judgements_to_settle(7, 10, 70, cut=0.5)


def drawn(mixture: BetaBinomialMixture, size: int, rng: np.random.Generator) -> np.ndarray:
    component = rng.choice(mixture.num_components, size=size, p=mixture.weight)
    return rng.beta(mixture.a[component], mixture.b[component])


@pytest.mark.parametrize("num_workers", [3, 10])
def test_the_gap_is_what_matching_by_counts_leaves_in_the_true_frequencies(num_workers: int) -> None:
    rng = np.random.default_rng(5)
    poor = BetaBinomialMixture(np.array([0.6, 0.4]), np.array([1.0, 6.0]), np.array([9.0, 3.0]))
    true_original, true_pool = drawn(TWO, 100_000, rng), drawn(poor, 400_000, rng)
    original, pool = rng.binomial(num_workers, true_original), rng.binomial(num_workers, true_pool)
    means = [true_pool[pool == k].mean() for k in range(num_workers + 1)]
    matched = np.bincount(original, minlength=num_workers + 1) @ np.array(means) / len(original)
    assert expected_matching_gap(TWO, poor, [num_workers])[0] == pytest.approx(
        matched - true_original.mean(), abs=0.004
    )


def test_a_pool_like_the_original_leaves_no_gap() -> None:
    assert expected_matching_gap(TWO, TWO, [1, 10, 50]) == pytest.approx([0, 0, 0], abs=1e-12)


def test_the_scarcest_bin_decides_how_many_candidates_it_takes() -> None:
    assert candidates_per_image([5, 5], [5, 5]) == 1
    assert candidates_per_image([0, 10], [90, 10]) == 10
    assert candidates_per_image([10, 0], [1, 0]) == 1
    assert candidates_per_image([1, 1], [10, 0]) == float("inf")


@pytest.mark.parametrize(
    ("original", "pool"), [([], []), ([1, 1], [0, 0]), ([0, 0], [1, 1]), ([1, -1], [1, 1]), ([1], [1, 1])]
)
def test_bins_that_hold_nothing_or_do_not_fit_are_refused(original: list[int], pool: list[int]) -> None:
    with pytest.raises(ValueError, match="num_original and num_pool"):
        candidates_per_image(original, pool)
