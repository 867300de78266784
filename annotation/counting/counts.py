"""Counts of who saw and who selected each candidate, from bitmaps: each worker's first judgement of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from annotation.counting.handed_in import HandedIn


@dataclass(frozen=True)
class Counts:
    """Of every candidate that the grids measure, by ascending id; all of shape (n,)."""

    candidate: NDArray[np.int64]
    num_selected: NDArray[np.int64]
    num_seen: NDArray[np.int64]

    def only(self, wanted: NDArray[np.bool_]) -> "Counts":
        """Some of the candidates."""
        return Counts(self.candidate[wanted], self.num_selected[wanted], self.num_seen[wanted])


def that_count(
    block: HandedIn, *, without_workers: Iterable[int] = (), min_control_accuracy: float | None = None
) -> NDArray[np.bool_]:
    """Which assignments count, shape (R,); who saw no control is not judged by them."""
    kept = ~np.isin(block.worker, np.fromiter(without_workers, dtype=np.int64))
    if min_control_accuracy is not None:
        positive, negative = block.positive[block.row_grid], block.negative[block.row_grid]
        right = _num_bits(block.seen & (block.selected & positive | ~block.selected & negative))
        num_controls = _num_bits(block.seen & (positive | negative))
        # A quotient of whole numbers is the double that a decimal such as 0.7 is read as.
        kept &= right / np.maximum(num_controls, 1) >= np.where(num_controls, min_control_accuracy, 0)
    return kept


def count(blocks: Sequence[HandedIn]) -> Counts:
    """One vote per worker per candidate: the first, across grids, HITs and batches."""
    measured = [block.bits(block.measured).astype(np.bool_) for block in blocks]
    ids = [block.candidate[here] for block, here in zip(blocks, measured, strict=True)]
    candidate, place, num_grids = np.unique(_joined(ids), return_inverse=True, return_counts=True)
    if not len(candidate):
        return Counts(candidate, candidate, candidate)
    num_selected, num_seen = (np.zeros(len(candidate), dtype=np.int64) for _ in range(2))
    several: list[NDArray[np.int64]] = []
    ends = np.cumsum([len(each) for each in ids])
    for block, here, mine in zip(blocks, measured, np.split(place, ends[:-1]), strict=True):
        places = np.zeros(block.candidate.shape, dtype=np.int64)
        places[here] = mine
        # What one grid measures, judged by nobody twice, is added up; only the rest needs to know who came first.
        once = here & np.equal(num_grids[places], 1) & ~_is_judged_again(block)[:, None]
        for total, bits in ((num_selected, block.seen & block.selected), (num_seen, block.seen)):
            total[places[once]] = _per_grid(block, bits)[once]
        several.append(judgements(block, here & ~once, places))
    place_of, *_, is_selected = firsts(_joined(several, width=5))
    num_seen += np.bincount(place_of, minlength=len(candidate))
    num_selected += np.bincount(place_of[is_selected.astype(np.bool_)], minlength=len(candidate))
    return Counts(candidate, num_selected, num_seen)


def _per_grid(block: HandedIn, bitmaps: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How many assignments of each grid have each bit set, shape (G, size)."""
    num_rows = len(bitmaps)
    by_grid = csc_matrix(
        (np.ones(num_rows, dtype=np.int32), block.row_grid, np.arange(num_rows + 1)), shape=(len(block.grid), num_rows)
    )
    return np.asarray(by_grid @ block.bits(bitmaps).astype(np.int32))


def _is_judged_again(block: HandedIn) -> NDArray[np.bool_]:
    """Which grids somebody has handed in twice, in two HITs, shape (G,)."""
    order = np.lexsort((block.worker, block.row_grid))
    grid, worker = block.row_grid[order], block.worker[order]
    again = np.zeros(len(block.grid), dtype=np.bool_)
    differs = np.diff(grid).astype(np.bool_) | np.diff(worker).astype(np.bool_)
    again[grid[1:][~differs]] = True
    return again


def judgements(block: HandedIn, positions: NDArray[np.bool_], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """One column per judgement at these positions: place, worker, time, assignment, selected."""
    has_some = np.asarray(positions.any(axis=1))
    rows = np.flatnonzero(has_some[block.row_grid])
    seen = block.bits(block.seen[rows]).astype(np.bool_) & positions[block.row_grid[rows]]
    row, position = np.nonzero(seen)
    selected = block.bits(block.selected[rows])[row, position]
    row = rows[row]
    place = places[block.row_grid[row], position]
    return np.stack([place, block.worker[row], block.at[row], block.assignment[row], selected.astype(np.int64)])


def firsts(given: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of columns as of `judgements`, each worker's first judgement of each place, by place, then worker."""
    place, worker, at, assignment, _ = given
    given = given[:, np.lexsort((assignment, at, worker, place))]
    is_first = np.ones(given.shape[1], dtype=np.bool_)
    is_first[1:] = np.diff(given[:2]).any(axis=0)
    return given[:, is_first]


def _joined(parts: Sequence[NDArray[np.int64]], width: int | None = None) -> NDArray[np.int64]:
    empty = np.empty((width, 0) if width else 0, dtype=np.int64)
    return np.concatenate([empty, *parts], axis=-1)


def _num_bits(bitmaps: NDArray[np.uint8]) -> NDArray[np.int64]:
    return np.bitwise_count(bitmaps).sum(axis=1, dtype=np.int64)
