"""What the queue is told: by the local server through a real SQS server; late, twice, in any order, or not from it."""

import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from moto.server import ThreadedMotoServer

from annotation.platforms.mturk import Access, MTurkPlatform, NotificationQueue
from annotation.platforms.mturk.calls import call
from annotation.platforms.mturk.notifications import read
from annotation.platforms.mturk.postings import notified
from annotation.platforms.paid import NoAccess, Notification, PlatformRefused
from tests.annotation.platforms.mturk.contract import a_posting
from tests.annotation.platforms.mturk.test_submissions import handed_in
from tests.fakes.mturk import Fault, MTurkServer
from tests.fakes.mturk.notices import client_of


@pytest.fixture(scope="module")
def sqs() -> Iterator[str]:
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def queue(sqs: str, server: MTurkServer) -> str:
    """Address of a queue of this test's own, whose messages come again at once unless they are deleted."""
    name = f"turk-{server.server_port}"
    made = client_of(f"{sqs}/1/x").create_queue(QueueName=name, Attributes={"VisibilityTimeout": "0"})
    return f"{sqs}/{made['QueueUrl'].split('/', 3)[3]}"


@pytest.fixture
def told(queue: str, access_with: Callable[..., Access]) -> Access:
    return access_with(queue=queue)


def drained(access: Access) -> list[Notification]:
    messages, found = NotificationQueue(access), []
    while received := messages.receive():
        for each in received:
            found += each.notifications
            messages.delete(each.receipt)
    return found


def events_of(server: MTurkServer, access: Access) -> list[tuple[str, str]]:
    platform = MTurkPlatform(access, clock=server.clock.now)
    hit_id = platform.post(a_posting()).external_id
    submission_id = handed_in(server, hit_id)
    platform.approve(submission_id)
    return [(hit_id, submission_id)] * 3


def test_what_happens_to_a_hit_is_told(server: MTurkServer, told: Access) -> None:
    expected = events_of(server, told)
    found = drained(told)
    assert [(each.posting_id, each.submission_id) for each in found] == expected
    assert len({each.external_id for each in found}) == 3
    assert all(each.happened_at and each.happened_at.utcoffset() is not None for each in found)
    assert server.calls["UpdateNotificationSettings"] == 1


def test_a_posting_that_ends_is_told_without_a_submission(server: MTurkServer, told: Access) -> None:
    platform = MTurkPlatform(told, clock=server.clock.now)
    hit_id = platform.post(a_posting(lasts_seconds=60)).external_id
    server.advance(seconds=61)
    assert {(each.posting_id, each.submission_id) for each in drained(told)} == {(hit_id, "")}


def test_what_comes_twice_and_in_any_order_is_the_same(server: MTurkServer, told: Access) -> None:
    server.notices.is_held, server.notices.num_copies = True, 2
    expected = events_of(server, told)
    assert drained(told) == []
    server.notices.release(seed=3)
    found = drained(told)
    assert len(found) == 6
    distinct = {each.external_id: each for each in found}
    assert sorted((each.posting_id, each.submission_id) for each in distinct.values()) == sorted(expected)
    assert [each.external_id for each in found] != sorted(distinct) * 2


def test_what_is_not_deleted_comes_again(server: MTurkServer, told: Access) -> None:
    events_of(server, told)
    messages = NotificationQueue(told)
    first = [each.notifications for each in messages.receive()]
    assert first
    assert {each.notifications for each in messages.receive()} <= set(first) | set(map(tuple, first))
    assert len(drained(told)) == 3


BAD = [
    "",
    "not JSON",
    "[]",
    "3",
    "{}",
    '{"EventDocId": "a"}',
    '{"EventDocId": "a", "Events": [{}]}',
    '{"EventDocId": "a", "Events": 3}',
    '{"EventDocId": "a", "Events": ["x"]}',
    '{"EventDocId": {"x": 1}, "Events": []}',
    json.dumps({"EventDocId": "a" * 101, "Events": []}),
    *(
        json.dumps({"EventDocId": "a", "Events": [{"EventType": "HITExpired", "HITId": hit, "EventTimestamp": at}]})
        for hit, at in (
            (7, "2026-11-30T07:00:00Z"),
            ("3AB", 7),
            ("3AB", "yesterday"),
            ("3AB", "2026-11-30T07:00:00"),
            ("3AB" * 50, "2026-11-30T07:00:00Z"),
        )
    ),
]


def test_what_has_another_shape_is_reported_and_dropped(
    server: MTurkServer, told: Access, queue: str, caplog: pytest.LogCaptureFixture
) -> None:
    for body in filter(None, BAD):
        client_of(queue).send_message(QueueUrl=queue, MessageBody=body)
    events_of(server, told)
    with caplog.at_level(logging.WARNING):
        assert len(drained(told)) == 3
    assert caplog.text.count("of the queue can't be read") == len(BAD) - 1
    assert drained(told) == []


@pytest.mark.parametrize("body", BAD)
def test_another_shape_is_no_notification(body: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        read(body)


def test_a_message_may_hold_several_events() -> None:
    event = {"EventType": "AssignmentSubmitted", "EventTimestamp": "2026-11-30T07:00:00Z", "HITId": "3H"}
    body = json.dumps({"EventDocId": "d", "Events": [event | {"AssignmentId": f"3A{n}"} for n in range(2)]})
    at = datetime(2026, 11, 30, 7, tzinfo=UTC)
    assert read(body) == tuple(
        Notification(external_id=f"d:{n}", posting_id="3H", submission_id=f"3A{n}", happened_at=at) for n in range(2)
    )


def test_a_test_of_the_queue_is_no_notification(server: MTurkServer, told: Access, queue: str) -> None:
    call(told.turk().send_test_event_notification, Notification=notified(queue), TestEventType="Ping")
    (message,) = NotificationQueue(told).receive()
    assert message.notifications == ()


def test_nothing_is_put_up_where_nobody_could_be_told(server: MTurkServer, told: Access) -> None:
    server.faults.add("UpdateNotificationSettings", Fault.FAILED_BEFORE)
    platform, posting = MTurkPlatform(told, clock=server.clock.now), a_posting()
    with pytest.raises(Exception, match="failed"):
        platform.post(posting)
    assert server.account.hits == {}
    hit_id = platform.post(posting).external_id
    assert server.account.notified[server.account.hits[hit_id].hit_type_id]["Active"] is True


def test_a_queue_that_is_not_there_is_refused(sqs: str, access_with: Callable[..., Access]) -> None:
    with pytest.raises(PlatformRefused, match="MTURK_QUEUE_URL"):
        NotificationQueue(access_with())
    with pytest.raises(PlatformRefused) as refused:
        NotificationQueue(access_with(queue=f"{sqs}/123456789012/nobody")).receive()
    assert not isinstance(refused.value, NoAccess)
