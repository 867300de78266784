"""Judgements made elsewhere become workers, grids, a closed batch and its assignments, all at once or not at all."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

import numpy as np
from django.db import transaction

from annotation import assignments, candidates, grids, hits, studies, workers
from annotation.errors import CannotImport
from annotation.judgements import recorded
from annotation.judgements.choosing import BoolArray, IntArray, Judged, choose
from annotation.judgements.columns import EPOCH, MICROSECOND, Table, collect
from annotation.judgements.matching import Known, Wanted
from annotation.judgements.report import Import
from annotation.models import Study, TargetClass
from annotation.sources.judgements import JudgementRow, RefusedRow
from annotation.studies import TargetClassSpec

ASSIGNMENTS_PER_PART = 10_000


def take_in(rows: Iterable[JudgementRow | RefusedRow], *, this: Import) -> None:
    """Take in the judgements of a table; those that earlier imports have taken already change nothing."""
    table = collect(rows, reading=this.how.reading, now=this.now, refuse=this.refuse, on_progress=this.has_read)
    this.report.labels = table.labels_counted()
    with transaction.atomic():
        # Locked, so that two imports see each other's judgements.
        Study.objects.select_for_update(no_key=True).get(pk=this.study.pk)
        judged, places = choose(table, this)
        num_refused = this.report.refusals.num
        if this.how.all_or_nothing and num_refused:
            raise CannotImport(f"{num_refused:,} rows were refused, so nothing was imported.")
        if len(judged.line):
            _store(judged, places, table, this)


def _store(judged: Judged, places: list[Known | Wanted], table: Table, this: Import) -> None:
    candidate_of, class_of = _candidates(judged, places, this)
    lying = _grids(np.unique(judged.place), candidate_of, class_of, this)
    answers = _by_assignment(judged, candidate_of, _workers(judged, table, this), lying)
    asked, num_assignments = np.unique(answers.grid[answers.first], return_counts=True)
    hit_of = hits.record(
        study=this.study,
        grids=asked.tolist(),
        num_assignments=int(num_assignments.max()),
        is_simulated=this.how.is_simulated,
        imported_from=this.how.imported_from,
        now=this.now,
    )
    sizes = dict(zip(*(column.tolist() for column in np.unique(lying.grid, return_counts=True)), strict=True))
    this.report.num_assignments = assignments.record(judged=_assignments(answers, hit_of, sizes, this))


def _candidates(judged: Judged, places: list[Known | Wanted], this: Import) -> tuple[IntArray, IntArray]:
    """The candidate of each place and its class; those that are lacking are made, with their classes."""
    used = np.unique(judged.place).tolist()
    lacking = [place for number in used if isinstance(place := places[number], Wanted)]
    fresh = sorted({place.target_class for place in lacking if isinstance(place.target_class, str)})
    specs = [TargetClassSpec(class_id=class_id, name=class_id) for class_id in fresh]
    class_pk: dict[int | str, int] = {
        row.class_id: row.pk for row in studies.add_target_classes(study=this.study, classes=specs)
    }
    numbers = dict(TargetClass.objects.filter(study=this.study).values_list("pk", "number"))

    def settled(place: Wanted) -> tuple[int, str, str]:
        return class_pk.get(place.target_class) or int(place.target_class), place.origin.value, place.source

    new = sorted(map(settled, lacking), key=lambda each: (numbers[each[0]], *each[1:]))
    ids = dict(zip(new, candidates.add_without_picture(study=this.study, places=new, now=this.now), strict=True))
    this.report.num_new_classes, this.report.num_new_candidates = len(fresh), len(new)
    candidate_of, class_of = np.zeros((2, len(places)), dtype=np.int64)
    for number in used:
        place = places[number]
        if isinstance(place, Known):
            candidate_of[number], class_of[number] = place.pk, place.target_class_id
        else:
            candidate_of[number], class_of[number] = ids[settled(place)], settled(place)[0]
    return candidate_of, class_of


def _grids(used: IntArray, candidate_of: IntArray, class_of: IntArray, this: Import) -> recorded.Positions:
    """Where the candidates lie; those that no import had before are put into grids of their own."""
    lying = recorded.positions(this.study)
    measured: dict[int, list[int]] = {}
    for place in used[np.argsort(candidate_of[used])].tolist():
        if not lying.has(int(candidate_of[place])):
            measured.setdefault(int(class_of[place]), []).append(int(candidate_of[place]))
    made = grids.put_together(study=this.study, measured=measured, now=this.now)
    this.report.num_new_grids = len(made)
    return lying.with_grids({grid.pk: grid.candidate_ids for grid in made})


def _workers(judged: Judged, table: Table, this: Import) -> IntArray:
    """The id of each judgement's worker."""
    used = np.unique(judged.worker).tolist()
    external_ids = {number: this.how.external_id(table.workers.texts[number]) for number in used}
    known = workers.register_imported(
        external_ids=external_ids.values(), now=this.now, is_simulated=this.how.is_simulated
    )
    this.report.num_workers = len(used)
    pk_of = np.zeros(len(table.workers.texts), dtype=np.int64)
    pk_of[used] = [known[external_ids[number]] for number in used]
    return pk_of[judged.worker]


# --- assignments ------------------------------------------------------------------------------------------


class _Answers(NamedTuple):
    """Judgements ordered by worker and grid; `first` is where each assignment begins."""

    worker: IntArray
    grid: IntArray
    position: IntArray
    selected: BoolArray
    time: IntArray
    first: IntArray


def _by_assignment(judged: Judged, candidate_of: IntArray, worker: IntArray, lying: recorded.Positions) -> _Answers:
    grid, position = lying.of(candidate_of[judged.place])
    order = np.lexsort((grid, worker))
    worker, grid = worker[order], grid[order]
    first = np.flatnonzero((np.diff(worker, prepend=-1) != 0) | (np.diff(grid, prepend=-1) != 0))
    return _Answers(worker, grid, position[order], judged.selected[order], judged.time[order], first)


def _assignments(
    answers: _Answers, hit_of: dict[int, int], sizes: dict[int, int], this: Import
) -> Iterator[tuple[int, int, datetime, bytes, bytes]]:
    """As they are recorded: HIT, worker, time, what was seen and what was selected."""
    ends = np.append(answers.first[1:], len(answers.worker))
    widest = max(sizes.values())
    for start in range(0, len(ends), ASSIGNMENTS_PER_PART):
        first, end = (column[start : start + ASSIGNMENTS_PER_PART] for column in (answers.first, ends))
        part = slice(first[0], end[-1])
        bits = np.zeros((2, len(first), widest), dtype=np.bool_)
        row = np.repeat(np.arange(len(first)), end - first)
        bits[0, row, answers.position[part]] = True
        bits[1, row, answers.position[part]] = answers.selected[part]
        seen, selected = np.packbits(bits, axis=2, bitorder="little")
        times = np.maximum.reduceat(answers.time[part], first - first[0])
        keys = zip(answers.grid[first].tolist(), answers.worker[first].tolist(), times.tolist(), strict=True)
        for number, (grid, worker, time) in enumerate(keys):
            at = this.now if time < 0 else EPOCH + time * MICROSECOND
            num_bytes = -(-sizes[grid] // 8)
            yield hit_of[grid], worker, at, seen[number, :num_bytes].tobytes(), selected[number, :num_bytes].tobytes()
        this.has_taken(int(end[-1]))
