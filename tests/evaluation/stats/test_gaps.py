import pytest
from hypothesis import given
from hypothesis import strategies as some

from evaluation.stats.gaps import change_from_original


@pytest.mark.parametrize(
    ("new", "original", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
    ids="abcdefgh",
)
def test_newcombes_examples_come_out(new: tuple[int, int], original: tuple[int, int], low: float, high: float) -> None:
    """Newcombe (1998), table II, method 10, examples (a) to (h)."""
    found = change_from_original(original, new)
    assert (round(float(found.low), 4), round(float(found.high), 4)) == (low, high)


def pairs() -> some.SearchStrategy[tuple[int, int]]:
    return some.integers(1, 2000).flatmap(lambda n: some.tuples(some.integers(0, n), some.just(n)))


@given(pairs(), pairs())
def test_exchanging_the_sets_mirrors_the_interval(one: tuple[int, int], other: tuple[int, int]) -> None:
    there, back = change_from_original(one, other), change_from_original(other, one)
    assert float(there.low) == pytest.approx(-float(back.high), abs=1e-12)
    assert there.low - 1e-12 <= there.change <= there.high + 1e-12
    assert -1 - 1e-12 <= there.low <= there.high <= 1 + 1e-12


def test_more_images_make_the_interval_narrower() -> None:
    found = change_from_original([[70, 100], [7000, 10_000]], [[60, 100], [6000, 10_000]])
    assert found.change == pytest.approx([-0.1, -0.1])
    assert (found.high - found.low)[1] < (found.high - found.low)[0] / 9
