"""What a person decides about pay: written at once, told by the next round, equal on both sides after it."""

import pytest
from django.contrib.auth.models import User

from annotation import messages, quality
from annotation.errors import CannotPay
from annotation.models import Batch, Effect, Message, Place
from annotation.payments import bonuses, by_hand, ledger, paying, rejections
from tests import cast
from tests.annotation.payments.desks import REASON, Desk
from tests.annotation.payments.test_paying import books_agree, two_sided, worked

pytestmark = pytest.mark.django_db


def intend_bonus(desk: Desk, place: Place, minor_units: int = 30, purpose: str = "care") -> str:
    amount = bonuses.amount_of(minor_units, platform=desk.platform())
    return bonuses.intend(place=place, amount=amount, purpose=purpose, now=desk.later(0))


def test_all_that_waits_is_intended_without_grace_and_the_round_pays_it(desk: Desk, researcher: User) -> None:
    batch, places = worked(desk, num_workers=3)
    quality.decide(
        study=batch.study, worker=desk.worker(0), effect=Effect.STOP, reason="odd", by=researcher, now=cast.NOW
    )
    found = by_hand.pay_all(batch=batch, by=researcher, now=desk.later(0))
    assert (found.num_intended, found.num_held, found.num_left, found.missing) == (2, 1, 0, 0)
    assert (desk.spent, ledger.spend(batch).num_unsettled) == (0, 2)
    assert by_hand.pay_all(batch=batch, by=researcher, now=desk.later(0)).num_intended == 0
    assert desk.pay(batch, days=0).num_done == 2
    assert books_agree(desk, batch)
    del places


def test_so_many_at_once_and_no_more_than_the_budget_holds(desk: Desk, researcher: User) -> None:
    batch, _ = worked(desk, num_workers=3)
    cost = batch.postings.get().cost_of_place
    assert by_hand.pay_all(batch=batch, by=researcher, now=desk.later(0), limit=1).num_left == 2
    Batch.objects.update(budget_minor_units=2 * cost)
    found = by_hand.pay_all(batch=Batch.objects.get(), by=researcher, now=desk.later(0))
    assert (found.num_intended, found.missing) == (1, cost)


def test_a_bonus_is_intended_here_and_paid_once_by_the_next_rounds(desk: Desk) -> None:
    batch, [place] = worked(desk, num_workers=1)
    assert intend_bonus(desk, place) == intend_bonus(desk, place, purpose=" care ")
    assert desk.spent == 0
    for _ in range(2):
        desk.pay(batch)
    assert ledger.spend(batch).paid == 130
    assert books_agree(desk, batch)


def test_a_bonus_that_was_paid_there_by_hand_is_entered_and_not_paid_again(desk: Desk, researcher: User) -> None:
    batch, [place] = worked(desk, num_workers=1)
    amount = bonuses.amount_of(7, platform=desk.platform())
    bonuses.enter(place=place, amount=amount, purpose="by hand", by=researcher, now=desk.later(0))
    desk.pay(batch)
    assert ledger.spend(batch).paid == 107
    assert desk.spent == batch.postings.get().cost_of_place


def test_what_is_reversed_is_paid_though_it_be_held(desk: Desk, researcher: User) -> None:
    batch, [place] = worked(desk, num_workers=1)
    quality.decide(
        study=batch.study, worker=desk.worker(0), effect=Effect.EXCLUDE, reason="odd", by=researcher, now=cast.NOW
    )
    rejection = rejections.reject(place=place, reason=REASON, by=researcher, now=desk.later(0))
    assert desk.pay(batch).num_done == 0
    assert desk.learn(batch)[0].state == "rejected"
    assert messages.pay_after_all(rejection=rejection, reason="We were wrong.", by=researcher, now=desk.later(0))
    assert [(each.text, each.by) for each in Message.objects.all()] == [("We were wrong.", researcher)]
    assert desk.pay(batch, days=0).num_done == 1
    assert desk.learn(batch)[0].state == "approved"
    assert books_agree(desk, batch)


def test_a_reversal_stands_where_the_budget_does_not_hold_the_pay(desk: Desk, researcher: User) -> None:
    batch, [place] = worked(desk, num_workers=1)
    rejection = rejections.reject(place=place, reason=REASON, by=researcher, now=desk.later(0))
    Batch.objects.update(budget_minor_units=1)
    is_intended = by_hand.pay_after_all(rejection=rejection, reason="mistaken", by=researcher, now=desk.later(0))
    assert not is_intended
    assert desk.pay(batch).missing > 0
    Batch.objects.update(budget_minor_units=None)
    assert desk.pay(Batch.objects.get()).num_done == 1
    assert books_agree(desk, batch)


def test_a_reason_is_as_long_as_the_platform_wants_it(desk: Desk, researcher: User) -> None:
    batch, [place] = worked(desk, num_workers=1)
    shortest = rejections.shortest_reason(batch.platform)
    unseen = "\x01" if shortest == 1 else "x" + "\n" * shortest + "x"
    for reason in ("x" * (shortest - 1), "x" * (rejections.LONGEST_REASON + 1), unseen):
        with pytest.raises(CannotPay, match=r"Give the reason|The reason has"):
            rejections.reject(place=place, reason=reason, by=researcher, now=desk.later(0))
    rejections.reject(place=place, reason="x" * shortest, by=researcher, now=desk.later(0))
    assert rejections.tell(batch=batch, platform=desk.platform(), now=desk.later(0)).problems == []


def test_what_the_platform_paid_by_itself_is_entered(desk: Desk, researcher: User) -> None:
    two_sided(desk)
    batch, [place] = worked(desk, num_workers=1)
    desk.platform().approve(place.external_id)
    [place] = desk.learn(batch)
    paying.enter(place=place, by=researcher, now=desk.later(0))
    assert books_agree(desk, batch)
