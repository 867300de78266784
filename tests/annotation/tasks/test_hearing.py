"""What platforms tell by themselves: late, twice, in any order, forged or never, it comes to the same."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.utils import timezone
from kombu.exceptions import OperationalError
from moto.server import ThreadedMotoServer

from annotation import tasks
from annotation.models import LastRound, Place
from annotation.payments import waiting
from tests.annotation.tasks.offices import Office, opened
from tests.fakes.mturk import Fault
from tests.fakes.mturk.notices import client_of

pytestmark = pytest.mark.django_db
Asked = list[tuple[str, int]]


@pytest.fixture(scope="module")
def sqs() -> Iterator[str]:
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def queue(sqs: str, settings: Any, tmp_path: Any) -> str:
    """Its messages come again at once unless they are deleted."""
    made = client_of(f"{sqs}/1/x").create_queue(QueueName=tmp_path.name[:60], Attributes={"VisibilityTimeout": "0"})
    settings.MTURK_QUEUE_URL = f"{sqs}/{made['QueueUrl'].split('/', 3)[3]}"
    return str(settings.MTURK_QUEUE_URL)


@pytest.fixture
def turk(queue: str, researcher: User, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    with opened("mturk", researcher, settings, monkeypatch) as office:
        yield office


def num_waiting(queue: str) -> int:
    told = client_of(queue).get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])
    return int(told["Attributes"]["ApproximateNumberOfMessages"])


def test_what_the_queue_is_told_is_asked_for_and_deleted(turk: Office, queue: str) -> None:
    _, posting = turk.up()
    turk.desk.work(posting)
    assert num_waiting(queue) > 0
    tasks.receive_notifications()
    assert [each.state for each in Place.objects.all()] == ["submitted"]
    assert num_waiting(queue) == 0


def test_told_twice_and_late_it_is_the_same(turk: Office, queue: str) -> None:
    _, posting = turk.up()
    turk.desk.work(posting)
    client = client_of(queue)
    bodies = [each["Body"] for each in client.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]]
    tasks.receive_notifications()
    [place] = Place.objects.all()
    turk.desk.platform().approve(place.external_id)
    tasks.receive_notifications()
    for body in [*reversed(bodies), *bodies]:
        client.send_message(QueueUrl=queue, MessageBody=body)
    tasks.receive_notifications()
    assert [each.state for each in Place.objects.all()] == ["approved"]
    assert num_waiting(queue) == 0


def test_what_could_not_be_asked_for_comes_again(turk: Office, queue: str) -> None:
    batch, posting = turk.up()
    turk.desk.work(posting)
    turk.desk.server.faults.add("ListAssignmentsForHIT", Fault.UNAVAILABLE)
    tasks.receive_notifications()
    assert (Place.objects.count(), num_waiting(queue) > 0) == (0, True)
    last = LastRound.objects.get(batch=batch)
    assert last.come_back_at == last.at + timedelta(seconds=7)  # as it asked for
    turk.pass_time(minutes=1)
    tasks.receive_notifications()
    assert (Place.objects.count(), num_waiting(queue)) == (1, 0)


@pytest.mark.parametrize("body", ["not json", '{"Events": [{"EventType": "x", "HITId": "a\\u0000b"}]}'])
def test_what_anybody_else_sends_to_the_queue_holds_up_nobody(turk: Office, queue: str, body: str) -> None:
    _, posting = turk.up()
    client_of(queue).send_message(QueueUrl=queue, MessageBody=body)
    turk.desk.work(posting)
    tasks.receive_notifications()
    assert (Place.objects.count(), num_waiting(queue)) == (1, 0)


def test_without_a_queue_nobody_is_asked(turk: Office, settings: Any) -> None:
    settings.MTURK_QUEUE_URL = ""
    tasks.receive_notifications()


def test_the_queue_of_a_service_that_is_away_is_left_for_later(turk: Office, settings: Any) -> None:
    settings.MTURK_QUEUE_URL = "http://127.0.0.1:1/1/queue"
    tasks.receive_notifications()


def test_without_redis_the_sweep_finds_what_was_told(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    batch, posting = office.up()
    office.desk.work(posting)

    def away(*args: Any, **given: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(tasks.learn_posting, "apply_async", away)
    told = tasks.hearing.Notification(
        external_id="1", posting_id=posting.external_id, submission_id="", happened_at=None
    )
    tasks.enqueue_learning(office.desk.name, [told])
    assert "waits for the sweep" in caplog.text
    office.pass_time(minutes=21)
    assert list(waiting.due_batches(now=timezone.now())) == [batch]


def test_a_burst_about_one_posting_is_one_reason_to_ask(office: Office, asked: Asked) -> None:
    _, posting = office.up()
    asked.clear()
    told = [
        tasks.hearing.Notification(
            external_id=str(number), posting_id=posting.external_id, submission_id="", happened_at=None
        )
        for number in range(5)
    ]
    for each in told:
        tasks.enqueue_learning(office.desk.name, [each])
    assert asked == [("learn_posting", posting.pk)]
    office.desk.work(posting)
    tasks.learn_posting(posting.pk)
    tasks.enqueue_learning(office.desk.name, told)
    assert len(asked) == 2
    assert Place.objects.count() == 1


def test_a_submission_that_nobody_knows_may_be_of_any_that_is_open(office: Office, asked: Asked) -> None:
    cache.clear()
    _, posting = office.up()
    asked.clear()
    for number in range(3):
        told = tasks.hearing.Notification(
            external_id=str(number), posting_id="", submission_id=f"s{number}", happened_at=None
        )
        tasks.enqueue_learning(office.desk.name, [told])
    assert asked == [("learn_posting", posting.pk)]
    tasks.enqueue_learning("mturk" if office.desk.name == "prolific" else "prolific", [told])
    assert len(asked) == 1
