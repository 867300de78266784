import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency
from scipy.stats.contingency import association

from annotation.stats.shifts.categories import category_shift

COMMON = st.lists(st.tuples(st.integers(12, 90), st.integers(12, 90)), min_size=2, max_size=5)


@given(COMMON)
def test_of_common_categories_it_is_scipys_test(pairs: list[tuple[int, int]]) -> None:
    table = np.array(pairs).T
    if np.min(table.sum(axis=0) * table.sum(axis=1).min() / table.sum()) < 5:
        return  # tested below
    found = category_shift(*table)
    assert found.p == pytest.approx(chi2_contingency(table, correction=False).pvalue)
    assert found.cramers_v == pytest.approx(association(table, method="cramer"))
    assert found.num_categories == table.shape[1]


def test_by_hand() -> None:
    """60 of 100 against 40 of 100: chi-square 8, V 0.2, and a share of 0.2 is elsewhere."""
    found = category_shift([60, 40], [40, 60])
    assert (found.distance, found.cramers_v) == pytest.approx((0.2, 0.2))
    assert found.p == pytest.approx(0.004678, rel=1e-3)


def test_rare_categories_are_put_together() -> None:
    found = category_shift([100, 1, 1, 1, 1], [80, 3, 2, 3, 3])
    together = category_shift([100, 4], [80, 11])
    assert found == together


def test_together_they_may_still_be_too_rare() -> None:
    found = category_shift([100, 30, 1, 1], [60, 70, 1, 0])
    assert found == category_shift([100, 32], [60, 71])


def test_of_samples_too_small_nothing_is_said() -> None:
    found = category_shift([3, 0], [0, 3])
    assert (found.num_categories, found.p, found.distance) == (1, 1.0, 0.0)


def test_the_distance_does_not_hang_on_the_sizes() -> None:
    even, uneven = category_shift([500, 500], [900, 100]), category_shift([500, 500], [90_000, 10_000])
    assert even.distance == uneven.distance == pytest.approx(0.4)
    assert uneven.cramers_v < even.cramers_v / 2


def test_a_null_is_found_as_often_as_said() -> None:
    rng = np.random.default_rng(0)
    shares = [0.5, 0.3, 0.15, 0.05]
    p = [category_shift(rng.multinomial(200, shares), rng.multinomial(300, shares)).p for _ in range(500)]
    assert 0.02 < np.mean(np.array(p) < 0.05) < 0.08


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [([1, 2], [1], "the same"), ([0], [1], "at least one"), ([-1], [1], "not negative"), ([0.5], [1], "whole")],
)
def test_what_is_no_count_is_refused(first: list[float], second: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        category_shift(first, second)
