"""Pay: everyone once, nobody who is held or rejected, never more than the budget holds."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from annotation import postings, quality
from annotation.errors import CannotPay, OverBudget
from annotation.models import Batch, BonusOrder, Effect, LedgerEntry, Place
from annotation.payments import bonuses, ledger, paying, rejections
from tests import cast
from tests.annotation.payments.desks import REASON, Desk
from tests.at_once import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(researcher: User) -> User:
    return researcher


def worked(desk: Desk, num_workers: int = 2, **fields: Any) -> tuple[Batch, list[Place]]:
    """A batch of one grid whose workers have handed in on both sides."""
    batch = desk.batch(num_grids=1, num_assignments=max(2, num_workers), **fields)
    [posting] = desk.post(batch)
    for number in range(num_workers):
        desk.work(posting, number)
    return batch, desk.learn(batch)


def two_sided(desk: Desk) -> None:
    if not desk.has_two_sides:
        pytest.skip("all that its people do is done here: a place and its work are the same row")


def books_agree(desk: Desk, batch: Batch) -> bool:
    spend = ledger.spend(batch)
    return spend.paid + spend.fees == desk.spent and spend.committed == desk.spent


def test_what_is_handed_in_on_both_sides_is_paid_once_after_its_grace(desk: Desk) -> None:
    batch, _ = worked(desk)
    assert desk.pay(batch, days=0.5).num_done == 0
    assert desk.pay(batch).num_done == 2
    assert desk.pay(batch).num_done == 0
    assert {each.state for each in Place.objects.all()} == {"approved"}
    assert (ledger.spend(batch).paid, books_agree(desk, batch)) == (200, True)


def test_nobody_is_paid_without_work_here(desk: Desk) -> None:
    two_sided(desk)
    batch = desk.batch(num_grids=1)
    desk.take(desk.post(batch)[0])
    [place] = desk.learn(batch)
    assert desk.pay(batch).num_done == 0
    with pytest.raises(CannotPay, match="Nothing was handed in here"):
        paying.pay(place=place, platform=desk.platform(), by=None, now=desk.later(2))


@pytest.mark.parametrize("fault", ["before", "after"])
def test_a_payment_in_doubt_stays_unsettled_and_is_asked_for_again(desk: Desk, fault: str) -> None:
    batch, _ = worked(desk)
    desk.fault("approve", fault)
    done = desk.pay(batch)
    assert (done.num_done, done.num_uncertain, ledger.spend(batch).num_unsettled) == (1, 1, 1)
    assert desk.pay(batch).num_done == 1
    assert (ledger.spend(batch).paid, books_agree(desk, batch)) == (200, True)


def test_a_throttle_ends_the_round_of_payments(desk: Desk) -> None:
    batch, _ = worked(desk)
    desk.fault("approve", "throttled")
    done = desk.pay(batch)
    assert (done.num_done, done.come_back_after is not None) == (0, True)
    assert desk.pay(batch).num_done == 2


def test_what_the_platform_refuses_is_in_the_books_and_asked_again_hours_later(desk: Desk) -> None:
    two_sided(desk)
    batch, places = worked(desk, num_workers=1)
    Place.objects.update(external_id="0" * 24)
    for _ in range(2):
        assert desk.pay(batch).num_done == 0
    refusals = LedgerEntry.objects.filter(step="refused", kind="approve")
    assert [each.note != "" for each in refusals] == [True]
    Place.objects.update(external_id=places[0].external_id)
    assert desk.pay(batch, days=3).num_done == 1
    assert books_agree(desk, batch)


def test_the_budget_stops_payments_and_says_what_is_missing(desk: Desk) -> None:
    batch, _ = worked(desk, num_workers=3)
    each = batch.postings.get().cost_of_place
    Batch.objects.update(budget_minor_units=each + 10)
    done = desk.pay(batch)
    assert (done.num_done, done.missing) == (1, 2 * each - 10)
    assert "more are due" in done.problems[0]
    Batch.objects.update(budget_minor_units=3 * each)
    assert desk.pay(batch).num_done == 2
    batch.refresh_from_db()
    assert ledger.spend(batch).left == 0


@pytest.mark.parametrize("effect", [Effect.EXCLUDE, Effect.STOP])
def test_who_is_excluded_or_stopped_is_held_until_a_person_pays(desk: Desk, effect: Effect, by: User) -> None:
    batch, places = worked(desk)
    worker = desk.worker(0)
    quality.decide(study=batch.study, worker=worker, effect=effect, reason="a robot", by=by, now=cast.NOW)
    done = desk.pay(batch)
    assert (done.num_done, list(done.held)) == (1, [places[0].pk])
    assert paying.pay(place=places[0], platform=desk.platform(), by=by, now=desk.later(2)).num_done == 1
    assert LedgerEntry.objects.filter(by=by, step="intent", kind="approve").count() == 1
    assert books_agree(desk, batch)


def test_who_did_less_than_a_place_is_paid_for_is_held(desk: Desk) -> None:
    if desk.is_by_hit:
        pytest.skip("a place is one grid")
    batch = desk.batch(num_grids=3)
    [posting] = desk.post(batch, num_grids=3)
    cast.handed_in(batch, desk.worker(), cast.NOW)
    desk.take(posting)
    [place] = desk.learn(batch)
    assert desk.pay(batch).held == {place.pk: "1 of 3 grids are handed in here."}


def test_a_rejected_place_is_never_paid_unless_that_is_reversed_in_time(desk: Desk, by: User) -> None:
    batch, [place, _] = worked(desk)
    now = desk.later(0)
    rejection = rejections.reject(place=place, reason=REASON, by=by, now=now)
    assert rejections.reject(place=place, reason=REASON, by=by, now=now) == rejection
    assert desk.pay(batch).num_done == 1
    assert desk.learn(batch)[0].state == "rejected"
    with pytest.raises(CannotPay, match="is rejected; reverse"):
        paying.pay(place=place, platform=desk.platform(), by=by, now=now)
    with pytest.raises(CannotPay, match="for 30 days"):
        rejections.reverse(rejection=rejection, reason="mistaken", by=by, now=now + timedelta(days=31))
    rejections.reverse(rejection=rejection, reason="mistaken", by=by, now=now)
    with pytest.raises(CannotPay, match="reversed before"):
        rejections.reverse(rejection=rejection, reason="mistaken", by=by, now=now)
    assert desk.pay(batch, days=0).num_done == 1
    assert [each.state for each in desk.learn(batch)] == ["approved"] * 2
    assert books_agree(desk, batch)


@pytest.mark.parametrize("fault", ["before", "after"])
def test_a_rejection_in_doubt_is_told_again(desk: Desk, by: User, fault: str) -> None:
    batch, [place] = worked(desk, num_workers=1)
    rejections.reject(place=place, reason=REASON, by=by, now=desk.later(0))
    desk.fault("reject", fault)
    told = {"batch": batch, "platform": desk.platform(), "now": desk.later(0)}
    assert rejections.tell(**told).num_left == 1
    assert rejections.tell(**told).num_left == 0
    assert desk.learn(batch)[0].state == "rejected"


def test_what_is_paid_or_under_way_is_not_rejected(desk: Desk, by: User) -> None:
    batch, [place] = worked(desk, num_workers=1)
    desk.fault("approve", "before")
    desk.pay(batch)
    for _ in range(2):
        with pytest.raises(CannotPay, match=r"under way|approved there"):
            rejections.reject(place=place, reason=REASON, by=by, now=desk.later(0))
        desk.pay(batch)
    Place.objects.update(state="submitted")
    with pytest.raises(CannotPay, match="Give the reason"):
        rejections.reject(place=place, reason=" ", by=by, now=desk.later(0))


@pytest.mark.parametrize("faults", [[], ["before"], ["after"]])
def test_a_bonus_is_paid_once_for_its_purpose(desk: Desk, faults: list[str]) -> None:
    batch, [place] = worked(desk, num_workers=1)
    desk.pay(batch)
    desk.fault("bonus", *faults)
    bonus = {"place": place, "minor_units": 50, "purpose": "care", "now": desk.later(2)}
    for _ in range(3):
        bonuses.pay_bonus(**bonus, platform=desk.platform())
        if desk.name == "prolific" and faults == ["before"]:
            desk.server.account.now += timedelta(days=2)  # until then, nobody can know that it was not ordered
    assert (ledger.spend(batch).paid, ledger.spend(batch).num_unsettled) == (150, 0)
    assert books_agree(desk, batch)
    assert BonusOrder.objects.count() == 1


def test_a_bonus_takes_nothing_from_places_that_are_promised(desk: Desk) -> None:
    batch, [place] = worked(desk, num_workers=1)
    cost = 50 + desk.platform().fee(pay_minor_units=50, num_places=1)
    Batch.objects.update(budget_minor_units=postings.promised(batch) + cost - 1)
    with pytest.raises(OverBudget):
        bonuses.pay_bonus(
            place=Place.objects.get(), minor_units=50, purpose="care", platform=desk.platform(), now=cast.NOW
        )
    assert not LedgerEntry.objects.exists()
    del place


@pytest.mark.django_db(transaction=True)
def test_at_once_everybody_is_paid_once(desk: Desk) -> None:
    batch, [place, _] = worked(desk)
    at_once([lambda: desk.pay(batch)] * 3)
    desk.pay(batch)
    bonus = {"place": place, "minor_units": 50, "purpose": "care", "now": desk.later(2)}
    at_once([lambda: bonuses.pay_bonus(**bonus, platform=desk.platform())] * 3)
    desk.pay(batch)
    assert (ledger.spend(batch).paid, ledger.spend(batch).num_unsettled) == (250, 0)
    assert books_agree(desk, batch)
