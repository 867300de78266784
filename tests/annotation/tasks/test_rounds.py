"""Rounds of the queue: what is live is put up, heard of and paid, whatever breaks off, and people see what is wrong."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from annotation import launches, tasks
from annotation.models import Batch, LastRound, Place, Reconciliation
from annotation.payments import ledger, waiting
from annotation.payments.reaching import reached
from annotation.platforms.patient import MOST_WAITS
from annotation.postings.rounds import MOST_UNCERTAIN, alone
from tests.annotation.launches import scenes
from tests.annotation.tasks.offices import Office

pytestmark = pytest.mark.django_db
Asked = list[tuple[str, int]]


def due() -> list[int]:
    return list(waiting.due_batches(now=timezone.now()).values_list("pk", flat=True))


def sweep() -> None:
    cache.clear()
    tasks.sweep_rounds()


def test_a_batch_goes_from_live_to_paid_by_sweeps_alone(office: Office, asked: Asked) -> None:
    batch = office.batch(num_grids=1)
    sweep()
    assert asked == [("round_of_batch", batch.pk)]
    tasks.round_of_batch(batch.pk)
    [posting] = batch.postings.all()
    assert posting.state == "open"
    office.desk.work(posting)
    assert due() == []  # just asked
    office.pass_time(minutes=21)
    assert due() == [batch.pk]
    tasks.round_of_batch(batch.pk)
    assert [each.state for each in Place.objects.all()] == ["submitted"]
    office.pass_time(days=1, minutes=21)
    assert due() == [batch.pk]
    tasks.round_of_batch(batch.pk)
    assert ledger.spend(batch).paid == 100
    assert (batch.last_round.problems, batch.last_round.come_back_at) == ([], None)


def test_what_is_over_is_closed_there_and_then_left_alone(office: Office) -> None:
    batch, _ = office.up(lasts_seconds=3600)
    office.pass_time(hours=1, minutes=1)
    assert due() == [batch.pk]
    tasks.round_of_batch(batch.pk)
    with reached(batch.platform, clock=timezone.now) as platform:
        assert [each.state for each in platform.postings()] == ["closed"]
    office.pass_time(hours=2)
    tasks.round_of_batch(batch.pk)
    batch.refresh_from_db()
    assert batch.expired_at is not None
    office.pass_time(days=3)
    assert due() == []


def test_a_pilot_waits_for_its_rest(office: Office) -> None:
    batch = office.batch(num_grids=4, num_pilot=2)
    tasks.round_of_batch(batch.pk)
    before = office.desk.num_up
    launches.put_rest(batch=batch, by=office.by, now=timezone.now())
    sweep()
    tasks.round_of_batch(batch.pk)
    assert (before, office.desk.num_up) == ((2, 4) if office.desk.name == "mturk" else (1, 1))
    assert sum(each.num_places for each in batch.postings.filter(state="open")) == 8


def test_a_platform_that_asks_to_come_later_is_left_in_peace_until_then(
    office: Office, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = office.batch(num_grids=1)
    monkeypatch.setattr(tasks.workforce.time, "sleep", lambda seconds: None)
    office.desk.fault("post", *["throttled"] * (MOST_WAITS + 1))
    tasks.round_of_batch(batch.pk)
    last = LastRound.objects.get(batch=batch)
    assert last.come_back_at is not None
    assert last.come_back_at > timezone.now()
    assert due() == []
    if last.come_back_at - last.at < timedelta(minutes=1):
        assert asked == [("round_of_batch", batch.pk)]
    office.pass_time(seconds=90)
    assert due() == [batch.pk]
    tasks.round_of_batch(batch.pk)
    assert (office.desk.num_up, due()) == (1, [])


def test_a_platform_that_does_not_let_us_in_is_told_to_people(office: Office, settings: Any) -> None:
    batch = office.batch(num_grids=1)
    settings.MTURK_SECRET_KEY = settings.PROLIFIC_TOKEN = "wrong"
    tasks.round_of_batch(batch.pk)
    [problem] = LastRound.objects.get(batch=batch).problems
    assert "token" in problem or "keys" in problem
    settings.MTURK_SECRET_KEY = settings.PROLIFIC_TOKEN = ""
    tasks.round_of_batch(batch.pk)
    [problem] = LastRound.objects.get(batch=batch).problems
    assert problem.count("MTURK_SECRET_KEY") + problem.count("PROLIFIC_TOKEN") == 1
    assert due() == []
    office.pass_time(minutes=11)
    assert due() == [batch.pk]


def test_people_are_paid_though_nothing_more_can_be_put_up(office: Office) -> None:
    """As when the budget was lowered by hand."""
    if office.desk.name == "prolific":
        pytest.skip("a batch is one posting there")
    batch = office.batch(num_grids=2, num_pilot=1)
    tasks.round_of_batch(batch.pk)
    posting = batch.postings.get(state="open")
    office.desk.work(posting)
    office.pass_time(hours=1)
    tasks.round_of_batch(batch.pk)
    office.pass_time(days=2)
    Batch.objects.filter(pk=batch.pk).update(budget_minor_units=2 * posting.cost_of_place)
    launches.put_rest(batch=batch, by=office.by, now=timezone.now())
    tasks.round_of_batch(batch.pk)
    assert "Raise the budget" in batch.last_round.problems[0]
    assert (office.desk.num_up, ledger.spend(batch).paid) == (1, 100)


def pilot_with_pay_due(office: Office) -> Batch:
    """One grid is up and worked on, its pay is due, and the rest is to be put up."""
    if office.desk.name == "prolific":
        pytest.skip("a batch is one posting there")
    batch = office.batch(num_grids=1 + MOST_UNCERTAIN, num_pilot=1)
    tasks.round_of_batch(batch.pk)
    office.desk.work(batch.postings.get(state="open"))
    office.pass_time(hours=1)
    tasks.round_of_batch(batch.pk)
    office.pass_time(days=2)
    launches.put_rest(batch=batch, by=office.by, now=timezone.now())
    return batch


def test_people_are_paid_though_the_account_has_no_money_to_put_up_more(office: Office) -> None:
    batch = pilot_with_pay_due(office)
    office.desk.server.account.funds = office.desk.server.account.on_hold
    tasks.round_of_batch(batch.pk)
    assert "insufficient funds" in batch.last_round.problems[0]
    assert batch.last_round.come_back_at is not None
    assert (office.desk.num_up, ledger.spend(batch).paid) == (1, 100)


def test_people_are_paid_though_the_platform_does_not_answer_what_is_put_up(office: Office) -> None:
    batch = pilot_with_pay_due(office)
    office.desk.fault("post", *["before"] * MOST_UNCERTAIN)
    tasks.round_of_batch(batch.pk)
    assert (office.desk.num_up, ledger.spend(batch).paid) == (1, 100)


def test_a_platform_that_is_busy_is_asked_for_nothing_else(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = pilot_with_pay_due(office)
    monkeypatch.setattr(tasks.workforce.time, "sleep", lambda seconds: None)
    office.desk.fault("post", *["throttled"] * (MOST_WAITS + 1))
    tasks.round_of_batch(batch.pk)
    assert ledger.spend(batch).paid == 0


def test_people_are_paid_though_there_is_more_to_hear_than_time(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = pilot_with_pay_due(office)
    scenes.go_on(batch, office.desk.platform(), now=timezone.now())
    office.pass_time(hours=1)
    monkeypatch.setattr(tasks.workforce, "NUM_LEARNT", 1)
    monkeypatch.setattr(tasks.workforce, "SECONDS_AT_IT", -1)
    tasks.round_of_batch(batch.pk)
    assert waiting.unheard(batch, now=timezone.now()).count() == MOST_UNCERTAIN
    assert ledger.spend(batch).paid == 100


def test_a_fault_of_our_own_is_told_and_not_tried_every_minute(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    batch = office.batch(num_grids=1)
    monkeypatch.setattr(launches, "go_on", lambda **given: 1 / 0)
    tasks.round_of_batch(batch.pk)
    assert LastRound.objects.get(batch=batch).problems == [tasks.workforce.BROKE_OFF]
    assert "ZeroDivisionError" in caplog.text
    assert due() == []


def test_a_round_that_runs_out_of_time_asks_for_the_next(
    office: Office, monkeypatch: pytest.MonkeyPatch, asked: Asked
) -> None:
    batch, posting = office.up()
    for number in range(2):
        office.desk.work(posting, number)
    office.pass_time(minutes=30)
    tasks.round_of_batch(batch.pk)
    office.pass_time(days=2)
    monkeypatch.setattr(tasks.workforce, "SECONDS_AT_IT", -1)
    for num_paid in (1, 2):
        asked.clear()
        tasks.round_of_batch(batch.pk)
        assert (ledger.spend(batch).paid, asked) == (100 * num_paid, [("round_of_batch", batch.pk)])
    asked.clear()
    tasks.round_of_batch(batch.pk)
    assert asked == []


def test_the_sweep_asks_once_for_each(office: Office, asked: Asked) -> None:
    batch = office.batch(num_grids=1)
    cache.clear()
    tasks.sweep_rounds()
    tasks.sweep_rounds()
    assert asked == [("round_of_batch", batch.pk)]


def test_the_sweep_asks_for_none_beside_the_next_that_a_round_asks_for(
    office: Office, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = office.batch(num_grids=1)
    cache.clear()
    monkeypatch.setattr(tasks.workforce, "_round", lambda batch: 0.0)  # much is left
    tasks.round_of_batch(batch.pk)
    assert due() == [batch.pk]
    tasks.sweep_rounds()
    assert asked == [("round_of_batch", batch.pk)]


@contextmanager
def paying_elsewhere(batch: Batch) -> Iterator[None]:
    """Another process pays people of the batch, or compares its books."""
    has_begun, is_over = Event(), Event()

    def hold() -> None:
        with alone(batch, tasks.workforce.PAYING):
            has_begun.set()
            is_over.wait(60)
        connection.close()

    with ThreadPoolExecutor(1) as other:
        held = other.submit(hold)
        assert has_begun.wait(60)
        try:
            yield
        finally:
            is_over.set()
            held.result()


def test_nobody_is_paid_while_the_books_are_compared(office: Office) -> None:
    batch, posting = office.up()
    office.desk.work(posting)
    office.pass_time(days=2)
    with paying_elsewhere(batch):
        tasks.round_of_batch(batch.pk)
    assert (batch.postings.get().places.count(), ledger.spend(batch).paid) == (1, 0)
    office.pass_time(days=2)
    tasks.round_of_batch(batch.pk)
    assert ledger.spend(batch).paid == 100


def test_the_books_are_not_compared_while_people_are_paid(office: Office, asked: Asked) -> None:
    batch, _ = office.up()
    asked.clear()
    with paying_elsewhere(batch):
        tasks.reconcile_batch(batch.pk)
        assert asked == [("reconcile_batch", batch.pk)]
        assert not Reconciliation.objects.exists()
    tasks.reconcile_batch(batch.pk)
    assert Reconciliation.objects.get().batch == batch
    assert len(asked) == 1


def test_the_books_are_compared_once_a_day_and_what_is_found_is_kept(office: Office, asked: Asked) -> None:
    batch, posting = office.up()
    office.desk.take(posting)  # and nothing is handed in here
    tasks.sweep_reconciliations()
    tasks.sweep_reconciliations()
    assert asked == [("reconcile_batch", batch.pk)]
    tasks.reconcile_batch(batch.pk)
    row = Reconciliation.objects.get(batch=batch)
    assert [each["kind"] for each in row.left] == ["place there, no work here"]
    tasks.sweep_reconciliations()
    assert len(asked) == 1
    office.pass_time(days=1, minutes=1)
    tasks.sweep_reconciliations()
    assert len(asked) == 2
