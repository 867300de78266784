"""Many workers at once, on real connections: never too many, never twice, never lost."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import numpy as np
import pytest
from django.db import connection

from annotation import assignments, bitmaps, grids
from annotation.errors import AssignmentRefused
from annotation.models import Assignment, Batch, Worker
from tests import cast
from tests.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)
NUM_GRIDS, NUM_SLOTS, NUM_WORKERS, NUM_POSITIONS = 6, 3, 8, 8
Receipt = tuple[int, int, int]  # assignment, worker, selected position


@pytest.fixture
def batch() -> Batch:
    target_class = cast.target_class(cast.study())
    rows = [cast.grid(target_class, [cast.candidate(target_class) for _ in range(NUM_POSITIONS)])]
    rows += [cast.grid(target_class, [cast.candidate(target_class)] * NUM_POSITIONS) for _ in range(NUM_GRIDS - 1)]
    return cast.batch(target_class.study, rows, num_assignments=NUM_SLOTS)


def hand_in(held: Assignment, worker: Worker, position: int, moment: datetime) -> Receipt:
    done = assignments.submit(assignment_id=held.pk, worker_id=worker.pk, selected=[position], not_seen=[], now=moment)
    return done.pk, worker.pk, position


def work(batch: Batch, worker: Worker, window: int, now: datetime) -> list[Receipt]:
    """One window of a worker: claims, hands in, returns, lets time run out. Some answers differ between windows."""
    rng = np.random.default_rng([worker.pk, window])
    receipts = []
    for step in range(12):
        moment = now + timedelta(minutes=10 * step)
        try:
            held = assignments.claim(batch=batch, worker=worker, now=moment)
            choice = rng.random()
            if held is not None and choice < 0.2:
                assignments.release(assignment_id=held.pk, worker_id=worker.pk, now=moment)
            elif held is not None and choice > 0.4:
                receipts.append(hand_in(held, worker, int(rng.integers(NUM_POSITIONS)), moment))
        except AssignmentRefused:
            continue  # the other window was first, or somebody took it over: told so, and no receipt
        finally:
            connection.close()  # as after each request
    return receipts


def finish(batch: Batch, worker: Worker, moment: datetime) -> list[Receipt]:
    receipts = []
    while (held := assignments.claim(batch=batch, worker=worker, now=moment)) is not None:
        receipts.append(hand_in(held, worker, 0, moment))
    return receipts


def test_slots_are_never_overfilled_doubled_or_lost(batch: Batch, now: datetime) -> None:
    workers = [cast.worker(f"w{number}") for number in range(NUM_WORKERS)]
    windows = [(worker, window) for worker in workers for window in (1, 2)]
    with ThreadPoolExecutor(len(windows)) as people:
        parts = list(people.map(lambda each: work(batch, *each, now), windows))
    parts += [finish(batch, worker, now + timedelta(days=1)) for worker in workers]
    done = Assignment.objects.filter(submitted_at__isnull=False)
    stored = {
        (row.pk, row.worker_id, position)
        for row in done
        for position in bitmaps.positions(row.selected or b"", NUM_POSITIONS)
    }
    assert {receipt for part in parts for receipt in part} == stored
    assert Counter(done.values_list("hit_id", flat=True)) == dict.fromkeys(batch.hits.values_list("pk", flat=True), 3)
    assert max(Counter(done.values_list("hit_id", "worker_id")).values()) == 1


def test_a_worker_in_six_windows_gets_one_slot(batch: Batch, now: datetime) -> None:
    worker = cast.worker()
    held = at_once([lambda: assignments.claim(batch=batch, worker=worker, now=now)] * 6)
    assert len({row.pk for row in held if row is not None}) == 1
    assert Assignment.objects.filter(worker=worker).count() == 1


def test_of_six_different_submits_at_once_one_counts(batch: Batch, now: datetime) -> None:
    worker = cast.worker()
    held = assignments.claim(batch=batch, worker=worker, now=now)
    assert held is not None

    def submit(position: int) -> int | None:
        try:
            return hand_in(held, worker, position, now)[2]
        except AssignmentRefused:
            return None

    accepted = {position for position in at_once([lambda p=p: submit(p) for p in range(6)]) if position is not None}
    held.refresh_from_db()
    assert accepted == set(bitmaps.positions(held.selected or b"", NUM_POSITIONS))


def test_the_last_slot_goes_to_one_of_six_workers(batch: Batch, now: datetime) -> None:
    Assignment.objects.exclude(pk=Assignment.objects.latest("pk").pk).delete()
    workers = [cast.worker(f"w{number}") for number in range(6)]
    held = at_once([lambda w=w: assignments.claim(batch=batch, worker=w, now=now) for w in workers])
    assert sum(row is not None for row in held) == 1


def test_composers_at_once_measure_each_candidate_once(now: datetime) -> None:
    target_class = cast.target_class(cast.study())
    ids = [cast.candidate(target_class).pk for _ in range(20)]
    at_once([lambda: grids.compose(study=target_class.study, now=now)] * 4)
    assert sorted(pk for grid in target_class.grids.all() for pk in grid.candidate_ids) == ids
