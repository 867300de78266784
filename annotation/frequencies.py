"""Selection frequencies: counts of who saw and who selected a candidate, from the bitmaps of assignments."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from numpy.typing import NDArray

from annotation import bitmaps, quality
from annotation.models import (
    Assignment,
    Effect,
    FrequencyTally,
    Grid,
    SelectionFrequency,
    Study,
    TargetClass,
    WorkerDecision,
)


class _Judgements(NamedTuple):
    """One entry per judgement of a measured candidate that was seen, in the order they were handed in."""

    worker: NDArray[np.int64]
    candidate: NDArray[np.int64]
    selected: NDArray[np.int64]


@transaction.atomic
def recompute(*, target_class: TargetClass, now: datetime) -> int:
    """Count the class anew from the submitted assignments of all workers who are not excluded; returns how many."""
    TargetClass.objects.select_for_update(no_key=True).get(pk=target_class.pk)  # two counts must not interleave
    excluded = quality.excluded_workers(target_class.study_id)
    rows = list(
        Assignment.objects.filter(hit__grid__target_class=target_class, submitted_at__isnull=False)
        .exclude(worker__in=excluded)
        .order_by("submitted_at", "id")
        .values_list("hit__grid_id", "worker_id", "seen", "selected")
    )
    grids = list(Grid.objects.filter(target_class=target_class).only("candidate_ids", "measured"))
    candidates = np.array(sorted({pk for grid in grids for pk in _measured(grid)}), dtype=np.int64)
    judgements = _first_of_each_worker(_unpack(rows, grids))
    index = np.searchsorted(candidates, judgements.candidate)
    num_seen = np.bincount(index, minlength=len(candidates))
    num_selected = np.bincount(index, weights=judgements.selected, minlength=len(candidates)).astype(np.int64)
    _write(target_class, candidates, num_selected, num_seen)
    FrequencyTally.objects.update_or_create(
        target_class=target_class, defaults={"num_assignments": len(rows), "counted_at": now}
    )
    return len(rows)


def stale_target_classes() -> QuerySet[TargetClass]:
    """Classes whose frequencies do not count the submitted assignments that they should, or count others."""
    slot = "grids__hits__assignments"
    is_excluded = WorkerDecision.objects.active().filter(
        study=OuterRef("study"), worker=OuterRef(f"{slot}__worker"), effect=Effect.EXCLUDE
    )
    submitted = Count(slot, filter=Q(~Exists(is_excluded), **{f"{slot}__submitted_at__isnull": False}))
    counted = TargetClass.objects.annotate(num_submitted=submitted)
    return counted.filter(
        Q(frequency_tally__isnull=True, num_submitted__gt=0)
        | Q(frequency_tally__isnull=False) & ~Q(num_submitted=F("frequency_tally__num_assignments"))
    )


def recompute_stale(*, study: Study, now: datetime) -> dict[TargetClass, int]:
    """Count the classes of a study that judgements came in for; how many assignments each counts now."""
    stale = stale_target_classes().filter(study=study).order_by("number")
    return {target_class: recompute(target_class=target_class, now=now) for target_class in stale}


def _measured(grid: Grid) -> NDArray[np.int64]:
    ids = np.array(grid.candidate_ids, dtype=np.int64)
    return ids[bitmaps.unpack(grid.measured, grid.num_positions)]


def _unpack(rows: Sequence[tuple[int, Any, Any, Any]], grids: Sequence[Grid]) -> _Judgements:
    """Judgements of measured, seen candidates; rows come, and judgements leave, in the order of submission."""
    by_grid: dict[int, list[int]] = defaultdict(list)
    for number, (grid_pk, *_) in enumerate(rows):
        by_grid[grid_pk].append(number)
    parts: list[NDArray[np.int64]] = [np.empty((4, 0), dtype=np.int64)]
    for grid in grids:
        numbers = by_grid.get(grid.pk)
        if numbers:
            size = grid.num_positions
            seen = bitmaps.unpack_many([rows[number][2] for number in numbers], size)
            selected = bitmaps.unpack_many([rows[number][3] for number in numbers], size)
            row, position = np.nonzero(seen & bitmaps.unpack(grid.measured, size))
            order = np.array(numbers, dtype=np.int64)[row]
            workers = np.array([rows[number][1] for number in numbers], dtype=np.int64)[row]
            ids = np.array(grid.candidate_ids, dtype=np.int64)[position]
            parts.append(np.stack([order, workers, ids, selected[row, position].astype(np.int64)]))
    order, workers, ids, chosen = np.concatenate(parts, axis=1)
    by_time = np.argsort(order, kind="stable")
    return _Judgements(workers[by_time], ids[by_time], chosen[by_time])


def _first_of_each_worker(judgements: _Judgements) -> _Judgements:
    """One vote per worker per candidate: the first."""
    pairs = np.stack([judgements.worker, judgements.candidate], axis=1)
    _, first = np.unique(pairs, axis=0, return_index=True)
    return _Judgements(judgements.worker[first], judgements.candidate[first], judgements.selected[first])


def _write(
    target_class: TargetClass,
    candidates: NDArray[np.int64],
    num_selected: NDArray[np.int64],
    num_seen: NDArray[np.int64],
) -> None:
    ids = candidates.tolist()
    gone = SelectionFrequency.objects.filter(candidate__target_class=target_class).exclude(candidate_id__in=ids)
    gone.delete()
    rows = [
        SelectionFrequency(candidate_id=pk, num_selected=selected, num_seen=seen)
        for pk, selected, seen in zip(ids, num_selected.tolist(), num_seen.tolist(), strict=True)
    ]
    SelectionFrequency.objects.bulk_create(
        rows,
        batch_size=5000,
        update_conflicts=True,
        unique_fields=["candidate"],
        update_fields=["num_selected", "num_seen"],
    )
