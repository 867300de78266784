"""What the platform paid for a place that no work here goes with is entered, so that both sides' sums are the same."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from annotation.errors import CannotPay
from annotation.models import Batch, LedgerEntry, Place, Posting
from annotation.payments import bonuses, corrections, ledger, paying, statements
from annotation.payments.ledger import Amount
from annotation.payments.reconciling import Findings, reconcile
from annotation.payments.statements import Standing
from tests import cast
from tests.annotation.payments.desks import OUTSIDE, Desk
from tests.annotation.payments.test_paying import books_agree
from tests.at_once import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(params=sorted(OUTSIDE))
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    """Places without work are of platforms outside only."""
    with OUTSIDE[request.param]() as at:
        yield at


def paid_there(desk: Desk) -> tuple[Posting, Place]:
    """Handed in there, never here; and paid there, by hand or in time."""
    batch = desk.batch(num_grids=1)
    [posting] = desk.post(batch)
    desk.platform().approve(desk.take(posting))
    [place] = desk.learn(batch)
    return posting, place


def found(desk: Desk, batch: Batch) -> Findings:
    return reconcile(batch=batch, platform=desk.platform(), now=desk.later(2))


def standing(place: Place, desk: Desk) -> Standing:
    [row] = statements.all_rows(place.posting.batch, now=desk.later(2))
    return row.standing


def test_it_is_listed_with_its_place_until_it_is_entered_and_the_sums_agree(desk: Desk, researcher: User) -> None:
    posting, place = paid_there(desk)
    before = found(desk, posting.batch)
    assert {each.kind.value for each in before.left} == {"paid there, not in the ledger", "place there, no work here"}
    assert {each.place for each in before.left} == {place.pk}
    assert standing(place, desk) is Standing.PAID_THERE
    paying.enter(place=place, by=researcher, now=desk.later(2))
    after = found(desk, posting.batch)
    assert (after.left, after.paid_here, after.paid_there) == ([], 100, 100)
    assert books_agree(desk, posting.batch)
    [row] = statements.all_rows(posting.batch, now=desk.later(2))
    assert (row.standing, row.gets, row.done["fee"]) == (Standing.PAID, 100, place.posting.fee_minor_units)


def test_it_is_entered_once_also_when_its_work_comes_later(desk: Desk, researcher: User) -> None:
    posting, place = paid_there(desk)
    for _ in range(2):
        paying.enter(place=place, by=researcher, now=desk.later(2))
    rows = list(LedgerEntry.objects.values_list("token", "kind", "step"))
    cast.handed_in(posting.batch, desk.worker(), cast.NOW)
    [place] = desk.learn(posting.batch)
    assert place.assignment is not None
    paying.enter(place=place, by=researcher, now=desk.later(2))
    paying.pay(place=place, platform=desk.platform(), by=researcher, now=desk.later(2))
    assert desk.pay(posting.batch).num_done == 0
    assert list(LedgerEntry.objects.values_list("token", "kind", "step")) == rows
    assert (found(desk, posting.batch).left, standing(place, desk)) == ([], Standing.PAID)
    assert books_agree(desk, posting.batch)


def test_another_place_without_work_is_not_taken_for_it(desk: Desk, researcher: User) -> None:
    """Both have no assignment, which is nothing in common."""
    posting, place = paid_there(desk)
    paying.enter(place=place, by=researcher, now=desk.later(2))
    desk.platform().approve(desk.take(posting, 1))
    _, other = desk.learn(posting.batch)
    assert "paid there, not in the ledger" in [each.kind.value for each in found(desk, posting.batch).left]
    assert not corrections.refundable(other).exists()
    paying.enter(place=other, by=researcher, now=desk.later(2))
    assert (found(desk, posting.batch).paid_here, ledger.spend(posting.batch).paid) == (200, 200)


def test_a_bonus_for_it_is_entered_and_never_paid_from_here(desk: Desk, researcher: User) -> None:
    posting, place = paid_there(desk)
    given = {"place": place, "amount": Amount(minor_units=30), "by": researcher, "now": desk.later(2)}
    with pytest.raises(CannotPay, match="Nothing was handed in here"):
        bonuses.intend(purpose="care", **given)
    for _ in range(2):
        bonuses.enter(purpose="care", **given)
    assert (statements.sums(posting.batch).bonuses, ledger.spend(posting.batch).num_unsettled) == (30, 0)
    [row] = statements.all_rows(posting.batch, now=desk.later(2))
    assert ([each.note for each in row.bonuses], row.done["bonus"]) == (["care"], 30)
    assert bonuses.LedgerBook().settled(place.external_id)[0].minor_units == 30


def test_money_that_came_back_of_it_is_entered(desk: Desk, researcher: User) -> None:
    posting, place = paid_there(desk)
    paying.enter(place=place, by=researcher, now=desk.later(2))
    [payment] = corrections.refundable(place)
    back = {"place": place, "token": payment.token, "minor_units": 40, "reason": "Paid in error."}
    corrections.refund(**back, by=researcher, now=desk.later(2))
    assert ledger.spend(posting.batch).refunded == 40
    assert not corrections.refundable(place).exists()


def test_what_the_platform_has_not_paid_is_not_entered(desk: Desk, researcher: User) -> None:
    batch = desk.batch(num_grids=1)
    desk.take(desk.post(batch)[0])
    [place] = desk.learn(batch)
    with pytest.raises(CannotPay, match="has not paid this place"):
        paying.enter(place=place, by=researcher, now=desk.later(2))
    assert not LedgerEntry.objects.exists()


@pytest.mark.parametrize("wrong", [{}, {"step": "refused"}, {"step": "void"}])
def test_the_database_holds_what_an_entry_is_of(desk: Desk, wrong: dict[str, str]) -> None:
    posting, place = paid_there(desk)
    of = {"place": place} if wrong else {}
    said = {"kind": "approve", "step": "done", "token": "t", "minor_units": 1, "currency": "USD", "at": cast.NOW}
    with pytest.raises(IntegrityError, match="ledger_is_of_work_or_of_a_place"), transaction.atomic():
        LedgerEntry.objects.create(batch=posting.batch, **of, **said | wrong)


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_enter_it_once(desk: Desk, researcher: User) -> None:
    posting, place = paid_there(desk)
    enter: Callable[[], None] = partial(paying.enter, place=place, by=researcher, now=desk.later(2))
    at_once([enter] * 4)
    assert ledger.spend(posting.batch).paid == 100
