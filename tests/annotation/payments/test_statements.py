"""The statement: where each place stands; its sums are the ledger's, and the platform's account's."""

import pytest
from django.contrib.auth.models import User

from annotation import postings, quality
from annotation.models import Batch, Effect, LedgerEntry, Place, Rejection
from annotation.payments import bonuses, ledger, paying, rejections, statements
from annotation.payments.statements import Standing
from tests import cast
from tests.annotation.payments.desks import REASON, Desk
from tests.annotation.payments.test_paying import books_agree, two_sided, worked

pytestmark = pytest.mark.django_db


def standings(desk: Desk, batch: Batch, days: float = 0) -> list[Standing]:
    return [row.standing for row in statements.all_rows(batch, now=desk.later(days))]


def test_a_place_waits_is_due_under_way_and_paid(desk: Desk) -> None:
    batch, [place] = worked(desk, num_workers=1)
    now = desk.later(0)
    assert standings(desk, batch) == [Standing.WAITING]
    [row] = statements.all_rows(batch, now=now)
    first_due_at = statements.groups(batch, now=now)[Standing.WAITING].first_due_at
    assert row.due_at == first_due_at == place.submitted_at + paying.GRACE  # type: ignore[operator]
    assert standings(desk, batch, days=1.5) == [Standing.DUE]
    cost = place.posting.cost_of_place
    assert statements.groups(batch, now=desk.later(2))[Standing.DUE].cost == cost
    paying.intend(place, now=now)
    assert standings(desk, batch) == [Standing.UNDER_WAY]
    assert statements.sums(batch).unsettled == cost
    desk.pay(batch)
    assert standings(desk, batch) == [Standing.PAID]
    assert [(each, group.num) for each, group in statements.groups(batch, now=now).items()] == [(Standing.PAID, 1)]


def test_what_waits_for_a_person_says_why(desk: Desk, researcher: User) -> None:
    two_sided(desk)
    batch, places = worked(desk, num_workers=3)
    quality.decide(
        study=batch.study, worker=desk.worker(0), effect=Effect.STOP, reason="odd", by=researcher, now=cast.NOW
    )
    rejections.reject(place=places[1], reason=REASON, by=researcher, now=desk.later(0))
    desk.platform().approve(places[2].external_id)
    desk.learn(batch)
    assert standings(desk, batch, days=3) == [Standing.HELD, Standing.REJECTED, Standing.PAID_THERE]
    rows = list(statements.all_rows(batch, now=desk.later(3)))
    assert [row.why for row in rows] == ["The study gives the worker no more grids.", REASON, ""]
    assert [row.place.pk for row in rows if row.standing is Standing.HELD] == list(desk.pay(batch, days=3).held)


def test_what_is_left_is_left_by_places_that_are_promised_too(desk: Desk) -> None:
    batch, [place] = worked(desk, num_workers=1, budget_minor_units=1000)
    cost = place.posting.cost_of_place
    before = statements.sums(batch)
    assert (before.spend.committed, before.promised, before.left) == (0, 2 * cost, 1000 - 2 * cost)
    desk.pay(batch)
    after = statements.sums(batch)
    assert (after.spend.committed, after.promised, after.left) == (cost, cost, before.left)


def test_a_rejected_place_is_promised_no_more_unless_another_worker_may_get_it(desk: Desk, researcher: User) -> None:
    batch, [place] = worked(desk, num_workers=1)
    cost, said = place.posting.cost_of_place, {"reason": REASON, "by": researcher, "now": desk.later(0)}
    rejection = rejections.reject(place=place, **said)
    assert statements.sums(batch).promised == (cost if desk.is_by_hit else 2 * cost)
    rejections.reverse(rejection=rejection, **said)
    assert statements.sums(batch).promised == 2 * cost
    postings.close(batch=batch, platform=desk.platform(), now=desk.later(0))
    Batch.objects.update(expired_at=desk.later(0))
    assert statements.sums(Batch.objects.get()).promised == cost
    rejections.reject(place=place, **said)
    assert statements.sums(Batch.objects.get()).promised == 0


def test_a_rejection_gives_way_to_what_the_platform_had_paid_before(desk: Desk, researcher: User) -> None:
    two_sided(desk)
    batch, [place] = worked(desk, num_workers=1)
    desk.platform().approve(place.external_id)
    rejections.reject(place=place, reason=REASON, by=researcher, now=desk.later(0))
    assert rejections.tell(batch=batch, platform=desk.platform(), now=desk.later(0)).num_refused == 1
    desk.learn(batch)
    assert rejections.tell(batch=batch, platform=desk.platform(), now=desk.later(0)).problems == []
    assert standings(desk, batch) == [Standing.PAID_THERE]
    paying.enter(place=place, by=researcher, now=desk.later(40))
    assert standings(desk, batch) == [Standing.PAID]
    rejection = Rejection.objects.get()
    assert (rejection.reversed_by, rejection.reversal_reason) == (researcher, "The platform has paid it.")
    assert books_agree(desk, batch)


def test_places_without_work_and_work_without_a_place_are_counted(desk: Desk) -> None:
    two_sided(desk)
    batch = desk.batch(num_grids=1)
    desk.take(desk.post(batch)[0])
    cast.handed_in(batch, desk.worker(1), cast.NOW)
    desk.learn(batch)
    assert standings(desk, batch, days=3) == [Standing.NO_WORK]
    assert statements.num_unplaced(batch) == 1


def test_what_the_platform_refused_is_shown_with_its_words(desk: Desk) -> None:
    two_sided(desk)
    batch, _ = worked(desk, num_workers=1)
    Place.objects.update(external_id="0" * 24)
    desk.pay(batch)
    [row] = statements.all_rows(batch, now=desk.later(2))
    note = LedgerEntry.objects.filter(step="refused", kind="approve").get().note
    assert (row.standing, row.why) == (Standing.REFUSED, note)


def test_the_sums_of_the_rows_the_ledger_and_the_account_are_equal(desk: Desk, researcher: User) -> None:
    batch, places = worked(desk, num_workers=4)
    rejections.reject(place=places[3], reason=REASON, by=researcher, now=desk.later(0))
    desk.pay(batch)
    for place, amount in zip(places[:2], (30, 45), strict=True):
        given = bonuses.amount_of(amount, platform=desk.platform())
        bonuses.intend(place=place, amount=given, purpose="care", now=desk.later(2))
    desk.pay(batch)
    sums, rows = statements.sums(batch), list(statements.all_rows(batch, now=desk.later(2)))
    by_kind = {kind: sum(row.done.get(kind, 0) for row in rows) for kind in LedgerEntry.Kind}
    assert (sums.pay, sums.bonuses) == (by_kind["approve"], by_kind["bonus"]) == (300, 75)
    assert sums.spend.fees == by_kind["fee"]
    assert sums.pay + sums.bonuses + sums.spend.fees == desk.spent == ledger.spend(batch).committed
    assert sum(row.gets for row in rows) == sums.spend.paid
    assert sums.unsettled == sum(row.unsettled for row in rows) == 0
