"""What a worker is told of their pay: each grid once, sums per currency, and never what was rejected."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from annotation.models import Batch, Place, Study, Worker
from annotation.payments import bonuses, earnings, ledger, rejections
from tests import cast
from tests.annotation.payments.desks import DAY, Desk
from tests.own_people import paid_batch, pay_due, take_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(researcher: User) -> Study:
    return cast.study(researchers=[researcher])


@pytest.fixture
def worker(study: Study) -> Worker:
    return cast.worker()


def handed_in(batch: Batch, worker: Worker, count: int) -> list[Place]:
    for number in range(count):
        cast.handed_in(batch, worker, cast.NOW + timedelta(minutes=number))
    return take_in(batch, now=cast.NOW)


def test_who_did_nothing_for_pay_has_no_earnings(study: Study, worker: Worker) -> None:
    target_class = cast.target_class(study)
    unpaid = cast.batch(study, [cast.grid(target_class, [cast.candidate(target_class)])])
    cast.handed_in(unpaid, worker, cast.NOW)
    assert earnings.of_worker(study=study, worker=worker, now=cast.NOW) is None


def test_grids_wait_are_accepted_or_rejected_and_sums_say_so(study: Study, worker: Worker, researcher: User) -> None:
    places = handed_in(paid_batch(study), worker, 3)
    found = earnings.of_worker(study=study, worker=worker, now=cast.NOW)
    assert found is not None
    assert (found.num_by_stage, found.waiting) == ({"waiting": 3, "accepted": 0, "rejected": 0}, {"EUR": 90})
    assert found.pieces[-1].until == cast.NOW + DAY
    rejection = rejections.reject(place=places[1], reason="Empty.", by=researcher, now=cast.NOW)
    amount = ledger.Amount(minor_units=7)
    bonuses.intend(place=places[0], amount=amount, purpose="care", now=cast.NOW)
    pay_due(places[0].posting.batch, now=cast.NOW + 2 * DAY)
    found = earnings.of_worker(study=study, worker=worker, now=cast.NOW + 2 * DAY)
    assert found is not None
    assert found.num_by_stage == {"waiting": 0, "accepted": 2, "rejected": 1}
    assert (found.accepted, found.waiting, found.given) == ({"EUR": 60}, {}, {"EUR": 7})
    assert [each.rejection for each in found.rejected] == [rejection]
    assert [(each.minor_units, each.reason) for each in found.bonuses] == [(7, "care")]


def test_currencies_are_not_added_up(study: Study, worker: Worker) -> None:
    for currency in ("EUR", "USD"):
        batch = paid_batch(study, num_grids=1, currency=currency)
        handed_in(batch, worker, 1)
        pay_due(batch, now=cast.NOW + 2 * DAY)
    found = earnings.of_worker(study=study, worker=worker, now=cast.NOW + 2 * DAY)
    assert found is not None
    assert found.accepted == {"EUR": 30, "USD": 30}


def test_before_there_were_books_what_was_handed_in_counted(study: Study, worker: Worker) -> None:
    target_class = cast.target_class(study)
    grid = cast.grid(target_class, [cast.candidate(target_class)])
    cast.handed_in(cast.batch(study, [grid], pay_minor_units=5, currency="EUR"), worker, cast.NOW)
    found = earnings.of_worker(study=study, worker=worker, now=cast.NOW)
    assert found is not None
    assert found.accepted == {"EUR": 5}


def test_a_place_of_several_grids_is_one_piece_of_pay(desk: Desk) -> None:
    if desk.is_by_hit:
        pytest.skip("a place is one grid")
    batch = desk.batch(num_grids=3)
    [posting] = desk.post(batch, num_grids=3)
    desk.work(posting)
    found = earnings.of_worker(study=batch.study, worker=desk.worker(), now=cast.NOW)
    assert found is not None
    assert (found.waiting, found.num_by_stage["waiting"]) == ({"GBP": 300}, 3)
    desk.learn(batch)
    desk.pay(batch)
    found = earnings.of_worker(study=batch.study, worker=desk.worker(), now=desk.later(2))
    assert found is not None
    assert (found.accepted, found.waiting, len(found.pieces)) == ({"GBP": 300}, {}, 1)
