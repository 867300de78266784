"""Who took a posting: learnt as the platform says, matched with the work here, unharmed by news that come late."""

from datetime import timedelta

import pytest

from annotation import postings
from annotation.models import Batch, Place
from annotation.platforms.paid import Submission, SubmissionState
from tests import cast
from tests.annotation.payments.desks import Desk
from tests.annotation.payments.test_paying import two_sided

pytestmark = pytest.mark.django_db


def told(place: Place, state: SubmissionState, *, seconds: float = 0) -> Place:
    """The platform says so, that much later (or earlier) than it said what is known."""
    place.refresh_from_db()
    submission = Submission(
        external_id=place.external_id,
        posting_id=place.posting.external_id,
        worker_id=place.worker_external_id,
        state=state,
        submitted_at=place.submitted_at,
    )
    now = place.seen_at + timedelta(seconds=seconds)
    postings.take_in(posting=place.posting, submissions=[submission] * 1, now=now)
    place.refresh_from_db()
    return place


def test_work_goes_with_the_place_of_its_worker(desk: Desk) -> None:
    batch = desk.batch()
    posting = desk.post(batch)[0]
    ids = [desk.work(posting, number) for number in range(2)]
    places = desk.learn(batch)
    assert [each.external_id for each in places] == ids
    assert [each.state for each in places] == ["submitted"] * 2
    assert [each.assignment.worker for each in places if each.assignment] == [desk.worker(0), desk.worker(1)]
    assert desk.learn(batch) == places


def test_work_that_comes_after_its_place_is_found_the_next_time(desk: Desk) -> None:
    two_sided(desk)
    batch = desk.batch(num_grids=1)
    posting = desk.post(batch)[0]
    desk.take(posting)
    assert [each.assignment for each in desk.learn(batch)] == [None]
    assignment = cast.handed_in(batch, desk.worker(), cast.NOW)
    assert [each.assignment for each in desk.learn(batch)] == [assignment]


def test_of_several_grids_in_one_place_the_first_stands_for_all(desk: Desk) -> None:
    batch = desk.batch(num_grids=4, num_assignments=1)
    if desk.is_by_hit:
        assert len(desk.post(batch)) == 4
        return
    [posting] = desk.post(batch, num_grids=2)
    assert (posting.num_places, posting.pay_minor_units) == (2, 200)
    desk.work(posting)
    [place] = desk.learn(batch)
    assert place.assignment == batch.hits.first().assignments.get()  # type: ignore[union-attr]
    second = Submission(
        external_id="another", posting_id=posting.external_id, worker_id=place.worker_external_id,
        state=SubmissionState.SUBMITTED, submitted_at=None,
    )  # fmt: skip
    for _ in range(2):
        postings.take_in(posting=posting, submissions=[second], now=cast.NOW)
    assert Place.objects.get(external_id="another").assignment is None


def test_what_is_decided_never_goes_back(desk: Desk) -> None:
    batch: Batch = desk.batch(num_grids=1)
    desk.work(desk.post(batch)[0])
    [place] = desk.learn(batch)
    late = SubmissionState.SUBMITTED
    assert told(place, SubmissionState.WORKING, seconds=-60).state == "submitted"
    assert told(place, SubmissionState.REJECTED).state == "rejected"
    for state in (late, SubmissionState.WORKING, SubmissionState.RETURNED):
        assert told(place, state, seconds=60).state == "rejected"
    assert told(place, SubmissionState.APPROVED).state == "approved"
    for state in (late, SubmissionState.REJECTED, SubmissionState.RETURNED):
        assert told(place, state, seconds=60).state == "approved"
    assert Place.objects.count() == 1


def test_only_what_was_told_of_is_asked_about(desk: Desk) -> None:
    batch = desk.batch()
    posting = desk.post(batch)[0]
    desk.work(posting)
    assert desk.learn(batch, only=["nothing"]) == []
    assert len(desk.learn(batch, only=[posting.external_id])) == 1
