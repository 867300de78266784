"""What is missing, and what should fill it: against the draw itself, and against trying it out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.stats.filling import candidates_to_fill, shares_of_classes, shortfall
from annotation.stats.sampling import draw_from_bins

numbers = st.lists(st.integers(0, 6), min_size=5, max_size=5)


@given(wanted=numbers, available=numbers, borrows=st.booleans())
def test_what_is_missing_is_what_a_draw_misses(wanted: list[int], available: list[int], borrows: bool) -> None:
    bins = np.repeat(np.arange(5), available)
    draw = draw_from_bins(bins, wanted, rng=np.random.default_rng(0), allow_borrowing=borrows)
    assert shortfall(wanted, available, borrows=borrows).tolist() == draw.missing.tolist()


@given(missing=numbers, borrows=st.booleans(), seed=st.integers(0, 1000))
def test_so_many_candidates_fill_it_and_one_less_does_not(missing: list[int], borrows: bool, seed: int) -> None:
    shares = np.random.default_rng(seed).dirichlet(np.ones(6))[:5]
    needed = float(candidates_to_fill(missing, shares, borrows=borrows))
    scale = 10**9
    supply = lambda number: np.floor(number * shares * scale + 1).astype(np.int64)  # noqa: E731 - in billionths
    demand = np.array(missing, dtype=np.int64) * scale
    assert shortfall(demand, supply(needed), borrows=borrows).sum() <= 5
    if needed >= 1:
        assert shortfall(demand, supply(needed - 1), borrows=borrows).sum() > 5


def test_what_was_never_seen_can_not_be_promised() -> None:
    assert candidates_to_fill([[0, 1], [0, 0]], [[1.0, 0.0], [1.0, 0.0]], borrows=False).tolist() == [np.inf, 0.0]


def test_a_class_without_candidates_has_the_rates_of_the_study() -> None:
    found = shares_of_classes([[30, 10], [0, 0]], [100, 0])
    assert found[1].tolist() == [0.3, 0.1]


def test_a_large_class_keeps_its_own_rates() -> None:
    found = shares_of_classes([[5_000, 0], [0, 5_000]], [10_000, 10_000])
    assert found == pytest.approx(np.array([[0.5, 0.0], [0.0, 0.5]]), abs=0.001)


def test_nothing_settled_means_nothing_known() -> None:
    assert shares_of_classes([[0, 0]], [0]).tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: shortfall([1, 2], [1], borrows=False), "shapes"),
        (lambda: shortfall([-1], [1], borrows=False), "must not be negative"),
        (lambda: shares_of_classes([[3]], [2]), "more than num_settled"),
        (lambda: shares_of_classes([3], [2]), "shapes"),
        (lambda: candidates_to_fill([1], [2.0], borrows=False), "between 0 and 1"),
        (lambda: candidates_to_fill([1], [0.5, 0.5], borrows=False), "shapes"),
    ],
)
def test_what_makes_no_sense_is_refused(call: object, message: str) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=message):
        call()
