"""What a worker has selected so far, leases that go on while they work, and work that comes too late."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from annotation import assignments, bitmaps, hits
from annotation.errors import AlreadySubmitted, HoldsEnough, InvalidSelection, NotYours
from annotation.models import Assignment, Batch, Worker
from tests import cast

pytestmark = pytest.mark.django_db
LEASE = timedelta(seconds=1800)
LATER = LEASE + timedelta(seconds=1)


@pytest.fixture
def batch() -> Batch:
    """One grid of four images for two workers."""
    target_class = cast.target_class(cast.study())
    return cast.batch(target_class.study, [cast.grid(target_class, [cast.candidate(target_class) for _ in range(4)])])


@pytest.fixture
def worker() -> Worker:
    return cast.worker()


def claimed(batch: Batch, worker: Worker, now: datetime) -> Assignment:
    assignment = assignments.claim(batch=batch, worker=worker, now=now)
    assert assignment is not None
    return assignment


def keep(assignment: Assignment, worker: Worker, selected: list[int], now: datetime) -> Assignment:
    return assignments.keep_draft(assignment_id=assignment.pk, worker_id=worker.pk, selected=selected, now=now)


def submit(assignment: Assignment, worker: Worker, selected: list[int], now: datetime, **more: Any) -> Assignment:
    more.setdefault("not_seen", [])
    return assignments.submit(assignment_id=assignment.pk, worker_id=worker.pk, selected=selected, now=now, **more)


def draft_of(assignment: Assignment) -> list[int] | None:
    draft = Assignment.objects.get(pk=assignment.pk).draft
    return None if draft is None else bitmaps.positions(draft, 4)


def taken_over(batch: Batch, worker: Worker, now: datetime) -> tuple[Assignment, Worker]:
    """A slot of this worker that another has now, the HIT's other slot handed in by a third."""
    mine = claimed(batch, worker, now)
    third, other = cast.worker("third"), cast.worker("other")
    submit(claimed(batch, third, now), third, [0], now)
    assert claimed(batch, other, now + LATER) == mine
    return mine, other


# --- the draft ---


def test_the_last_draft_is_kept(batch: Batch, worker: Worker, now: datetime) -> None:
    mine = claimed(batch, worker, now)
    keep(mine, worker, [1, 3], now)
    keep(mine, worker, [2], now + timedelta(seconds=1))
    assert draft_of(mine) == [2]


def test_a_draft_renews_the_lease_that_runs(batch: Batch, worker: Worker, now: datetime) -> None:
    kept = keep(claimed(batch, worker, now), worker, [1], now + timedelta(minutes=29))
    assert kept.lease_expires_at == now + timedelta(minutes=29) + LEASE


def test_a_draft_after_the_lease_is_kept_but_takes_nothing_back(batch: Batch, worker: Worker, now: datetime) -> None:
    mine = claimed(batch, worker, now)
    assert keep(mine, worker, [1], now + LATER).lease_expires_at == now + LEASE
    assert claimed(batch, worker, now + LATER) == mine
    assert draft_of(mine) == [1]


def test_a_draft_in_a_closed_batch_is_kept_without_more_time(batch: Batch, worker: Worker, now: datetime) -> None:
    mine = claimed(batch, worker, now)
    hits.expire(batch=batch, now=now)
    assert keep(mine, worker, [1], now + timedelta(minutes=1)).lease_expires_at == now + LEASE


def test_handing_in_returning_and_taking_over_end_the_draft(batch: Batch, worker: Worker, now: datetime) -> None:
    mine, other = claimed(batch, worker, now), cast.worker("other")
    keep(mine, worker, [1], now)
    theirs = claimed(batch, other, now)
    keep(theirs, other, [2], now)
    assignments.release(assignment_id=mine.pk, worker_id=worker.pk, now=now)
    submit(theirs, other, [2], now)
    assert draft_of(mine) is None
    assert draft_of(theirs) is None


def test_who_takes_over_starts_from_nothing(batch: Batch, worker: Worker, now: datetime) -> None:
    keep(claimed(batch, worker, now), worker, [1], now)
    third = cast.worker("third")
    submit(claimed(batch, third, now), third, [0], now)
    theirs = claimed(batch, cast.worker("other"), now + LATER)
    assert theirs.draft is None
    assert theirs.taken_from == [worker.pk]


def test_drafts_are_refused_where_answers_are(batch: Batch, worker: Worker, now: datetime) -> None:
    mine = claimed(batch, worker, now)
    with pytest.raises(InvalidSelection):
        keep(mine, worker, [4], now)
    with pytest.raises(NotYours):
        keep(mine, cast.worker("other"), [1], now)
    submit(mine, worker, [1], now)
    with pytest.raises(AlreadySubmitted):
        keep(mine, worker, [2], now)


def test_the_database_itself_refuses_a_draft_of_nobody(batch: Batch, now: datetime) -> None:
    with pytest.raises(IntegrityError, match="only_claimed_work_has_a_draft"), transaction.atomic():
        Assignment.objects.update(draft=b"\1", draft_kept_at=now)


# --- the key of a submission ---


def test_a_retry_by_the_same_key_gets_the_same_receipt(batch: Batch, worker: Worker, now: datetime) -> None:
    mine, key = claimed(batch, worker, now), uuid4()
    first = submit(mine, worker, [1], now, not_seen=[3], key=key)
    assert submit(mine, worker, [1], now + LATER, key=key).submitted_at == first.submitted_at
    assert bitmaps.positions(Assignment.objects.get(pk=mine.pk).seen or b"", 4) == [0, 1, 2]


def test_another_selection_is_never_receipted_whatever_its_key(batch: Batch, worker: Worker, now: datetime) -> None:
    mine, key = claimed(batch, worker, now), uuid4()
    submit(mine, worker, [1], now, key=key)
    with pytest.raises(AlreadySubmitted):
        submit(mine, worker, [2], now, key=key)
    with pytest.raises(AlreadySubmitted):
        submit(mine, worker, [1], now, not_seen=[3], key=uuid4())


# --- late work ---


def test_late_work_moves_to_a_free_slot_of_the_hit(batch: Batch, worker: Worker, now: datetime) -> None:
    mine, other = claimed(batch, worker, now), cast.worker("other")
    Assignment.objects.filter(pk=mine.pk).update(worker=other, taken_from=[worker.pk])
    done = Assignment.objects.get(pk=submit(mine, worker, [1], now + LATER).pk)
    assert (done.hit_id, done.worker_id, done.is_late) == (mine.hit_id, worker.pk, True)
    assert done.pk != mine.pk
    assert submit(mine, worker, [1], now + LATER).pk == done.pk
    with pytest.raises(AlreadySubmitted):
        submit(mine, worker, [2], now + LATER)


def test_late_work_without_a_free_slot_is_refused(batch: Batch, worker: Worker, now: datetime) -> None:
    mine, _ = taken_over(batch, worker, now)
    with pytest.raises(NotYours, match="another worker has it now"):
        submit(mine, worker, [1], now + LATER)


def test_late_work_may_take_a_slot_whose_lease_has_ended(batch: Batch, worker: Worker, now: datetime) -> None:
    mine, other = taken_over(batch, worker, now)
    submit(mine, worker, [1], now + 2 * LATER)
    done = Assignment.objects.get(pk=mine.pk)
    assert done.is_late
    assert (done.pk, done.worker_id, done.taken_from) == (mine.pk, worker.pk, [worker.pk, other.pk])


def test_work_on_a_returned_grid_is_refused(batch: Batch, worker: Worker, now: datetime) -> None:
    mine = claimed(batch, worker, now)
    assignments.release(assignment_id=mine.pk, worker_id=worker.pk, now=now)
    with pytest.raises(NotYours):
        submit(mine, worker, [1], now)


# --- hoarding ---


def test_nobody_holds_more_than_two_leases_over_all_studies(worker: Worker, now: datetime) -> None:
    batches = []
    for number in range(3):
        target_class = cast.target_class(cast.study(f"study-{number}"))
        batches.append(cast.batch(target_class.study, [cast.grid(target_class, [cast.candidate(target_class)])]))
    first, second, third = batches
    mine = claimed(first, worker, now)
    claimed(second, worker, now + timedelta(minutes=5))
    with pytest.raises(HoldsEnough, match="Submit or return one"):
        claimed(third, worker, now + timedelta(minutes=5))
    claimed(third, worker, now + LATER)
    with pytest.raises(HoldsEnough):
        assignments.renew(assignment_id=mine.pk, worker_id=worker.pk, now=now + LATER)
    with pytest.raises(HoldsEnough):
        claimed(first, worker, now + LATER)


def test_keeping_a_draft_takes_two_statements(
    batch: Batch, worker: Worker, now: datetime, django_assert_max_num_queries: Any
) -> None:
    mine = claimed(batch, worker, now)
    with django_assert_max_num_queries(4):  # two, and the savepoint a test adds
        keep(mine, worker, [1], now)
