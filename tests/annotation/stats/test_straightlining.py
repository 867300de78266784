import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom

from annotation.stats.straightlining import Straightlining, straightlining

SEEN = np.ones((4, 6))


def of_one_worker(selected: list[list[int]], seen: list[list[int]] | None = None) -> Straightlining:
    bits = np.array(selected)
    frequency = np.full(bits.shape, 0.3)
    return straightlining(
        np.zeros(len(bits)), np.ones_like(bits) if seen is None else seen, bits, frequency, num_workers=1
    )


def numbers(found: Straightlining) -> list[int]:
    return [int(each.num_grids[0]) for each in (found.everything, found.nothing, found.same_positions)]


def test_a_grid_counts_for_one_pattern_only() -> None:
    found = of_one_worker([[1, 1, 1], [1, 1, 1], [0, 0, 0], [0, 0, 0], [0, 1, 0], [0, 1, 0], [1, 0, 0]])
    assert numbers(found) == [2, 2, 1]
    assert found.share == pytest.approx(5 / 7)


def test_a_picture_that_was_not_seen_neither_makes_nor_breaks_everything() -> None:
    assert numbers(of_one_worker([[1, 1, 0], [1, 1, 0]], seen=[[1, 1, 0], [1, 1, 1]])) == [1, 0, 0]


def test_the_grid_before_is_the_same_workers() -> None:
    found = straightlining([0, 1, 0], np.ones((3, 2)), [[1, 0], [0, 1], [1, 0]], np.full((3, 2), 0.5), num_workers=3)
    assert found.same_positions.num_grids.tolist() == [1, 0, 0]
    assert found.num_grids.tolist() == [2, 1, 0]
    assert np.isnan(found.share[2])


def test_chance_is_the_product_of_the_frequencies() -> None:
    frequency = np.array([[0.2, 0.9], [0.5, 0.4]])
    found = straightlining([0, 0], np.ones((2, 2)), [[0, 1], [1, 1]], frequency, num_workers=1)
    assert found.everything.expected == pytest.approx(0.2 * 0.9 + 0.5 * 0.4)
    assert found.nothing.expected == pytest.approx(0.8 * 0.1 + 0.5 * 0.6)
    assert found.same_positions.expected == pytest.approx(0.5 * 0.4)


def test_the_p_value_is_no_smaller_than_the_exact_one() -> None:
    found = of_one_worker([[1, 1]] * 6 + [[0, 1]] * 14)
    assert found.everything.p_value > binom.sf(5, 20, 0.3**2)
    assert found.everything.p_value < 0.02


def honest(rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.float64]]:
    frequency = rng.beta(0.5, 1.0, (2000, 6)).clip(0.02, 0.98)
    return np.repeat(np.arange(100), 20), rng.random(frequency.shape) < frequency, frequency


def test_honest_workers_are_seldom_suspected_and_idle_ones_always() -> None:
    worker, selected, frequency = honest(np.random.default_rng(2))
    selected[worker == 7] = True
    selected[worker == 8] = False
    selected[worker == 9] = [1, 0, 1, 0, 0, 0]
    found = straightlining(worker, np.ones_like(selected), selected, frequency, num_workers=100)
    for pattern, idle in ((found.everything, 7), (found.nothing, 8), (found.same_positions, 9)):
        assert pattern.p_value[idle] < 1e-4
        assert np.mean(np.delete(pattern.p_value, [7, 8, 9]) < 0.05) <= 0.06


@pytest.mark.parametrize(
    ("worker", "frequency", "message"),
    [
        ([0, 0, 0, 1], 0.5, "worker holds 0 to 1; it must lie between 0 and 0"),
        ([0, 0, 0], 0.5, "they must be"),
        ([0, 0, 0, 0], 1.0, "frequency holds 1.0; it must lie strictly between 0 and 1"),
    ],
)
def test_what_does_not_fit_is_named(worker: list[int], frequency: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        straightlining(worker, SEEN, SEEN, np.full(SEEN.shape, frequency), num_workers=1)


def test_no_assignments_are_no_mistake() -> None:
    empty = np.zeros((0, 6))
    assert straightlining([], empty, empty, empty, num_workers=2).everything.num_grids.tolist() == [0, 0]
