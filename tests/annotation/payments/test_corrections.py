"""What a person sets right in the books: what the platform refuses for good, and what came back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from annotation.errors import CannotPay
from annotation.models import Batch, LedgerEntry, Place
from annotation.payments import bonuses, corrections, ledger, paying, rejections, statements
from annotation.platforms.own import OwnPlatform
from annotation.platforms.paid import Payment, PlatformRefused, Uncertain
from tests import cast
from tests.own_people import paid_batch, pay_due, take_in

pytestmark = pytest.mark.django_db
LATER = cast.NOW + timedelta(days=2)


HOURS = timedelta(hours=7)  # after which what was refused is asked again


class Refusing(OwnPlatform):
    """Says no to every payment."""

    def approve(self, submission_id: str) -> None:
        raise PlatformRefused("It is too late for that.")

    def bonus(self, payment: Payment, *, currency: str, reason: str) -> None:
        raise PlatformRefused("It is too late for that.")


class Silent(OwnPlatform):
    """May have paid a bonus, or not."""

    def bonus(self, payment: Payment, *, currency: str, reason: str) -> None:
        raise Uncertain("No answer.")


class SilentBook(Refusing):
    """Says no at last, though it has noted an order in its book."""

    capabilities = replace(OwnPlatform.capabilities, pays_by_token=False)

    def bonus(self, payment: Payment, *, currency: str, reason: str) -> None:
        bonuses.LedgerBook().order(payment.token, was=None, now=LATER)
        super().bonus(payment, currency=currency, reason=reason)


@pytest.fixture
def batch() -> Batch:
    return paid_batch(cast.study(), budget_minor_units=400)


@pytest.fixture
def place(batch: Batch) -> Place:
    cast.handed_in(batch, cast.worker(), cast.NOW)
    [place] = take_in(batch, now=cast.NOW)
    return place


def refuse(batch: Batch) -> None:
    paying.pay_due(batch=batch, platform=Refusing(), now=LATER)


def standing(batch: Batch) -> str:
    return str(statements.places(batch, now=LATER).get().standing)


def give_up(place: Place, by: User) -> int:
    return corrections.give_up(place=place, reason="It is never taken.", by=by, now=LATER)


def test_what_is_refused_is_given_up_and_waits_for_a_person(batch: Batch, place: Place, researcher: User) -> None:
    refuse(batch)
    assert (standing(batch), ledger.spend(batch).committed) == ("refused", 30)
    assert give_up(place, researcher) == 1
    assert (standing(batch), ledger.spend(batch).committed) == ("held", 0)
    assert pay_due(batch, now=LATER).held == {place.pk: "Its pay was given up: It is never taken."}
    assert not LedgerEntry.objects.unsettled().exists()
    with pytest.raises(CannotPay, match="has not said no"):
        give_up(place, researcher)


def test_it_is_then_rejected_or_paid_anew(batch: Batch, place: Place, researcher: User) -> None:
    refuse(batch)
    with pytest.raises(CannotPay, match="give that up first"):
        rejections.reject(place=place, reason="Empty.", by=researcher, now=LATER)
    give_up(place, researcher)
    rejection = rejections.reject(place=place, reason="Empty.", by=researcher, now=LATER)
    rejections.reverse(rejection=rejection, reason="It was not.", by=researcher, now=LATER)
    paying.intend(place, now=LATER, by=researcher)
    assert pay_due(batch, now=LATER).num_done == 1
    assert (standing(batch), ledger.spend(batch).paid) == ("paid", 30)


def test_what_may_have_been_paid_is_not_given_up(batch: Batch, place: Place, researcher: User) -> None:
    paying.intend(place, now=LATER)
    with pytest.raises(CannotPay, match="may have made it"):
        give_up(place, researcher)
    refuse(batch)
    Place.objects.update(state="approved")
    with pytest.raises(CannotPay, match="may have made it"):
        give_up(place, researcher)


def test_a_bonus_that_was_asked_for_again_and_not_refused_again_is_not_given_up(
    batch: Batch, place: Place, researcher: User
) -> None:
    paying.pay(place=place, platform=OwnPlatform(), by=researcher, now=LATER)
    token = bonuses.intend(place=place, amount=ledger.Amount(minor_units=5), purpose="care", now=LATER)
    for number, (platform, num) in enumerate([(Silent(), 0), (Refusing(), 1), (Silent(), 0), (Refusing(), 1)]):
        paying.pay_due(batch=batch, platform=platform, now=LATER + number * HOURS)
        assert corrections.refused(place).count() == num
        if not num:
            with pytest.raises(CannotPay, match="may have made it"):
                give_up(place, researcher)
    assert give_up(place, researcher) == 1
    assert not bonuses.LedgerBook().order(token, was=None, now=LATER)  # by whoever read the books before


def test_what_a_platform_has_noted_as_ordered_is_not_given_up(batch: Batch, place: Place, researcher: User) -> None:
    paying.pay(place=place, platform=OwnPlatform(), by=researcher, now=LATER)
    bonuses.intend(place=place, amount=ledger.Amount(minor_units=5), purpose="care", now=LATER)
    paying.pay_due(batch=batch, platform=SilentBook(), now=LATER)
    assert LedgerEntry.objects.filter(step="refused").exists()
    with pytest.raises(CannotPay, match="may have made it"):
        give_up(place, researcher)


def test_what_came_back_is_entered_once_and_can_be_spent_again(batch: Batch, place: Place, researcher: User) -> None:
    assert not corrections.refundable(place).exists()
    pay_due(batch, now=LATER)
    [payment] = corrections.refundable(place)
    given = {"place": place, "reason": "The account was closed.", "by": researcher, "now": LATER}
    with pytest.raises(CannotPay, match=r"0\.31 EUR can't come back of 0\.30 EUR"):
        corrections.refund(token=payment.token, minor_units=31, **given)
    corrections.refund(token=payment.token, minor_units=30, **given)
    assert not corrections.refundable(place).exists()
    assert (ledger.spend(batch).refunded, ledger.spend(batch).committed) == (30, 0)


def test_only_payments_of_the_place_come_back(batch: Batch, place: Place, researcher: User) -> None:
    cast.handed_in(batch, cast.worker("other"), cast.NOW)
    other = next(each for each in take_in(batch, now=cast.NOW) if each != place)
    amount = bonuses.amount_of(7, platform=OwnPlatform())
    bonuses.enter(place=other, amount=amount, purpose="care", by=researcher, now=LATER)
    [payment] = corrections.refundable(other)
    with pytest.raises(CannotPay, match="no payment that was made for this place"):
        corrections.refund(place=place, token=payment.token, minor_units=7, reason="x", by=researcher, now=LATER)
