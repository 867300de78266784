import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy.stats import beta

from annotation.stats.control_accuracy import control_accuracy

COUNTS = some.lists(
    some.integers(1, 30).flatmap(lambda n: some.tuples(some.integers(0, n), some.just(n))), min_size=1, max_size=20
)
GOOD_CROWD = ([28, 29, 30, 27] * 10, [30] * 40)


def beside_a_good_crowd(num_right: int, num_controls: int) -> tuple[float, float]:
    found = control_accuracy([num_right, *GOOD_CROWD[0]], [num_controls, *GOOD_CROWD[1]])
    return float(found.low[0]), float(found.high[0])


def test_three_controls_condemn_nobody_but_thirty_do() -> None:
    assert beside_a_good_crowd(0, 3)[1] > 0.8
    assert beside_a_good_crowd(0, 30)[1] < 0.3


@settings(max_examples=30)
@given(COUNTS)
def test_the_estimate_lies_between_the_own_share_and_the_crowds(counts: list[tuple[int, int]]) -> None:
    k, n = np.array(counts).T
    found = control_accuracy(k, n)
    own = k / n
    assert np.all(found.accuracy >= np.minimum(own, found.crowd_mean) - 1e-9)
    assert np.all(found.accuracy <= np.maximum(own, found.crowd_mean) + 1e-9)
    assert np.all((found.low < found.high) & (found.low >= 0) & (found.high <= 1))
    assert 4 <= found.crowd_precision <= 50


def test_who_answered_none_is_taken_for_one_of_the_crowd() -> None:
    found = control_accuracy([0, *GOOD_CROWD[0]], [0, *GOOD_CROWD[1]])
    assert found.accuracy[0] == pytest.approx(found.crowd_mean)


def test_a_crowd_of_known_spread_is_recovered_and_its_intervals_cover() -> None:
    rng = np.random.default_rng(3)
    truth = rng.beta(16, 4, 4000)
    n = rng.integers(3, 40, 4000)
    found = control_accuracy(rng.binomial(n, truth), n)
    assert found.crowd_mean == pytest.approx(0.8, abs=0.01)
    assert found.crowd_precision == pytest.approx(20, rel=0.1)
    assert np.mean((found.low <= truth) & (truth <= found.high)) == pytest.approx(0.95, abs=0.01)


def test_the_probability_below_a_threshold_is_that_of_the_posterior() -> None:
    found = control_accuracy(*GOOD_CROWD)
    assert found.probability_below(0.9) == pytest.approx(beta.cdf(0.9, found.right, found.wrong))


@pytest.mark.parametrize(("num_right", "num_controls"), [([6], [6]), ([0, 0], [6, 3]), ([6] * 50, [6] * 50)])
def test_a_unanimous_crowd_leaves_room_for_doubt(num_right: list[int], num_controls: list[int]) -> None:
    found = control_accuracy(num_right, num_controls)
    assert np.all((found.accuracy > 0) & (found.accuracy < 1))
    assert np.all(found.high - found.low > 1e-4)


def test_a_crowd_without_controls_is_refused() -> None:
    with pytest.raises(ValueError, match="num_controls holds no control"):
        control_accuracy([0], [0])
