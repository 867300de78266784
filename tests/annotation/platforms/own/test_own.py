"""One's own people as a platform: nothing is asked of anybody, so that all there is to learn is a query away."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotation import bitmaps, postings
from annotation.models import HIT, Assignment, Batch, Grid, Place, Worker
from annotation.payments import ledger, paying, rejections
from annotation.payments.reaching import reached
from annotation.platforms.own import OwnPlatform
from annotation.platforms.paid import SubmissionState
from tests import cast
from tests.annotation.payments.desks import REASON, TEXT

pytestmark = pytest.mark.django_db
LATER = cast.NOW + timedelta(days=2)
MANY = 700


def batch_of(num_hits: int, name: str = "local", **fields: Any) -> Batch:
    """So many HITs of two workers each, of one class."""
    target_class = cast.target_class(cast.study())
    terms = {"platform": name, "pay_minor_units": 5, "currency": "EUR"} | fields
    row = cast.batch(target_class.study, [], **terms)
    first = cast.candidate(target_class).pk
    one = bitmaps.pack([0], 1)
    grids = Grid.objects.bulk_create(
        Grid(
            study=target_class.study, target_class=target_class, number=number, candidate_ids=[first + number],
            measured=one, positive_controls=bitmaps.pack([], 1), negative_controls=bitmaps.pack([], 1),
            created_at=cast.NOW,
        )
        for number in range(num_hits)
    )  # fmt: skip
    hits = HIT.objects.bulk_create(HIT(batch=row, grid=each) for each in grids)
    Assignment.objects.bulk_create(Assignment(hit=hit) for hit in hits for _ in range(2))
    return row


def put_up(batch: Batch) -> OwnPlatform:
    platform = OwnPlatform(batch.platform)
    postings.prepare(batch=batch, platform=platform, now=cast.NOW)
    done = postings.post_next(batch=batch, platform=platform, text=TEXT, now=cast.NOW, limit=100_000)
    assert done.num_left == 0
    return platform


def hand_in(batch: Batch, worker: Worker, number: int) -> None:
    """The worker takes the first slot of this HIT of the batch, and hands in."""
    hit = batch.hits.order_by("id")[number]
    slot = hit.assignments.filter(worker=None).first()
    assert slot is not None
    one = bitmaps.pack([0], 1)
    Assignment.objects.filter(pk=slot.pk).update(
        worker=worker, claimed_at=cast.NOW, lease_expires_at=cast.NOW, submitted_at=cast.NOW, seen=one, selected=one
    )


@pytest.mark.parametrize("name", ["local", "simulated"])
def test_it_is_reached_without_anything_being_set(name: str) -> None:
    with reached(name, clock=lambda: cast.NOW) as platform:
        assert (platform.name, platform.fee(pay_minor_units=100, num_places=9)) == (name, 0)


def test_only_postings_with_new_work_are_asked_about() -> None:
    batch = batch_of(6)
    platform = put_up(batch)
    assert postings.learn(batch=batch, platform=platform, now=LATER).num_done == 0
    for number in (1, 4):
        hand_in(batch, Worker.objects.get_or_create(platform="local", external_id="w", created_at=cast.NOW)[0], number)
    done = postings.learn(batch=batch, platform=platform, now=LATER, limit=1)
    assert (done.num_done, done.num_left) == (1, 1)
    assert postings.learn(batch=batch, platform=platform, now=LATER).num_done == 1
    assert Place.objects.filter(posting__batch=batch, assignment__isnull=False).count() == 2
    assert postings.learn(batch=batch, platform=platform, now=LATER).num_done == 0


def test_a_second_worker_of_a_hit_is_learnt_of_too() -> None:
    batch = batch_of(1)
    platform = put_up(batch)
    for number in range(2):
        hand_in(batch, cast.worker(f"w{number}"), 0)
        assert postings.learn(batch=batch, platform=platform, now=LATER).num_done == 1
    assert Place.objects.count() == 2


def test_many_hits_are_learnt_of_with_one_query_and_a_few_for_each_new_piece_of_work() -> None:
    batch = batch_of(MANY)
    postings.prepare(batch=batch, platform=OwnPlatform(), now=cast.NOW)
    with connection.cursor() as cursor:  # as `post_next` leaves them, which takes a minute
        cursor.execute(
            "UPDATE annotation_posting SET external_id = token, state = 'open', posted_at = prepared_at "
            "WHERE batch_id = %s",
            [batch.pk],
        )
    worker = cast.worker()
    for number in (5, 70, 699):
        hand_in(batch, worker, number)
    with CaptureQueriesContext(connection) as queries:
        done = postings.learn(batch=batch, platform=OwnPlatform(), now=LATER)
    assert (done.num_done, done.num_left) == (3, 0)
    assert len(queries) <= 2 + 3 * 14
    with CaptureQueriesContext(connection) as queries:
        assert postings.learn(batch=batch, platform=OwnPlatform(), now=LATER).num_done == 0
    assert len(queries) <= 2


def test_what_was_rejected_reads_so_and_as_paid_after_it_was_reversed(researcher: Any) -> None:
    batch = batch_of(1, budget_minor_units=10)
    platform = put_up(batch)
    hand_in(batch, cast.worker(), 0)
    postings.learn(batch=batch, platform=platform, now=LATER)
    place = Place.objects.get()
    rejection = rejections.reject(place=place, reason=REASON, by=researcher, now=LATER)
    (told,) = platform.submissions(batch.postings.get().external_id)
    assert told.state is SubmissionState.REJECTED
    assert paying.pay_due(batch=batch, platform=platform, now=LATER).num_done == 0
    rejections.reverse(rejection=rejection, reason="mistaken", by=researcher, now=LATER)
    assert paying.pay_due(batch=batch, platform=platform, now=LATER).num_done == 1
    (told,) = platform.submissions(batch.postings.get().external_id)
    assert (told.state, ledger.spend(batch).paid) == (SubmissionState.APPROVED, 5)


def test_reading_a_posting_takes_no_more_queries_for_more_workers() -> None:
    batch = batch_of(1)
    platform = put_up(batch)
    posted = batch.postings.get().external_id
    hand_in(batch, cast.worker("a"), 0)
    with CaptureQueriesContext(connection) as one:
        list(platform.submissions(posted))
    hand_in(batch, cast.worker("b"), 0)
    with CaptureQueriesContext(connection) as two:
        assert len(list(platform.submissions(posted))) == 2
    assert len(one) == len(two)
