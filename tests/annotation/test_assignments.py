from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation import assignments, bitmaps, hits, workers
from annotation.errors import AlreadySubmitted, BatchClosed, InvalidSelection, NotYours
from annotation.models import Assignment, Batch, Worker
from annotation.serving import slots
from tests import cast

pytestmark = pytest.mark.django_db
LATER = timedelta(seconds=1801)


@pytest.fixture
def batch() -> Batch:
    target_class = cast.target_class(cast.study())
    grids = [cast.grid(target_class, [cast.candidate(target_class) for _ in range(4)]) for _ in range(2)]
    return cast.batch(target_class.study, grids, num_assignments=2)


@pytest.fixture
def worker() -> Worker:
    return cast.worker()


def claimed(batch: Batch, worker: Worker, now: datetime) -> Assignment:
    assignment = assignments.claim(batch=batch, worker=worker, now=now)
    assert assignment is not None
    return assignment


def submitted(assignment: Assignment, now: datetime, selected: list[int] | None = None) -> Assignment:
    assert assignment.worker_id is not None
    return assignments.submit(
        assignment_id=assignment.pk, worker_id=assignment.worker_id, selected=selected or [], not_seen=[], now=now
    )


def test_the_platform_s_id_names_one_worker(now: datetime) -> None:
    first = workers.register(platform="local", external_id="x", now=now)
    assert workers.register(platform="local", external_id="x", now=now) == first


def test_a_worker_gets_each_grid_once(batch: Batch, worker: Worker, now: datetime) -> None:
    first = submitted(claimed(batch, worker, now), now)
    second = submitted(claimed(batch, worker, now), now)
    assert first.hit_id != second.hit_id
    assert assignments.claim(batch=batch, worker=worker, now=now) is None


def test_a_grid_handed_in_in_another_batch_is_not_offered_again(batch: Batch, worker: Worker, now: datetime) -> None:
    again = cast.batch(batch.study, [hit.grid for hit in batch.hits.all()])
    submitted(claimed(batch, worker, now), now)
    submitted(claimed(again, worker, now), now)
    assert assignments.claim(batch=again, worker=worker, now=now) is None


def test_claiming_again_gives_back_what_is_held(batch: Batch, worker: Worker, now: datetime) -> None:
    assert claimed(batch, worker, now) == claimed(batch, worker, now + timedelta(minutes=5))


def test_slots_run_out(batch: Batch, now: datetime) -> None:
    for number in range(4):
        claimed(batch, cast.worker(f"w{number + 10}"), now)
    assert assignments.claim(batch=batch, worker=cast.worker("late"), now=now) is None


def test_an_ended_lease_is_taken_over_and_the_first_worker_is_told(batch: Batch, worker: Worker, now: datetime) -> None:
    mine = claimed(batch, worker, now)
    for number in range(3):
        submitted(claimed(batch, cast.worker(f"w{number + 10}"), now), now)
    theirs = claimed(batch, cast.worker("next"), now + LATER)
    assert theirs.pk == mine.pk
    with pytest.raises(NotYours, match="another worker has it now"):
        submitted(mine, now + LATER)


def test_late_work_that_nobody_took_over_is_kept_and_marked(batch: Batch, worker: Worker, now: datetime) -> None:
    assert submitted(claimed(batch, worker, now), now + LATER).is_late
    assert not submitted(claimed(batch, worker, now), now).is_late


def test_renewing_starts_the_lease_again(batch: Batch, worker: Worker, now: datetime) -> None:
    mine = claimed(batch, worker, now)
    renewed = assignments.renew(assignment_id=mine.pk, worker_id=worker.pk, now=now + timedelta(minutes=20))
    assert renewed.is_held_at(now + timedelta(minutes=45))


def test_seen_and_selected_are_stored_as_bits(batch: Batch, worker: Worker, now: datetime) -> None:
    mine = claimed(batch, worker, now)
    assignments.submit(assignment_id=mine.pk, worker_id=worker.pk, selected=[1, 2], not_seen=[3], now=now)
    row = Assignment.objects.get(pk=mine.pk)
    assert bitmaps.positions(row.seen or b"", 4) == [0, 1, 2]
    assert bitmaps.positions(row.selected or b"", 4) == [1, 2]


def test_handing_in_twice_is_handing_in_once(batch: Batch, worker: Worker, now: datetime) -> None:
    mine = claimed(batch, worker, now)
    first = submitted(mine, now, [1])
    assert submitted(mine, now + LATER, [1]).submitted_at == first.submitted_at
    with pytest.raises(AlreadySubmitted, match="first one counts"):
        submitted(mine, now, [2])


@pytest.mark.parametrize(("selected", "not_seen"), [([4], []), ([-1], []), ([], [99]), ([1], [1])])
def test_impossible_positions_are_refused_and_nothing_is_stored(
    batch: Batch, worker: Worker, now: datetime, selected: list[int], not_seen: list[int]
) -> None:
    mine = claimed(batch, worker, now)
    with pytest.raises(InvalidSelection):
        assignments.submit(assignment_id=mine.pk, worker_id=worker.pk, selected=selected, not_seen=not_seen, now=now)
    assert not Assignment.objects.get(pk=mine.pk).is_submitted


def test_somebody_else_s_assignment_is_refused(batch: Batch, worker: Worker, now: datetime) -> None:
    mine = claimed(batch, worker, now)
    other = cast.worker("other")
    with pytest.raises(NotYours):
        assignments.submit(assignment_id=mine.pk, worker_id=other.pk, selected=[], not_seen=[], now=now)
    with pytest.raises(NotYours):
        assignments.release(assignment_id=mine.pk, worker_id=other.pk, now=now)


def test_a_returned_slot_is_free_for_others(batch: Batch, worker: Worker, now: datetime) -> None:
    mine = claimed(batch, worker, now)
    assignments.release(assignment_id=mine.pk, worker_id=worker.pk, now=now)
    free = Assignment.objects.filter(hit__batch=batch, worker=None)
    assert free.count() == 4
    assert claimed(batch, cast.worker("next"), now).hit_id == mine.hit_id


def test_what_is_handed_in_can_t_be_returned_or_renewed(batch: Batch, worker: Worker, now: datetime) -> None:
    mine = submitted(claimed(batch, worker, now), now)
    with pytest.raises(AlreadySubmitted):
        assignments.release(assignment_id=mine.pk, worker_id=worker.pk, now=now)
    with pytest.raises(AlreadySubmitted):
        assignments.renew(assignment_id=mine.pk, worker_id=worker.pk, now=now)


def statements(context: CaptureQueriesContext) -> int:
    """Without the savepoints that stand for a transaction's begin and end."""
    return sum("SAVEPOINT" not in query["sql"] for query in context.captured_queries)


def test_claim_and_submit_stay_within_four_statements(batch: Batch, worker: Worker, now: datetime) -> None:
    with CaptureQueriesContext(connection) as claiming:
        mine = claimed(batch, worker, now)
    with CaptureQueriesContext(connection) as submitting:
        submitted(mine, now)
    assert statements(claiming) == 1
    assert statements(submitting) <= 4


def test_submit_and_claim_is_one_statement(batch: Batch, worker: Worker, now: datetime) -> None:
    mine = claimed(batch, worker, now)
    with CaptureQueriesContext(connection) as both:
        assignments.submit_and_claim(answer_of(mine, 1), now=now)
    assert len(both.captured_queries) == 1


@given(places=st.sets(st.integers(0, 69)), spare=st.integers(1, 20))
@settings(max_examples=50)
def test_the_database_packs_bits_as_we_do(places: set[int], spare: int) -> None:
    size = max(places, default=0) + spare
    with connection.cursor() as cursor:
        cursor.execute("SELECT annotation_bitmap(%s, %s::integer[])", [size, list(places)])
        assert bytes(cursor.fetchone()[0]) == bitmaps.pack(places, size)


def test_the_short_way_of_handing_in_stores_what_the_long_way_stores(batch: Batch, now: datetime) -> None:
    key, stored = UUID(int=7), []
    for number in range(2):
        mine = claimed(batch, cast.worker(f"w{number}"), now)
        worker_id, answer = mine.worker_id or 0, {"selected": [0, 2], "not_seen": [3], "key": key}
        if number == 0:
            assert assignments.submit_and_claim(slots.Answer(mine.pk, worker_id, 0, **answer), now=now)
        else:
            assignments.submit(assignment_id=mine.pk, worker_id=worker_id, **answer, now=now)
        row = Assignment.objects.get(pk=mine.pk)
        stored.append([row.seen, row.selected, row.submitted_at, row.is_late, row.submission_key, row.draft])
    assert stored[0] == stored[1]
    assert stored[0][3:] == [False, key, None]


def answer_of(mine: Assignment, *selected: int, not_seen: Sequence[int] = ()) -> slots.Answer:
    return slots.Answer(mine.pk, mine.worker_id or 0, 0, selected, not_seen, None)


def test_handing_in_the_short_way_claims_the_next_grid(batch: Batch, worker: Worker, now: datetime) -> None:
    mine = claimed(batch, worker, now)
    done = assignments.submit_and_claim(answer_of(mine, 1), now=now)
    assert done is not None
    assert done.target_class_id == mine.hit.grid.target_class_id
    assert claimed(batch, worker, now).pk == done.next_id


def test_a_batch_closed_meanwhile_takes_the_work_and_gives_no_more(batch: Batch, worker: Worker, now: datetime) -> None:
    mine = claimed(batch, worker, now)
    hits.expire(batch=batch, now=now)
    done = assignments.submit_and_claim(answer_of(mine), now=now)
    assert done is not None
    assert done.next_id is None
    assert Assignment.objects.get(pk=mine.pk).is_submitted


@pytest.mark.parametrize("what", ["late", "again", "by another", "beyond the grid", "negative", "not seen"])
def test_what_is_not_as_usual_is_left_to_the_long_way(batch: Batch, worker: Worker, now: datetime, what: str) -> None:
    mine = claimed(batch, worker, now)
    if what == "again":
        submitted(mine, now)
    before = Assignment.objects.values().get(pk=mine.pk)
    positions = {"beyond the grid": 4, "negative": -1}.get(what, 1)
    answer = answer_of(mine, positions, not_seen=[1] if what == "not seen" else [])
    if what == "by another":
        answer = replace(answer, worker_id=cast.worker("other").pk)
    assert assignments.submit_and_claim(answer, now=now + LATER if what == "late" else now) is None
    assert Assignment.objects.values().get(pk=mine.pk) == before


def test_ended_work_is_given_back_to_its_worker_before_a_free_slot(batch: Batch, worker: Worker, now: datetime) -> None:
    first = [claimed(batch, cast.worker(f"w{number + 10}"), now) for number in range(2)]
    mine = claimed(batch, worker, now)
    assignments.release(assignment_id=first[0].pk, worker_id=first[0].worker_id or 0, now=now)
    again = claimed(batch, worker, now + LATER)
    assert again == mine
    assert again.is_held_at(now + LATER + timedelta(minutes=29))


def test_a_grid_held_in_another_batch_is_not_offered(batch: Batch, worker: Worker, now: datetime) -> None:
    again = cast.batch(batch.study, [hit.grid for hit in batch.hits.all()])
    grids = {claimed(each, worker, now).hit.grid_id for each in (batch, again)}
    assert len(grids) == 2


def test_ended_work_on_a_grid_judged_elsewhere_is_not_given_back(batch: Batch, worker: Worker, now: datetime) -> None:
    again = cast.batch(batch.study, [hit.grid for hit in batch.hits.all()])
    mine = claimed(batch, worker, now)
    judged = submitted(claimed(again, worker, now + LATER), now + LATER)
    assert judged.hit.grid_id == mine.hit.grid_id
    assert claimed(batch, worker, now + LATER).hit.grid_id != mine.hit.grid_id


def test_a_closed_batch_takes_what_is_held_until_its_time_ends(batch: Batch, worker: Worker, now: datetime) -> None:
    mine, other = claimed(batch, worker, now), cast.worker("other")
    theirs = claimed(batch, other, now)
    hits.expire(batch=batch, now=now)
    with pytest.raises(BatchClosed, match="before its time ends"):
        assignments.renew(assignment_id=mine.pk, worker_id=worker.pk, now=now)
    assert submitted(mine, now + timedelta(minutes=29)).is_submitted
    with pytest.raises(BatchClosed, match="can't be handed in"):
        submitted(theirs, now + LATER)


def test_a_batch_closed_since_it_was_read_gives_no_slot(batch: Batch, worker: Worker, now: datetime) -> None:
    hits.expire(batch=Batch.objects.get(pk=batch.pk), now=now)
    assert assignments.claim(batch=batch, worker=worker, now=now) is None


def test_the_database_itself_refuses_a_second_slot_of_a_hit(batch: Batch, worker: Worker, now: datetime) -> None:
    mine = claimed(batch, worker, now)
    with pytest.raises(IntegrityError, match="worker_once_per_hit"), transaction.atomic():
        Assignment.objects.filter(hit=mine.hit).update(worker=worker, claimed_at=now, lease_expires_at=now)
