"""A batch is launched, worked on, paid and compared on each paid platform, everything goes wrong on the way, and the
keys are in no table, no message, no log, no error page and nothing that is printed."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, cast

import pytest
import redis
from botocore.credentials import Credentials
from django.contrib.auth.models import User
from django.core import mail
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from django.utils.log import AdminEmailHandler

from annotation import tasks
from annotation.models import Batch, LastRound, Place, Posting, Reconciliation, Study
from annotation.payments import ledger
from annotation.payments.reaching import reached
from tests.annotation.tasks.offices import Office, opened
from tests.fakes.mturk import Fault as MTurkFault
from tests.fakes.prolific import Fault
from tests.fakes.prolific.hooks import Hooks
from tests.flows import planted
from tests.flows.conftest import Consumers
from tests.flows.planted import PLANTED, found_in

LOGGERS = ("celery", "kombu", "urllib3", "django", "annotation", "redis", "amqp", "s3transfer")
WRONG = {
    "mturk": {
        "CreateHITWithHITType": [MTurkFault.RESET_AFTER, MTurkFault.FAILED_BEFORE, MTurkFault.THROTTLED],
        "ListAssignmentsForHIT": [MTurkFault.UNAVAILABLE, MTurkFault.GARBLED_AFTER],
        "ApproveAssignment": [MTurkFault.RESET_AFTER, MTurkFault.SERVICE_FAULT],
        "ListHITs": [MTurkFault.FAILED_BEFORE, MTurkFault.SILENT_AFTER],
    },
    "prolific": {
        "create-study": [Fault.RESET_AFTER, Fault.TROUBLE_BEFORE, Fault.EXPIRED],
        "list-submissions": [Fault.NO_JSON, Fault.EXPIRED, Fault.ELSEWHERE],
        "transition-submission": [Fault.RESET_AFTER, Fault.THROTTLED],
        "list-studies": [Fault.CUT_AFTER],
    },
}
MOST_ROUNDS = 12
ADDRESS = "/platforms/prolific/notifications/"


@pytest.fixture
def offices(transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Office]]:
    """Both platforms, reached with what is planted in the environment."""
    by = User.objects.create_user("rosa")
    for name, secret in PLANTED.items():
        monkeypatch.setenv(name, secret)
    with ExitStack() as stack:
        both = [stack.enter_context(opened(name, by, settings, monkeypatch)) for name in sorted(WRONG)]
        turk, prolific = both
        monkeypatch.setattr(timezone, "now", prolific.now)
        turk.desk.server.keys = Credentials(PLANTED["MTURK_ACCESS_KEY"], PLANTED["MTURK_SECRET_KEY"])
        prolific.desk.server.account.token = PLANTED["PROLIFIC_TOKEN"]
        prolific.desk.server.hooks.secret = PLANTED["PROLIFIC_WEBHOOK_SECRET"]
        for name, secret in PLANTED.items():
            setattr(settings, name, secret)
        for name in ("MTURK_ENDPOINT_URL", "PROLIFIC_ENDPOINT", "PROLIFIC_WORKSPACE", "PROLIFIC_PROJECT", "PUBLIC_URL"):
            monkeypatch.setenv(name, getattr(settings, name))
        yield both


def plan_faults(office: Office) -> None:
    for operation, faults in WRONG[office.desk.name].items():
        if office.desk.name == "mturk":
            office.desk.server.faults.add(operation, *faults)
        else:
            office.desk.server.faults.plan(operation, *faults)


def take_keys_away(office: Office) -> None:
    """From now on the platform takes others, and repeats those that it is sent."""
    if office.desk.name == "mturk":
        office.desk.server.keys = Credentials("AKIAANOTHER", "another")
    else:
        office.desk.server.account.token = "another"


def as_if_later(batch: Batch) -> None:
    """What the real clock would bring in days."""
    days_ago = timezone.now() - timedelta(days=2)
    batch.postings.exclude(external_id="").update(posted_at=days_ago, asked_at=days_ago)
    Place.objects.filter(posting__batch=batch, submitted_at__isnull=False).update(submitted_at=days_ago)
    LastRound.objects.filter(batch=batch).update(come_back_at=None)


def whole_life(office: Office, batch: Batch) -> None:
    """Launched, worked on, paid, compared, refused: by the tasks' own code, in this process."""
    for _ in range(MOST_ROUNDS):
        tasks.round_of_batch(batch.pk)
        as_if_later(batch)
        [posting] = Posting.objects.filter(batch=batch)
        if posting.state == "open" and not posting.places.exists() and not _has_work(posting):
            office.desk.work(posting)
        if ledger.spend(batch).paid == 100:
            break
    for _ in range(3):
        tasks.reconcile_batch(batch.pk)
    take_keys_away(office)
    as_if_later(batch)
    tasks.round_of_batch(batch.pk)
    tasks.reconcile_batch(batch.pk)


def _has_work(posting: Posting) -> bool:
    return posting.batch.hits.filter(assignments__submitted_at__isnull=False).exists()


def test_a_batch_with_all_that_goes_wrong_tells_nobody(
    offices: list[Office],
    empty_queue: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(tasks.workforce.time, "sleep", lambda seconds: None)
    caplog.set_level(logging.DEBUG)
    for name in LOGGERS:
        caplog.set_level(logging.DEBUG, logger=name)
    for office in offices:
        batch = office.batch(num_grids=1, slug=office.desk.name)
        plan_faults(office)
        whole_life(office, batch)
        assert ledger.spend(batch).paid == 100
        assert Reconciliation.objects.filter(batch=batch).exists()
        [problem] = LastRound.objects.get(batch=batch).problems
        assert "keys" in problem or "token" in problem
    forged = Hooks.headers(b"{}", "event-1", "another", timezone.now().timestamp())
    del forged["Content-Type"]
    assert Client().post(ADDRESS, b"{}", content_type="application/json", headers=forged).status_code == 401
    told = capfd.readouterr()
    assert planted.in_database() == []
    assert planted.in_redis(empty_queue) == []
    assert found_in(_logged(caplog)) == []
    assert found_in(told.out + told.err) == []
    assert {"urllib3.connectionpool", "annotation.tasks.workforce"} & {each.name for each in caplog.records}
    _what_is_planted_is_found(empty_queue, caplog)


def test_not_even_the_library_that_signs_logs_the_secret_itself(
    offices: list[Office], caplog: pytest.LogCaptureFixture
) -> None:
    """settings.LOGGING keeps it from logging requests; where somebody lets it, there is the key's name, as in each."""
    caplog.set_level(logging.DEBUG, logger="botocore")
    with reached("mturk", clock=timezone.now) as platform:
        platform.balance()
    assert found_in(_logged(caplog)) == ["MTURK_ACCESS_KEY"]


def test_real_consumers_and_real_messages_tell_nobody(
    offices: list[Office], consumer_starter: Consumers, empty_queue: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    batches = [office.batch(num_grids=1, slug=office.desk.name) for office in offices]
    for batch in batches:
        tasks.enqueue_round(batch.pk)
        tasks.enqueue_reconciliation(batch.pk)
    sent = [text for key, text in planted.contents(empty_queue) if key == "default"]
    assert any(str([[batches[0].pk], {}])[:-4] in text for text in sent), "no message was there to be looked at"
    assert planted.in_redis(empty_queue) == []
    consumer_starter.start("default")
    consumer_starter.wait_until(lambda: all(batch.postings.filter(state="open").exists() for batch in batches))
    for office in offices:
        take_keys_away(office)
    for batch in batches:
        tasks.enqueue_round(batch.pk)
        as_if_later(batch)
    consumer_starter.wait_until(lambda: LastRound.objects.exclude(problems=[]).count() == 2)
    consumer_starter.stop()
    assert "round_of_batch" in consumer_starter.logs()
    assert planted.in_files(consumer_starter.folder) == []
    assert planted.in_redis(empty_queue) == []
    assert planted.in_database() == []


@pytest.mark.parametrize("is_debug", [True, False])
@pytest.mark.parametrize("number", [0, 1])
def test_no_error_page_and_no_report_by_mail_shows_a_key(
    offices: list[Office], settings: Any, monkeypatch: pytest.MonkeyPatch, is_debug: bool, number: int
) -> None:
    """A view fails in the middle of a call to the platform, with all that its frames hold."""
    settings.DEBUG, settings.ADMINS = is_debug, [("Ada", "ada@example.org")]
    office = offices[number]
    take_keys_away(office)

    def failing(*args: Any, **given: Any) -> None:
        with reached(office.desk.name, clock=timezone.now) as platform:
            platform.balance()

    response = told_by_a_view_that_fails(failing, monkeypatch)
    page = response.content.decode()
    assert response.status_code == 500
    assert ("Traceback" in page) == is_debug
    assert found_in(page) == []
    assert mail.outbox
    for report in mail.outbox:
        assert "NoAccess" in report.body
        assert found_in(f"{report.body} {getattr(report, 'alternatives', '')}") == []


def test_an_error_page_shows_what_a_frame_holds_so_that_looking_at_it_means_something(
    offices: list[Office], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEBUG, settings.ADMINS = True, [("Ada", "ada@example.org")]

    def failing(*args: Any, **given: Any) -> None:
        kept = "".join(PLANTED["PROLIFIC_TOKEN"])
        raise RuntimeError(len(kept))

    response = told_by_a_view_that_fails(failing, monkeypatch)
    assert found_in(response.content.decode()) == ["PROLIFIC_TOKEN"]
    assert any(found_in(f"{getattr(each, 'alternatives', '')}") for each in mail.outbox)


def told_by_a_view_that_fails(failing: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> HttpResponse:
    """A signed notification, at whose end it fails; its report goes to the admins by mail, as a page too."""
    monkeypatch.setattr(tasks, "enqueue_learning", failing)
    body = b'{"event_type": "study.status.change", "resource_id": "65000001"}'
    sent_at = timezone.now().timestamp()
    signed = Hooks.headers(body, "event-1", PLANTED["PROLIFIC_WEBHOOK_SECRET"], sent_at)
    del signed["Content-Type"]
    mails, logger = AdminEmailHandler(include_html=True), logging.getLogger("django.request")
    logger.addHandler(mails)
    try:
        client = Client(raise_request_exception=False)
        return cast(HttpResponse, client.post(ADDRESS, body, content_type="application/json", headers=signed))
    finally:
        logger.removeHandler(mails)


def _logged(caplog: pytest.LogCaptureFixture) -> str:
    """Messages, and what a handler may make of a record: its arguments and its exception."""
    return "\n".join(f"{caplog.text} {each.args!r} {each.exc_info!r} {vars(each)!r}" for each in caplog.records)


def _what_is_planted_is_found(client: "redis.Redis", caplog: pytest.LogCaptureFixture) -> None:
    """So that nothing found means something: in each place, once on purpose."""
    secret = PLANTED["MTURK_SECRET_KEY"]
    Study.objects.update(description=f"as the support asked: {secret}")
    assert planted.in_database() == ["annotation_study: MTURK_SECRET_KEY"] * Study.objects.count()
    tasks.round_of_batch.apply_async((secret,))
    assert {each.partition(": ")[2] for each in planted.in_redis(client)} == {"MTURK_SECRET_KEY"}
    logging.getLogger("celery.task").debug("called with %s", secret)
    assert found_in(_logged(caplog)) == ["MTURK_SECRET_KEY"]
    assert found_in(secret.encode().hex()) == ["MTURK_SECRET_KEY"]
