"""Many workers at once, on real connections: never too many, never twice, never lost."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import numpy as np
import pytest
from django.db import connection

from annotation import assignments
from annotation.errors import AssignmentRefused
from annotation.models import Assignment, Batch, Worker
from tests import cast

NUM_GRIDS, NUM_SLOTS, NUM_WORKERS = 4, 3, 12


def work(batch: Batch, worker: Worker, now: datetime) -> list[int]:
    """Claim, hand in (some twice, some return, some let their lease end) until nothing is left."""
    rng = np.random.default_rng(worker.pk)
    receipts = []
    try:
        for step in range(12):
            moment = now + timedelta(minutes=10 * step)
            mine = assignments.claim(batch=batch, worker=worker, now=moment)
            if mine is None:
                break
            choice = rng.random()
            try:
                if choice < 0.2:
                    assignments.release(assignment_id=mine.pk, worker_id=worker.pk, now=moment)
                elif choice > 0.3:
                    for _ in range(2):
                        done = assignments.submit(
                            assignment_id=mine.pk, worker_id=worker.pk, selected=[0], not_seen=[], now=moment
                        )
                    receipts.append(done.pk)
            except AssignmentRefused:
                continue  # taken over meanwhile: the worker was told, and holds no receipt
    finally:
        connection.close()
    return receipts


@pytest.mark.django_db(transaction=True)
def test_slots_are_never_overfilled_doubled_or_lost(now: datetime) -> None:
    target_class = cast.target_class(cast.study())
    grids = [cast.grid(target_class, [cast.candidate(target_class) for _ in range(3)]) for _ in range(NUM_GRIDS)]
    batch = cast.batch(target_class.study, grids, num_assignments=NUM_SLOTS)
    workers = [cast.worker(f"w{number}") for number in range(NUM_WORKERS)]
    with ThreadPoolExecutor(NUM_WORKERS) as people:
        receipts = [pk for part in people.map(lambda worker: work(batch, worker, now), workers) for pk in part]
    done = Assignment.objects.filter(submitted_at__isnull=False)
    assert sorted(receipts) == sorted(done.values_list("pk", flat=True))
    assert Assignment.objects.count() == NUM_GRIDS * NUM_SLOTS
    pairs = Counter(done.values_list("hit_id", "worker_id"))
    assert max(pairs.values()) == 1
    assert len(receipts) >= NUM_GRIDS * NUM_SLOTS // 2
