"""What earlier imports have taken in already, and where it lies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from annotation import bitmaps
from annotation.models import IMPORTED, Assignment, Grid, Study

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Positions:
    """Where candidates lie in the grids of imports; all arrays one row, ordered by candidate."""

    candidate: IntArray
    grid: IntArray
    position: IntArray

    def has(self, candidate: int) -> bool:
        index = np.searchsorted(self.candidate, candidate)
        return bool(index < len(self.candidate) and self.candidate[index] == candidate)

    def of(self, candidates: IntArray) -> tuple[IntArray, IntArray]:
        """Grid and position of each, all of which lie in one."""
        index = np.searchsorted(self.candidate, candidates)
        return self.grid[index], self.position[index]

    def with_grids(self, candidate_ids: Mapping[int, Sequence[int]]) -> "Positions":
        """Together with those in these grids."""
        parts = [np.stack([self.candidate, self.grid, self.position])]
        for pk, ids in candidate_ids.items():
            parts.append(np.stack([np.array(ids, dtype=np.int64), np.full(len(ids), pk), np.arange(len(ids))]))
        joined = np.concatenate(parts, axis=1)
        return Positions(*joined[:, np.argsort(joined[0], kind="stable")])


class Judgements(NamedTuple):
    """One entry per judgement."""

    worker: IntArray
    candidate: IntArray
    selected: NDArray[np.bool_]


def positions(study: Study) -> Positions:
    """The grids that earlier imports have made."""
    nothing = np.empty(0, dtype=np.int64)
    return Positions(nothing, nothing, nothing).with_grids(_grids(study))


def _grids(study: Study) -> dict[int, list[int]]:
    rows = Grid.objects.filter(study=study).imported().order_by("pk")
    return dict(rows.values_list("pk", "candidate_ids"))


def judgements(study: Study) -> Judgements:
    """The judgements that earlier imports have taken in."""
    rows = Assignment.objects.filter(hit__batch__study=study, hit__batch__platform=IMPORTED).order_by("hit__grid_id")
    columns = rows.values_list("hit__grid_id", "worker_id", "seen", "selected").iterator(chunk_size=10_000)
    ids_of = _grids(study)
    parts = [_unpacked(list(of_grid), ids_of[pk]) for pk, of_grid in groupby(columns, key=itemgetter(0))]
    nothing = Judgements(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.bool_))
    return Judgements(*map(np.concatenate, zip(nothing, *parts, strict=True)))


def _unpacked(rows: Sequence[tuple[int, int, Any, Any]], candidate_ids: Sequence[int]) -> Judgements:
    """The judgements of the assignments of one grid."""
    _, workers, seen, selected = zip(*rows, strict=True)
    size = len(candidate_ids)
    row, position = np.nonzero(bitmaps.unpack_many(seen, size))
    chosen = bitmaps.unpack_many(selected, size)[row, position].astype(np.bool_)
    return Judgements(np.array(workers, np.int64)[row], np.array(candidate_ids, np.int64)[position], chosen)
