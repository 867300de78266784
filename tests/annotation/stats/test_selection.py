import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.stats import selection

COUNTS = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("num_selected", "num_seen", "expected"),
    [(0, 5, 0), (1, 5, 1), (2, 10, 1), (4, 10, 2), (3, 5, 3), (18, 30, 3), (7, 10, 3), (4, 5, 4), (10, 10, 4)],
)
def test_a_frequency_on_an_edge_belongs_to_the_bin_above(num_selected: int, num_seen: int, expected: int) -> None:
    assert selection.bins([num_selected], [num_seen]).tolist() == [expected]


@given(COUNTS)
def test_a_bin_holds_what_lies_between_its_edges(counts: tuple[int, int]) -> None:
    number = int(selection.bins([counts[0]], [counts[1]])[0])
    bounds = [Fraction(0), *selection.BIN_EDGES, Fraction(2)]
    assert bounds[number] <= Fraction(*counts) < bounds[number + 1]


@given(st.lists(COUNTS, max_size=30))
def test_the_order_is_by_fraction_then_judgements_then_position(counts: list[tuple[int, int]]) -> None:
    order = selection.order_by_frequency([k for k, _ in counts], [n for _, n in counts])
    expected = sorted(range(len(counts)), key=lambda i: (-Fraction(*counts[i]), -counts[i][1], i))
    assert order.tolist() == expected


def test_equal_fractions_tie_however_large_the_counts() -> None:
    n = 10**9 + 7
    assert selection.order_by_frequency([n - 1, n - 2], [n, n - 1]).tolist() == [0, 1]
    assert selection.order_by_frequency([n - 3, n - 2], [n - 2, n - 1]).tolist() == [1, 0]


def test_the_threshold_itself_is_reached() -> None:
    reached = selection.at_least([7, 69, 21], [10, 100, 30], threshold=Fraction(7, 10))
    assert reached.tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("num_selected", "num_seen", "message"),
    [([0], [0], "nobody saw"), ([3], [2], "between 0 and num_seen"), ([1], [2, 3], "one shape")],
)
def test_impossible_counts_are_refused(num_selected: list[int], num_seen: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        selection.bins(num_selected, num_seen)


def test_edges_that_do_not_ascend_are_refused() -> None:
    with pytest.raises(ValueError, match="must ascend"):
        selection.bins([1], [2], edges=(Fraction(4, 5), Fraction(1, 5)))


def test_a_bin_beyond_the_last_is_refused() -> None:
    with pytest.raises(ValueError, match="0 to 4"):
        selection.histogram([5])


@pytest.mark.reference
def test_all_published_bin_edges_come_out(reference_dir: Path) -> None:
    vectors = json.loads((reference_dir / "imagenetv2" / "sampling_oracle_vectors.json").read_text())["bin_edges"]
    assert len(vectors) == 216
    sizes = {each["n"] for each in vectors}
    assert [(each["k"], each["n"]) for each in vectors] == [(k, n) for n in sorted(sizes) for k in range(n + 1)]
    found = selection.bins([each["k"] for each in vectors], [each["n"] for each in vectors])
    assert found.tolist() == [each["bin"] for each in vectors]
