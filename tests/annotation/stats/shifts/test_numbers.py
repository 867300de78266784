from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from annotation.stats.shifts.numbers import MOST_EXACT, number_shift, shifts_by_group

FEW = st.lists(st.integers(0, 5), min_size=1, max_size=6)


def plain_distance(first: list[float], second: list[float]) -> float:
    """By the definition, one value at a time."""
    return max(
        abs(sum(x <= v for x in first) / len(first) - sum(y <= v for y in second) / len(second)) for v in first + second
    )


@given(first=FEW, second=FEW)
def test_with_ties_p_is_the_share_of_all_ways_to_deal_the_values(first: list[int], second: list[int]) -> None:
    found = number_shift(first, second)
    pooled = [*first, *second]
    deals = [
        plain_distance([pooled[i] for i in chosen], [pooled[i] for i in range(len(pooled)) if i not in chosen])
        for chosen in combinations(range(len(pooled)), len(first))
    ]
    assert found.distance == pytest.approx(plain_distance(first, second))
    assert found.p == pytest.approx(np.mean([each >= found.distance - 1e-9 for each in deals]))


@pytest.mark.parametrize(("m", "n"), [(8, 13), (40, 25), (300, 500)])
@pytest.mark.parametrize("shift", [0.0, 0.3, 1.0])
def test_without_ties_it_is_scipys_exact_test(m: int, n: int, shift: float) -> None:
    rng = np.random.default_rng(m)
    x, y = rng.normal(size=m), rng.normal(shift, 1, n)
    expected = ks_2samp(x, y, method="exact")
    found = number_shift(x, y)
    assert (found.num_first, found.num_second) == (m, n)
    assert (found.distance, found.p) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-6)


@pytest.mark.parametrize("shift", [0.0, 0.03, 0.06])
def test_of_large_samples_it_is_scipys_asymptotic_test(shift: float) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=9000), rng.normal(shift, 1, 6000)
    expected = ks_2samp(x, y, method="asymp")
    found = number_shift(x, y)
    assert found.distance == pytest.approx(expected.statistic)
    assert found.p == pytest.approx(expected.pvalue, rel=0.05, abs=1e-6)


def test_exact_and_asymptotic_agree_where_one_hands_over_to_the_other() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=MOST_EXACT // 2), rng.normal(0.1, 1, MOST_EXACT // 2)
    exact = number_shift(x, y)
    beyond = number_shift(np.append(x, 9.0), np.append(y, 9.0))
    assert beyond.p == pytest.approx(exact.p, rel=0.15)


def test_a_null_is_found_as_often_as_said() -> None:
    rng = np.random.default_rng(3)
    p = np.array([number_shift(rng.normal(size=60), rng.normal(size=80)).p for _ in range(400)])
    assert 0.02 < np.mean(p < 0.05) < 0.08


def test_groups_are_compared_as_if_alone() -> None:
    rng = np.random.default_rng(4)
    group = rng.integers(0, 5, 3000)
    is_second, values = rng.random(3000) < 0.3, np.round(rng.normal(size=3000) + 0.1 * group, 1)
    found = shifts_by_group(group, is_second, values, num_groups=5)
    for each in range(5):
        alone = number_shift(values[(group == each) & ~is_second], values[(group == each) & is_second])
        assert (found.num_first[each], found.num_second[each]) == (alone.num_first, alone.num_second)
        assert found.distance[each] == pytest.approx(alone.distance)
        assert found.p[each] >= alone.p - 0.02  # too large rather than too small


def test_a_group_without_one_of_the_samples_has_no_distance() -> None:
    found = shifts_by_group([0, 0, 2], [False, False, True], [1, 2, 3], num_groups=3)
    assert np.all(np.isnan(found.distance))
    assert np.all(np.isnan(found.p))
    assert found.num_first.tolist() == [2, 0, 0]
    assert np.all(np.isnan(shifts_by_group([], [], [], num_groups=2).distance))


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [([], [1], "first has shape"), ([1], [[1]], "second has shape"), ([1, np.nan], [1], "first must hold finite")],
)
def test_what_is_no_sample_is_refused(first: list[float], second: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        number_shift(first, second)


@pytest.mark.parametrize(
    ("group", "values", "message"),
    [([0, 3], [1, 2], "0 to 1"), ([0], [1, 2], "shapes"), ([0, 1], [1, np.inf], "finite")],
)
def test_groups_that_make_no_sense_are_refused(group: list[int], values: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        shifts_by_group(group, [False, True], values, num_groups=2)
