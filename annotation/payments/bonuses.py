"""Bonuses: pay on top, once for each purpose, within what the budget leaves beside the places that are promised."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from annotation import postings
from annotation.errors import CannotPay
from annotation.models import Batch, BonusOrder, LedgerEntry, Place
from annotation.payments import ledger
from annotation.platforms.paid import PaidPlatform, Payment, Uncertain
from annotation.postings import Round

Kind, Step = LedgerEntry.Kind, LedgerEntry.Step


class LedgerBook:
    """Which bonuses were ordered and not said no to since, kept with the ledger. The only writer of `BonusOrder`."""

    def ordered_at(self, token: str) -> datetime | None:
        """When the payment of this token was last ordered; none where it never was, or was not taken."""
        at: datetime | None = (
            BonusOrder.objects.filter(intent__token=token).values_list("ordered_at", flat=True).first()
        )
        return at

    def order(self, token: str, *, was: datetime | None, now: datetime) -> bool:
        """Note that it is about to be ordered, if it is not settled and `ordered_at` still is `was`; whether it did."""
        intent = LedgerEntry.objects.filter(token=token, kind=Kind.BONUS, step=Step.INTENT).first()
        if intent is None:
            raise CannotPay("There is no intent of this bonus: write it down before the platform is asked.")
        with transaction.atomic(durable=True):
            batch = Batch.objects.select_for_update(no_key=True).get(pk=intent.batch_id)
            if not ledger.unsettled(batch).filter(token=token).exists():
                return False
            BonusOrder.objects.bulk_create([BonusOrder(intent=intent)], ignore_conflicts=True)
            return BonusOrder.objects.filter(intent=intent, ordered_at=was).update(ordered_at=now) == 1

    def withdraw(self, token: str, *, now: datetime) -> None:
        """It did not take the order of `now`: that was never given."""
        BonusOrder.objects.filter(intent__token=token, ordered_at=now).update(ordered_at=None)

    def settled(self, submission_id: str) -> Sequence[Payment]:
        """The payments for this submission that are known to have been made."""
        of_it = Q(assignment__place__external_id=submission_id) | Q(place__external_id=submission_id)
        made = LedgerEntry.objects.filter(of_it, kind=Kind.BONUS, step=Step.DONE)
        rows = made.select_related("assignment__place", "place")
        return [payment_of(each) for each in rows]


def pay_bonus(
    *, place: Place, minor_units: int, purpose: str, platform: PaidPlatform, now: datetime, by: Any = None
) -> Round:
    """Pay something on top for a purpose, which the worker is told; the same purpose is paid once."""
    amount = amount_of(minor_units, platform=platform)
    token = intend(place=place, amount=amount, purpose=purpose, now=now, by=by)
    done = Round()
    entry = ledger.unsettled(place.posting.batch).filter(token=token).first()
    if entry is not None:
        settle(done, entry, platform=platform, now=now)
    return done


def amount_of(minor_units: int, *, platform: PaidPlatform) -> ledger.Amount:
    """With what the platform takes on top, which some have to be asked for: not within a transaction."""
    fee = platform.fee(pay_minor_units=minor_units, num_places=1) if minor_units > 0 else 0
    return ledger.Amount(minor_units=minor_units, fee=fee)


@transaction.atomic
def intend(*, place: Place, amount: ledger.Amount, purpose: str, now: datetime, by: Any = None) -> str:
    """Write a bonus down within what the budget leaves; the next round pays it. Asking again is the same bonus.

    With it the batch may not come to more than its one researcher may spend alone.
    """
    token = _written_down(place=place, amount=amount, purpose=purpose, now=now, by=by)
    batch = place.posting.batch
    postings.refuse_without_second(
        batch, postings.bound(batch), now=now, instead="with this bonus the batch would come to that: give less"
    )
    return token


def _written_down(*, place: Place, amount: ledger.Amount, purpose: str, now: datetime, by: Any) -> str:
    if place.assignment is None:
        raise CannotPay("Nothing was handed in here for this place, so that there is nothing to pay a bonus for.")
    _refuse_over_budget(place, amount=amount, purpose=purpose.strip())
    given = {"amount": amount, "purpose": purpose.strip(), "now": now, "by": by}
    return ledger.intend(assignment=place.assignment, kind=Kind.BONUS, **given)


@transaction.atomic
def enter(*, place: Place, amount: ledger.Amount, purpose: str, by: Any, now: datetime) -> None:
    """Write down a bonus that somebody has paid on the platform's own page, be there work here or not."""
    if place.assignment is not None and not place.entered.filter(kind=Kind.BONUS, note=purpose.strip()).exists():
        ledger.done(token=_written_down(place=place, amount=amount, purpose=purpose, now=now, by=by), now=now)
        return
    _refuse_over_budget(place, amount=amount, purpose=purpose.strip())
    ledger.enter(place=place, kind=Kind.BONUS, amount=amount, purpose=purpose.strip(), now=now, by=by)


def _refuse_over_budget(place: Place, *, amount: ledger.Amount, purpose: str) -> None:
    """What is in the books already is in the budget too."""
    batch = Batch.objects.select_for_update(no_key=True).get(pk=place.posting.batch_id)
    if not LedgerEntry.objects.of_place(place).filter(kind=Kind.BONUS, note=purpose).counting().exists():
        more = amount.minor_units + amount.fee
        postings.refuse_over_budget(batch, more=more, what="With this bonus, what is promised")


def settle(done: Round, entry: LedgerEntry, *, platform: PaidPlatform, now: datetime) -> None:
    """Ask for an intended bonus by its token, which pays it once, and write down what came of it."""
    payment, is_noted_here = payment_of(entry), platform.capabilities.pays_by_token

    def pay() -> None:
        if is_noted_here:
            _order(entry.token, now=now)
        platform.bonus(payment, currency=entry.currency, reason=entry.note)
        ledger.done(token=entry.token, now=now)

    def refuse(reason: str) -> None:
        ledger.refused(token=entry.token, reason=reason, now=now)
        if is_noted_here:
            LedgerBook().withdraw(entry.token, now=now)

    done.ask(pay, about=f"The bonus for {payment.submission_id}", refused=refuse, uncertain=lambda: None)


def _order(token: str, *, now: datetime) -> None:
    """From here on nobody gives it up, until the platform says no."""
    book = LedgerBook()
    if not book.order(token, was=book.ordered_at(token), now=now):
        raise Uncertain("Another process is paying this bonus.")


def payment_of(entry: LedgerEntry) -> Payment:
    place = entry.paid_place
    return Payment(
        token=entry.token,
        worker_id=place.worker_external_id,
        submission_id=place.external_id,
        minor_units=entry.minor_units,
    )
