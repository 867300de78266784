import pytest
from hypothesis import given
from hypothesis import strategies as some

from evaluation.stats.ranks import rank_correlation, ranks


@given(some.lists(some.integers(0, 20), min_size=1, max_size=20))
def test_a_rank_is_one_more_than_the_number_of_better_ones(num_correct: list[int]) -> None:
    assert ranks(num_correct).tolist() == [1 + sum(other > own for other in num_correct) for own in num_correct]


def test_spearmans_formula_for_untied_ranks() -> None:
    # 1 - 6 * sum of squared rank differences / (n (n² - 1)), here with differences 1, 1, 0, 0.
    assert rank_correlation([0.1, 0.2, 0.3, 0.4], [0.2, 0.1, 0.3, 0.4]) == pytest.approx(1 - 6 * 2 / (4 * 15))


def test_a_reversed_order_is_minus_one() -> None:
    assert rank_correlation([0.1, 0.2, 0.3], [0.9, 0.8, 0.7]) == -1


@pytest.mark.parametrize(("original", "new"), [([], []), ([0.5], [0.5]), ([0.5, 0.5], [0.1, 0.2])])
def test_where_nothing_can_be_ordered_there_is_no_correlation(original: list[float], new: list[float]) -> None:
    assert rank_correlation(original, new) is None


def test_sets_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="new holds 1 values; it must hold as many as original, 2"):
        rank_correlation([0.1, 0.2], [0.3])
