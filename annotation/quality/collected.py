"""What workers have handed in in a study, as arrays: read in one pass, looked at by every rule."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.grids import display_order
from annotation.models import IMPORTED, Assignment, Grid, Study, Worker
from annotation.stats.judgements import Judgements, from_bitmaps

LEAST_POSITIONS = 8
GRID = ["id", "target_class_id", "candidate_ids", "measured", "positive_controls", "negative_controls"]
HANDED_IN = [
    "id", "hit_id", "hit__grid_id", "hit__batch__platform", "worker_id", "claimed_at", "submitted_at", "is_late",
    "seen", "selected",
]  # fmt: skip


@dataclass(frozen=True)
class Grids:
    """The grids of a study; a row each, shorter ones filled up with positions that show nothing (column -1).

    A column is a candidate as the workers of a class are asked about it: a negative control is not the same column as
    the candidate it is in its own class.
    """

    ids: NDArray[np.int64]
    column: NDArray[np.int64]
    measured: NDArray[np.bool_]
    positive: NDArray[np.bool_]
    negative: NDArray[np.bool_]
    class_of_column: NDArray[np.int64]
    candidate_of_column: NDArray[np.int64]

    @property
    def num_columns(self) -> int:
        return len(self.candidate_of_column)


@dataclass(frozen=True)
class Collected:
    """The assignments handed in by a time, oldest first; a worker or a grid is its place among the sorted ids."""

    study_id: int
    grids: Grids
    worker_ids: NDArray[np.int64]
    is_simulated: NDArray[np.bool_]
    ids: NDArray[np.int64]
    worker: NDArray[np.int64]
    grid: NDArray[np.int64]
    hit: NDArray[np.int64]
    seconds: NDArray[np.float64]
    """That the worker spent on it; nan where it can't be known."""
    is_shown: NDArray[np.bool_]
    """Whether the worker had this grid before them; judgements from elsewhere are only kept as if."""
    seen: NDArray[np.bool_]
    selected: NDArray[np.bool_]

    @property
    def num_workers(self) -> int:
        return len(self.worker_ids)

    @property
    def num_assignments(self) -> int:
        return len(self.worker)

    @cached_property
    def counted(self) -> NDArray[np.bool_]:
        """The positions that are judgements of a measured candidate, a worker's first of it only."""
        mask = self.seen & self.grids.measured[self.grid]
        row, position = np.nonzero(mask)
        column = self.grids.column[self.grid[row], position]
        _, first = np.unique(self.worker[row] * self.grids.num_columns + column, return_index=True)
        counted = np.zeros_like(mask)
        counted[row[first], position[first]] = True
        return counted

    @property
    def is_large(self) -> NDArray[np.bool_]:
        """The grids shown of which so much was seen that an answer of all or nothing says something."""
        return self.is_shown & (self.seen.sum(axis=1) >= LEAST_POSITIONS)

    @cached_property
    def on_screen(self) -> NDArray[np.int64]:
        """For each large one, the positions of its grid in the order its worker saw them, then those it lacks."""
        is_large = self.is_large
        sizes = np.count_nonzero(self.grids.column[self.grid[is_large]] >= 0, axis=1)
        order = np.tile(np.arange(self.grids.column.shape[1]), (len(sizes), 1))
        workers = self.worker_ids[self.worker[is_large]]
        for row, (size, *seed) in enumerate(zip(sizes, self.ids[is_large], workers, strict=True)):
            order[row, :size] = display_order(num_positions=size, seed=seed)
        return order

    @cached_property
    def judgements(self) -> Judgements:
        """Those of measured candidates, as the statistics want them; a column each, measured or not."""
        return self.judgements_without(np.zeros(self.num_workers, dtype=np.bool_))

    def judgements_without(self, is_excluded: NDArray[np.bool_]) -> Judgements:
        """The same without those of some workers, who keep their places."""
        columns, seen = self.grids.column[self.grid], self.counted & ~is_excluded[self.worker][:, None]
        return from_bitmaps(self.worker, columns, seen, self.selected, num_candidates=self.grids.num_columns)

    @cached_property
    def counts(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """For each column, how many selected it and how many saw it, where it is measured."""
        return self.counts_without(np.zeros(self.num_workers, dtype=np.bool_))

    def counts_without(self, is_excluded: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The same without the judgements of some workers."""
        counts = np.where(is_excluded, 0.0, 1.0)
        num_selected = self.judgements.per_candidate(counts, 0 * counts)
        num_seen = self.judgements.per_candidate(counts, counts)
        return num_selected.astype(np.int64), num_seen.astype(np.int64)

    def pseudonyms(self) -> list[str]:
        """What the study calls its workers."""
        return [Worker.pseudonym_in(self.study_id, int(worker_id)) for worker_id in self.worker_ids]


def collect(study: Study, *, until: datetime) -> Collected:
    """All that was handed in by then."""
    rows = list(
        Assignment.objects.filter(hit__grid__study=study, submitted_at__lte=until)
        .order_by("submitted_at", "id")
        .values_list(*HANDED_IN)
    )
    grids = _grids(study)  # after the assignments, so that every one of them finds its grid
    columns: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * len(HANDED_IN)
    ids, hit, grid, platforms, workers, claimed_at, submitted_at, is_late, seen, selected = columns
    worker_ids, worker = np.unique(np.array(workers, dtype=np.int64), return_inverse=True)
    simulated = set(Worker.objects.filter(pk__in=worker_ids.tolist(), is_simulated=True).values_list("pk", flat=True))
    size = grids.column.shape[1]
    return Collected(
        study_id=study.pk,
        grids=grids,
        worker_ids=worker_ids,
        is_simulated=np.isin(worker_ids, sorted(simulated)),
        ids=np.array(ids, dtype=np.int64),
        worker=worker,
        grid=np.searchsorted(grids.ids, np.array(grid, dtype=np.int64)),
        hit=np.array(hit, dtype=np.int64),
        seconds=_seconds(worker, claimed_at, submitted_at, np.array(is_late, dtype=np.bool_)),
        is_shown=np.array([platform != IMPORTED for platform in platforms], dtype=np.bool_),
        seen=_bits(seen, size),
        selected=_bits(selected, size),
    )


def _grids(study: Study) -> Grids:
    rows = list(Grid.objects.filter(study=study).order_by("id").values_list(*GRID))
    ids, classes, candidates, *bitmaps = list(zip(*rows, strict=True)) or [()] * len(GRID)
    sizes = np.array([len(each) for each in candidates], dtype=np.int64)
    size = int(sizes.max(initial=0))
    is_shown = np.arange(size) < sizes[:, None]
    shown = np.array([pk for each in candidates for pk in each], dtype=np.int64)
    pairs = np.stack([np.repeat(np.array(classes, dtype=np.int64), sizes), shown], axis=1)
    unique, inverse = np.unique(pairs, axis=0, return_inverse=True)
    column = np.full(is_shown.shape, -1, dtype=np.int64)
    column[is_shown] = inverse.ravel()
    measured, positive, negative = (_bits(bitmap, size) for bitmap in bitmaps)
    return Grids(
        ids=np.array(ids, dtype=np.int64),
        column=column,
        measured=measured,
        positive=positive,
        negative=negative,
        class_of_column=unique[:, 0],
        candidate_of_column=unique[:, 1],
    )


def _bits(bitmaps: Iterable[Any], size: int) -> NDArray[np.bool_]:
    """A row per bitmap; those of smaller grids are filled up with zeros."""
    num_bytes = (size + 7) // 8
    rows = [bytes(bitmap).ljust(num_bytes, b"\0") for bitmap in bitmaps]
    packed = np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(len(rows), num_bytes)
    return np.unpackbits(packed, axis=1, count=size, bitorder="little").astype(np.bool_)


def _seconds(
    worker: NDArray[np.int64], claimed_at: Sequence[Any], submitted_at: Sequence[Any], is_late: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """From the claim, or from what the worker handed in before where that was later: a grid may be claimed ahead.

    Not known of late ones, whose claim may have been written with the answer, nor of judgements from elsewhere.
    """
    begun = np.array([at.timestamp() for at in claimed_at], dtype=np.float64)
    ended = np.array([at.timestamp() for at in submitted_at], dtype=np.float64)
    order = np.argsort(worker, kind="stable")
    before = np.full(len(worker), -np.inf)
    is_next = worker[order][1:] == worker[order][:-1]
    before[order[1:][is_next]] = ended[order[:-1][is_next]]
    seconds = ended - np.maximum(begun, before)
    return np.where(is_late | (seconds <= 0), np.nan, seconds)
