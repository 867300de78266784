import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from annotation.bitmaps import pack, unpack_many
from annotation.stats.judgements import Judgements, from_bitmaps, from_table

TABLE = some.lists(some.tuples(some.integers(0, 5), some.integers(0, 8), some.booleans()), min_size=1, max_size=60)
VALUES = np.random.default_rng(0).normal(size=(3, 9))


def sums(judgements: Judgements) -> list[list[float]]:
    """What judgements are for: sums by candidate and by worker."""
    by_candidate = judgements.per_candidate(*VALUES[:2, : judgements.num_workers])
    by_worker = judgements.per_worker(VALUES[2, : judgements.num_candidates])
    return [by_candidate.tolist(), *(each.tolist() for each in by_worker)]


@given(TABLE)
def test_sums_of_a_table_are_those_of_its_rows(rows: list[tuple[int, int, bool]]) -> None:
    found = from_table(*(np.array(column) for column in zip(*rows, strict=True)))
    by_candidate, selected, passed_over = np.zeros(9), np.zeros(6), np.zeros(6)
    for worker, candidate, is_selected in rows:
        by_candidate[candidate] += VALUES[0 if is_selected else 1, worker]
        (selected if is_selected else passed_over)[worker] += VALUES[2, candidate]
    expected = [by_candidate[: found.num_candidates], selected[: found.num_workers], passed_over[: found.num_workers]]
    for one, other in zip(sums(found), expected, strict=True):
        assert one == pytest.approx(other, abs=1e-9)


def test_bitmaps_and_table_are_the_same_judgements() -> None:
    rng = np.random.default_rng(1)
    worker, candidates = np.array([2, 0, 1, 2]), np.array([[0, 1, 2], [0, 1, 2], [3, 4, 5], [3, 4, 5]])
    selected = rng.random(candidates.shape) < 0.5
    from_bits = from_bitmaps(worker, candidates, np.ones_like(selected), selected, num_candidates=6)
    table = from_table(np.repeat(worker, 3), candidates.ravel(), selected.ravel())
    for one, other in zip(sums(from_bits), sums(table), strict=True):
        assert one == pytest.approx(other)


def test_what_was_not_seen_and_what_does_not_count_are_no_judgements() -> None:
    seen, selected = (unpack_many([pack(positions, 3)], 3) for positions in ([0, 1], [1]))
    found = from_bitmaps([0], [[-1, 1, 0]], seen, selected, num_candidates=2)
    assert found.selected.toarray().tolist() == [[0, 1]]
    assert found.passed_over.toarray().tolist() == [[0, 0]]


@pytest.mark.parametrize(
    ("candidates", "seen", "message"),
    [
        ([[0, 5]], [[1, 1]], "candidates holds 0 to 5; it must lie between -1 and 4"),
        ([[0, 1]], [[1, 1, 1]], "they must be"),
        ([0, 1], [1, 1], "they must be"),
    ],
)
def test_grids_that_do_not_fit_are_refused(candidates: list[list[int]], seen: list[list[int]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        from_bitmaps([0], candidates, seen, seen, num_candidates=5)


def test_a_table_with_a_negative_worker_is_refused() -> None:
    with pytest.raises(ValueError, match="worker holds -1 to 0"):
        from_table([0, -1], [0, 0], [True, True])
