"""Complaints: a worker does not meet the image again and it counts as not seen; a researcher decides what it is."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError

from annotation import assignments, bitmaps, complaints
from annotation.errors import AlreadySubmitted, InvalidSelection, NotYours
from annotation.models import Assignment, Batch, Complaint, Exclusion, Worker
from annotation.serving import slots
from tests import cast
from tests.at_once import at_once

pytestmark = pytest.mark.django_db
BROKEN, OFFENSIVE = Complaint.Reason.BROKEN, Complaint.Reason.OFFENSIVE
LATER = timedelta(seconds=1801)


@pytest.fixture
def batch() -> Batch:
    target_class = cast.target_class(cast.study())
    grid = cast.grid(target_class, [cast.candidate(target_class) for _ in range(4)])
    return cast.batch(target_class.study, [grid], num_assignments=2)


@pytest.fixture
def worker() -> Worker:
    return cast.worker()


def held_by(worker: Worker, batch: Batch, now: datetime) -> Assignment:
    held = assignments.claim(batch=batch, worker=worker, now=now)
    assert held is not None
    return held


def complain(held: Assignment, position: int, now: datetime, reason: Complaint.Reason = OFFENSIVE) -> Complaint:
    assert held.worker_id is not None
    return complaints.file(assignment_id=held.pk, worker_id=held.worker_id, position=position, reason=reason, now=now)


def seen_and_selected(done: Assignment) -> tuple[list[int], list[int]]:
    return bitmaps.positions(done.seen or b"", 4), bitmaps.positions(done.selected or b"", 4)


def submit(held: Assignment, selected: list[int], now: datetime) -> Assignment:
    assert held.worker_id is not None
    return assignments.submit(assignment_id=held.pk, worker_id=held.worker_id, selected=selected, not_seen=[], now=now)


# --- the worker ---


def test_a_complaint_names_the_image_and_its_worker(batch: Batch, worker: Worker, now: datetime) -> None:
    held = held_by(worker, batch, now)
    complaint = complain(held, 2, now)
    assert complaint.candidate_id == held.hit.grid.candidate_ids[2]
    assert (complaint.worker, complaint.assignment, complaint.reason) == (worker, held, "offensive")


def test_complaining_twice_is_complaining_once(batch: Batch, worker: Worker, now: datetime) -> None:
    held = held_by(worker, batch, now)
    first = complain(held, 2, now)
    assert complain(held, 2, now + LATER, BROKEN) == first
    assert Complaint.objects.get().reason == "offensive"


def test_the_database_knows_one_complaint_per_worker_and_image(batch: Batch, worker: Worker, now: datetime) -> None:
    first = complain(held_by(worker, batch, now), 2, now)
    again = Complaint(
        worker=worker, candidate=first.candidate, assignment=first.assignment, reason=BROKEN, filed_at=now
    )
    with pytest.raises(IntegrityError, match="complaint_once_per_worker_and_image"):
        again.save()


@pytest.mark.parametrize("position", [-1, 4, 10**30])
def test_a_position_beyond_the_grid_cant_be_complained_about(
    batch: Batch, worker: Worker, now: datetime, position: int
) -> None:
    with pytest.raises(InvalidSelection, match="is not in this grid of 4"):
        complain(held_by(worker, batch, now), position, now)


def test_only_the_present_holder_complains_and_only_before_handing_in(
    batch: Batch, worker: Worker, now: datetime
) -> None:
    held = held_by(worker, batch, now)
    with pytest.raises(NotYours):
        complaints.file(assignment_id=held.pk, worker_id=cast.worker("x").pk, position=0, reason=BROKEN, now=now)
    submit(held, [], now)
    with pytest.raises(AlreadySubmitted):
        complain(held, 0, now)


def test_what_was_reported_was_not_seen_whatever_is_handed_in(batch: Batch, worker: Worker, now: datetime) -> None:
    held = held_by(worker, batch, now)
    complain(held, 2, now)
    assert seen_and_selected(submit(held, [1, 2], now)) == ([0, 1, 3], [1])


def test_a_grid_with_a_reported_image_is_not_handed_in_the_short_way(
    batch: Batch, worker: Worker, now: datetime
) -> None:
    held = held_by(worker, batch, now)
    answer = slots.Answer(held.pk, worker.pk, 0, [2], [], None)
    complain(held, 2, now)
    assert assignments.submit_and_claim(answer, now=now) is None
    assert not Assignment.objects.filter(submitted_at__isnull=False).exists()
    other = held_by(cast.worker("other"), batch, now)
    assert assignments.submit_and_claim(slots.Answer(other.pk, other.worker_id or 0, 0, [2], [], None), now=now)


@pytest.mark.django_db(transaction=True)
def test_of_a_report_and_an_answer_at_once_the_first_one_counts(batch: Batch, now: datetime) -> None:
    grid = batch.hits.get().grid
    wide = cast.batch(batch.study, [grid], num_assignments=12)
    for number in range(12):
        held = held_by(cast.worker(f"w{number}"), wide, now)
        told = at_once([lambda h=held: reports(h, now), lambda h=held: answers(h, now)])
        done = Assignment.objects.get(pk=held.pk)
        assert seen_and_selected(done) == (([0, 1, 3], []) if told[0] else ([0, 1, 2, 3], [2]))


def reports(held: Assignment, now: datetime) -> bool:
    try:
        return complain(held, 2, now).pk > 0
    except AlreadySubmitted:
        return False


def answers(held: Assignment, now: datetime) -> bool:
    answer = slots.Answer(held.pk, held.worker_id or 0, 0, [2], [], None)
    return bool(assignments.submit_and_claim(answer, now=now) or submit(held, [2], now))


def test_the_same_answer_again_is_the_same_receipt(batch: Batch, worker: Worker, now: datetime) -> None:
    held = held_by(worker, batch, now)
    complain(held, 2, now)
    done = submit(held, [1, 2], now)
    assert submit(held, [1, 2], now + LATER).submitted_at == done.submitted_at


def test_a_complaint_made_elsewhere_since_changes_no_receipt(batch: Batch, worker: Worker, now: datetime) -> None:
    grid = batch.hits.get().grid
    held = held_by(worker, batch, now)
    done = submit(held, [2], now)
    other = cast.batch(batch.study, [cast.grid(grid.target_class, [cast.candidate(grid.target_class)])])
    elsewhere = held_by(worker, other, now)
    Complaint.objects.create(
        worker=worker, candidate_id=grid.candidate_ids[2], assignment=elsewhere, reason=BROKEN, filed_at=now + LATER
    )
    assert submit(held, [2], now + 2 * LATER).submitted_at == done.submitted_at


def test_the_next_holder_of_the_slot_has_complained_about_nothing(batch: Batch, worker: Worker, now: datetime) -> None:
    held = held_by(worker, batch, now)
    complain(held, 2, now)
    assignments.release(assignment_id=held.pk, worker_id=worker.pk, now=now)
    Assignment.objects.exclude(pk=held.pk).delete()
    next_one = held_by(cast.worker("next"), batch, now)
    assert next_one == held
    assert seen_and_selected(submit(next_one, [2], now)) == ([0, 1, 2, 3], [2])


def test_late_work_in_another_slot_has_not_seen_it_either(batch: Batch, worker: Worker, now: datetime) -> None:
    held = held_by(worker, batch, now)
    complain(held, 2, now)
    Assignment.objects.filter(pk=held.pk).update(worker=cast.worker("next"), taken_from=[worker.pk])
    done = submit(held, [1, 2], now + LATER)
    assert done.pk != held.pk
    assert seen_and_selected(done) == ([0, 1, 3], [1])


# --- the researcher ---


def test_upholding_excludes_the_image_and_settles_all_complaints(batch: Batch, researcher: User, now: datetime) -> None:
    for external_id, reason in (("w1", BROKEN), ("w2", OFFENSIVE)):
        complaint = complain(held_by(cast.worker(external_id), batch, now), 2, now, reason)
    settled = complaints.settle(candidate=complaint.candidate, is_upheld=True, now=now, by=researcher)
    assert settled == 2
    assert not Complaint.objects.waiting().exists()
    assert Exclusion.objects.get().excluded_by == researcher
    assert set(Complaint.objects.values_list("is_upheld", "settled_by")) == {(True, researcher.pk)}


def test_keeping_excludes_nothing_and_another_worker_may_complain_again(
    batch: Batch, researcher: User, now: datetime
) -> None:
    first = complain(held_by(cast.worker("w1"), batch, now), 2, now)
    complaints.settle(candidate=first.candidate, is_upheld=False, now=now, by=researcher)
    assert not Exclusion.objects.exists()
    second = complain(held_by(cast.worker("w2"), batch, now), 2, now)
    assert list(Complaint.objects.waiting()) == [second]


def test_an_image_nobody_complained_about_is_not_excluded_by_settling(
    batch: Batch, researcher: User, now: datetime
) -> None:
    candidate = batch.study.candidates.first()
    assert complaints.settle(candidate=candidate, is_upheld=True, now=now, by=researcher) == 0
    assert not Exclusion.objects.exists()
