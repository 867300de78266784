import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as some
from scipy.stats import linregress

from evaluation.stats.linear_fit import linear_fit

accuracies = some.integers(0, 1000).map(lambda number: number / 1000)


@given(some.lists(some.tuples(accuracies, accuracies), min_size=3, max_size=40))
def test_scipy_and_numpy_draw_the_same_line(points: list[tuple[float, float]]) -> None:
    x, y = np.array(points).T
    assume(np.ptp(x) > 0.01)
    assume(np.ptp(y) > 0.01)
    fit, oracle = linear_fit(x, y), linregress(x, y)
    assert (fit.slope, fit.intercept) == pytest.approx((oracle.slope, oracle.intercept), abs=1e-9)
    assert (fit.slope, fit.intercept) == pytest.approx(tuple(np.polyfit(x, y, 1)), abs=1e-7)
    assert fit.r_squared == pytest.approx(oracle.rvalue**2, abs=1e-9)
    assert fit.num_points == len(points)


def test_a_level_line_explains_everything() -> None:
    fit = linear_fit([0.1, 0.2, 0.3], [0.5, 0.5, 0.5])
    assert (fit.slope, fit.intercept, fit.r_squared) == (0, 0.5, 1)


def test_a_point_that_counts_twice_is_as_two_points() -> None:
    x, y = [0.1, 0.2, 0.4], [0.2, 0.1, 0.5]
    fit, twice = linear_fit(x, y, weights=[1, 2, 1]), linear_fit([*x, 0.2], [*y, 0.1])
    assert (fit.slope, fit.intercept, fit.r_squared) == pytest.approx((twice.slope, twice.intercept, twice.r_squared))
    assert fit.num_points == 3


@pytest.mark.parametrize("weights", [[1, 1], [1, 0, 1]])
def test_every_point_needs_a_weight(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="weights must hold 3 numbers above 0"):
        linear_fit([0.1, 0.2, 0.4], [0.2, 0.1, 0.5], weights=weights)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([0.5], [0.5], "x holds 1 different values; a line needs at least two"),
        ([0.5, 0.5], [0.1, 0.2], "x holds 1 different values; a line needs at least two"),
        ([], [], "x holds 0 different values; a line needs at least two"),
        ([0.5, 0.6], [0.1], "y holds 1 values; it must hold as many as x, 2"),
        ([[0.5, 0.6]], [0.1, 0.2], "x has shape (1, 2); it must have one dimension"),
        ([0.5, np.inf], [0.1, 0.2], "x holds inf; all its values must be finite"),
    ],
)
def test_points_without_a_line_are_refused(x: list[float], y: list[float], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        linear_fit(x, y)
    assert str(caught.value) == message
