"""Payments: every one is intended before it is made, made once, and never beyond the budget."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from annotation.errors import CannotPay, OverBudget
from annotation.models import Assignment, Batch, LedgerEntry
from annotation.payments import ledger
from annotation.payments.ledger import Amount
from tests import cast
from tests.at_once import at_once

Kind = LedgerEntry.Kind
PAY = Amount(minor_units=30, fee=6)


@pytest.fixture
def paid() -> Batch:
    """Six grids to be paid for at 30 cents, and a budget for four of them with the fee of the platform."""
    target_class = cast.target_class(cast.study())
    grids = [cast.grid(target_class, [cast.candidate(target_class)]) for _ in range(6)]
    return cast.batch(
        target_class.study, grids, num_assignments=1, pay_minor_units=30, currency="EUR", budget_minor_units=144
    )


def done(batch: Batch, number: int = 0) -> Assignment:
    return cast.handed_in(batch, cast.worker(f"w{number}"), cast.NOW)


def intend(assignment: Assignment, amount: Amount = PAY, kind: LedgerEntry.Kind = Kind.APPROVE, **more: Any) -> str:
    return ledger.intend(assignment=assignment, kind=kind, amount=amount, now=cast.NOW, **more)


@pytest.mark.django_db
def test_a_payment_is_intended_with_its_fee_and_then_made(paid: Batch) -> None:
    token = intend(done(paid))
    assert [(each.kind, each.minor_units) for each in ledger.unsettled(paid)] == [("approve", 30)]
    assert ledger.spend(paid) == ledger.Spend(committed=36, paid=0, fees=0, refunded=0, num_unsettled=1, budget=144)
    ledger.done(token=token, now=cast.NOW)
    assert ledger.spend(paid) == ledger.Spend(committed=36, paid=30, fees=6, refunded=0, num_unsettled=0, budget=144)
    assert ledger.spend(paid).left == 108
    assert not ledger.unsettled(paid)


@pytest.mark.django_db
def test_whatever_is_asked_twice_is_written_once(paid: Batch) -> None:
    assignment = done(paid)
    token = intend(assignment)
    assert intend(assignment) == token
    ledger.done(token=token, now=cast.NOW)
    ledger.done(token=token, now=cast.NOW)
    assert intend(assignment) == token
    assert paid.ledger.count() == 4
    with pytest.raises(CannotPay, match=r"another amount: 0\.30 EUR \(approve\), 0\.06 EUR \(fee\)"):
        intend(assignment, Amount(minor_units=31))
    with pytest.raises(CannotPay, match="is settled: Done"):
        ledger.void(token=token, reason="by mistake", now=cast.NOW)


@pytest.mark.django_db
def test_what_was_refused_is_tried_again_under_its_token_and_what_was_given_up_under_another(paid: Batch) -> None:
    assignment = done(paid)
    token = intend(assignment)
    for _ in range(2):
        ledger.refused(token=token, reason="no money in the account", now=cast.NOW)
    assert intend(assignment) == token
    assert ledger.unsettled(paid).count() == 1
    ledger.void(token=token, reason="the grid was rejected", now=cast.NOW)
    assert ledger.spend(paid).committed == 0
    other = intend(assignment)
    assert other != token
    ledger.done(token=other, now=cast.NOW)
    assert ledger.spend(paid).paid == 30
    with pytest.raises(CannotPay, match="is settled"):
        ledger.refused(token=other, reason="late", now=cast.NOW)


@pytest.mark.django_db
def test_bonuses_are_paid_once_for_each_purpose(paid: Batch) -> None:
    assignment = done(paid)
    with pytest.raises(CannotPay, match="what the bonus is for"):
        intend(assignment, kind=Kind.BONUS)
    tokens = {
        intend(assignment, Amount(minor_units=10), Kind.BONUS, purpose=each) for each in ("care", "care", "speed")
    }
    assert len(tokens) == 2
    assert ledger.spend(paid).committed == 20


@pytest.mark.django_db
def test_the_budget_holds_pay_and_fees_and_says_what_is_left(paid: Batch) -> None:
    for number in range(4):
        intend(done(paid, number))
    with pytest.raises(OverBudget, match=r"needs 0\.36 EUR, and 0\.00 EUR are left .* of 1\.44 EUR\. Raise the budget"):
        intend(done(paid, 4))
    assert ledger.spend(paid).committed == 144


@pytest.mark.django_db
def test_what_comes_back_can_be_spent_again(paid: Batch) -> None:
    token = intend(done(paid))
    with pytest.raises(CannotPay, match="Nothing was paid"):
        ledger.refund(token=token, minor_units=36, reason="closed account", now=cast.NOW)
    ledger.done(token=token, now=cast.NOW)
    with pytest.raises(CannotPay, match=r"0\.37 EUR can't come back of 0\.36 EUR"):
        ledger.refund(token=token, minor_units=37, reason="closed account", now=cast.NOW)
    for _ in range(2):
        ledger.refund(token=token, minor_units=36, reason="closed account", now=cast.NOW)
    with pytest.raises(CannotPay, match=r"0\.36 EUR have come back"):
        ledger.refund(token=token, minor_units=1, reason="closed account", now=cast.NOW)
    assert (ledger.spend(paid).refunded, ledger.spend(paid).committed) == (36, 0)


@pytest.mark.django_db
def test_what_makes_no_sense_is_refused(paid: Batch) -> None:
    free = Assignment.objects.filter(hit__batch=paid, worker=None).first()
    assert free is not None
    with pytest.raises(CannotPay, match="not been handed in"):
        intend(free)
    assignment = done(paid)
    with pytest.raises(CannotPay, match="0 with a fee of 0 can't be paid"):
        intend(assignment, Amount(minor_units=0))
    with pytest.raises(CannotPay, match="no payment to a worker"):
        intend(assignment, kind=Kind.FEE)
    with pytest.raises(CannotPay, match="no intent of this token"):
        ledger.done(token="0" * 40, now=cast.NOW)
    with pytest.raises(CannotPay, match="Give the reason"):
        ledger.void(token=intend(assignment), reason=" ", now=cast.NOW)
    Batch.objects.filter(pk=paid.pk).update(pay_minor_units=0, currency="")
    with pytest.raises(CannotPay, match="a batch that is unpaid"):
        intend(done(paid, 1))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    ["UPDATE annotation_ledgerentry SET minor_units = 1", "DELETE FROM annotation_ledgerentry",
     "TRUNCATE annotation_ledgerentry CASCADE"],
)  # fmt: skip
def test_the_database_itself_keeps_the_books(paid: Batch, statement: str) -> None:
    intend(done(paid))
    with pytest.raises(DatabaseError, match="only added to"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; {statement}")


@pytest.mark.django_db(transaction=True)
def test_at_once_nothing_is_paid_twice_and_no_budget_is_passed(paid: Batch) -> None:
    assignments = [done(paid, number) for number in range(6)]

    def attempt(assignment: Assignment) -> str | None:
        try:
            token = intend(assignment)
            ledger.done(token=token, now=cast.NOW)
            return token
        except OverBudget:
            return None

    tokens = at_once(lambda each=each: attempt(each) for each in assignments * 3)
    paid_tokens = {token for token in tokens if token}
    assert len(paid_tokens) == 4
    assert tokens.count(None) == 6
    spent = ledger.spend(paid)
    assert (spent.paid, spent.fees, spent.committed, spent.left) == (120, 24, 144, 0)
    assert paid.ledger.filter(step="intent", kind="approve").count() == 4
