"""Money: what was meant to be paid, and what came of it. The only writer of `LedgerEntry`.

A payment is an intent, then a call of the platform with the intent's token, then the outcome. What is cut short in
between stays an intent without an outcome: it is asked about by its token, and never paid under another.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.utils.crypto import salted_hmac

from annotation.errors import CannotPay, OverBudget
from annotation.models import Assignment, Batch, LedgerEntry, Place, money

Kind, Step = LedgerEntry.Kind, LedgerEntry.Step
TOKEN_LENGTH = 40


@dataclass(frozen=True, kw_only=True)
class Amount:
    """What a worker gets, and what the platform takes on top, in the batch's currency."""

    minor_units: int
    fee: int = 0


@dataclass(frozen=True, kw_only=True)
class Spend:
    """Of a batch, in its currency's smallest unit."""

    committed: int
    """Paid or meant to be, less what came back."""
    paid: int
    fees: int
    refunded: int
    num_unsettled: int
    budget: int | None

    @property
    def left(self) -> int | None:
        """What may still be spent; None without a cap."""
        return None if self.budget is None else max(0, self.budget - self.committed)


@transaction.atomic
def intend(
    *, assignment: Assignment, kind: LedgerEntry.Kind, amount: Amount, now: datetime, purpose: str = "", by: Any = None
) -> str:
    """Write down that the assignment is to be paid, and say the token for the platform's call.

    Asking again for the same kind and purpose is the same payment, unless it was given up before.
    """
    if assignment.submitted_at is None:
        raise CannotPay("The grid has not been handed in, so that there is nothing to pay for.")
    batch = Batch.objects.select_for_update(no_key=True, of=("self",)).get(hits__assignments=assignment)
    return _intend(batch, {"assignment": assignment}, kind, amount, {"note": purpose, "by": by, "at": now})


@transaction.atomic
def enter(
    *, place: Place, kind: LedgerEntry.Kind, amount: Amount, now: datetime, purpose: str = "", by: Any = None
) -> None:
    """Write down what the platform has paid for a place that no work here goes with; the same is written once."""
    batch = Batch.objects.select_for_update(no_key=True, of=("self",)).get(postings=place.posting_id)
    token = _intend(batch, {"place": place}, kind, amount, {"note": purpose, "by": by, "at": now})
    done(token=token, now=now)


def _intend(batch: Batch, of: dict[str, Any], kind: LedgerEntry.Kind, amount: Amount, said: dict[str, Any]) -> str:
    """`of` names what is paid for, an assignment or a place; the batch is locked."""
    if kind not in (Kind.APPROVE, Kind.BONUS):
        raise CannotPay(f"A {kind} is no payment to a worker.")
    if kind == Kind.BONUS and not said["note"]:
        raise CannotPay("Say what the bonus is for: the worker is told, and the same bonus is paid once.")
    if amount.minor_units < 1 or amount.fee < 0 or not batch.currency:
        raise CannotPay(f"{amount.minor_units} with a fee of {amount.fee} can't be paid in a batch {_paid_in(batch)}.")
    token = _token(of, kind, said["note"])
    parts = [(kind, amount.minor_units), *([(Kind.FEE, amount.fee)] if amount.fee else [])]
    standing = dict(LedgerEntry.objects.filter(token=token, step=Step.INTENT).values_list("kind", "minor_units"))
    if standing:
        if standing != dict(parts):
            before = ", ".join(f"{money.written(units, batch.currency)} ({each})" for each, units in standing.items())
            raise CannotPay(f"The same payment is in the books with another amount: {before}. Name another purpose.")
        return token
    _refuse_over_budget(batch, amount.minor_units + amount.fee)
    _add(
        [
            LedgerEntry(
                batch=batch,
                **of,
                kind=each,
                step=Step.INTENT,
                token=token,
                minor_units=units,
                currency=batch.currency,
                **said,
            )
            for each, units in parts
        ]
    )
    return token


def done(*, token: str, now: datetime) -> None:
    """The platform has paid."""
    _conclude(token, Step.DONE, now=now)


def void(*, token: str, reason: str, now: datetime, by: Any = None) -> None:
    """It is sure that the platform has not paid and will not: the amount is free again."""
    _conclude(token, Step.VOID, now=now, note=_reason(reason), by=by)


@transaction.atomic
def refused(*, token: str, reason: str, now: datetime) -> None:
    """The platform said no this time; the intent stands, and is tried again under its token."""
    intents = _intents(token)
    if _outcome(token):
        raise CannotPay("This payment is settled.")
    _add([_following(each, Step.REFUSED, now=now, note=_reason(reason)) for each in intents])


@transaction.atomic
def refund(*, token: str, minor_units: int, reason: str, now: datetime, by: Any = None) -> None:
    """A part of what was paid under the token has come back, once."""
    payment, *_ = _intents(token)
    if _outcome(token) != Step.DONE:
        raise CannotPay("Nothing was paid under this token, so that nothing can come back.")
    if not 1 <= minor_units <= sum(each.minor_units for each in _intents(token)):
        most = sum(each.minor_units for each in _intents(token))
        paid = money.written(most, payment.currency)
        raise CannotPay(f"{money.written(minor_units, payment.currency)} can't come back of {paid} that were paid.")
    standing = LedgerEntry.objects.filter(token=token, kind=Kind.REFUND).first()
    if standing is not None:
        if standing.minor_units != minor_units:
            before = money.written(standing.minor_units, standing.currency)
            raise CannotPay(f"{before} have come back of this payment before, which is noted once.")
        return
    row = _following(payment, Step.DONE, now=now, note=_reason(reason), by=by)
    row.kind, row.minor_units = Kind.REFUND, minor_units
    _add([row])


def spend(batch: Batch) -> Spend:
    """What the batch has cost so far, and what it is bound to."""
    entries = LedgerEntry.objects.filter(batch=batch)
    paid_for = Q(kind__in=[Kind.APPROVE, Kind.BONUS])
    sums = entries.filter(step=Step.DONE).aggregate(
        paid=Sum("minor_units", filter=paid_for, default=0),
        fees=Sum("minor_units", filter=Q(kind=Kind.FEE), default=0),
        refunded=Sum("minor_units", filter=Q(kind=Kind.REFUND), default=0),
    )
    return Spend(
        committed=_committed(batch),
        paid=sums["paid"],
        fees=sums["fees"],
        refunded=sums["refunded"],
        num_unsettled=entries.unsettled().filter(paid_for).count(),
        budget=batch.budget_minor_units,
    )


def unsettled(batch: Batch) -> QuerySet[LedgerEntry]:
    """Payments of which nobody knows yet what came of them, the oldest first; their fees are not named apart."""
    return LedgerEntry.objects.filter(batch=batch).unsettled().exclude(kind=Kind.FEE).order_by("id")


def _conclude(token: str, step: LedgerEntry.Step, *, now: datetime, note: str = "", by: Any = None) -> None:
    with transaction.atomic():
        intents = _intents(token)
        found = _outcome(token)
        if found == step:
            return
        if found:
            raise CannotPay(f"This payment is settled: {LedgerEntry.Step(found).label}.")
        _add([_following(each, step, now=now, note=note, by=by) for each in intents])


def _intents(token: str) -> list[LedgerEntry]:
    """Of the payment first, then of its fee; the batch is locked, so that outcomes come one at a time."""
    rows = list(LedgerEntry.objects.filter(token=token, step=Step.INTENT).order_by("id"))
    if not rows:
        raise CannotPay("There is no intent of this token: write it down before the platform is asked.")
    Batch.objects.select_for_update(no_key=True).get(pk=rows[0].batch_id)
    return rows


def _outcome(token: str) -> str | None:
    closing = LedgerEntry.objects.filter(token=token, step__in=[Step.DONE, Step.VOID]).exclude(kind=Kind.REFUND)
    found: str | None = closing.values_list("step", flat=True).first()
    return found


def _following(entry: LedgerEntry, step: LedgerEntry.Step, *, now: datetime, note: str, by: Any = None) -> LedgerEntry:
    return LedgerEntry(
        batch_id=entry.batch_id,
        assignment_id=entry.assignment_id,
        place_id=entry.place_id,
        kind=entry.kind,
        step=step,
        token=entry.token,
        minor_units=entry.minor_units,
        currency=entry.currency,
        note=note,
        by=by,
        at=now,
    )


def _add(rows: list[LedgerEntry]) -> None:
    LedgerEntry.objects.bulk_create(rows)


def _token(of: dict[str, Any], kind: LedgerEntry.Kind, purpose: str) -> str:
    """The same for the same payment; another after it was given up. Accounts may serve several installations."""
    of_kind = LedgerEntry.objects.filter(**of, kind=kind, step=Step.INTENT)
    given_up = LedgerEntry.objects.filter(**of, kind=kind, step=Step.VOID)
    number = given_up.filter(token__in=of_kind.filter(note=purpose).values("token")).count()
    paid_for = of["assignment"].pk if "assignment" in of else f"place {of['place'].pk}"
    value = f"{kind}:{paid_for}:{number}:{purpose}"
    return salted_hmac("annotation.ledger", value, algorithm="sha256").hexdigest()[:TOKEN_LENGTH]


def _committed(batch: Batch) -> int:
    entries = LedgerEntry.objects.filter(batch=batch)
    spent: int = entries.counting().aggregate(total=Sum("minor_units", default=0))["total"]
    back: int = entries.filter(kind=Kind.REFUND).aggregate(total=Sum("minor_units", default=0))["total"]
    return spent - back


def _refuse_over_budget(batch: Batch, minor_units: int) -> None:
    if batch.budget_minor_units is None:
        return
    left = batch.budget_minor_units - _committed(batch)
    if minor_units > left:
        raise OverBudget(
            f"The payment needs {money.written(minor_units, batch.currency)}, and "
            f"{money.written(max(0, left), batch.currency)} are left of {batch}'s budget of "
            f"{money.written(batch.budget_minor_units, batch.currency)}. Raise the budget, or leave it unpaid.",
            missing=minor_units - left,
        )


def _paid_in(batch: Batch) -> str:
    return f"paid in {batch.currency}" if batch.currency else "that is unpaid"


def _reason(reason: str) -> str:
    if not reason.strip():
        raise CannotPay("Give the reason; it stays in the books.")
    return reason.strip()
