"""Notifications: believed only where Prolific signed them just now, and never more than a reason to ask."""

import http.server
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from annotation.access import Secret
from annotation.platforms.paid import Notification, PlatformError, PlatformRefused, Uncertain
from annotation.platforms.prolific import ProlificPlatform
from annotation.platforms.prolific.webhooks import SUBSCRIBED, ForgedNotification, notification, signature
from tests.annotation.platforms.prolific import given
from tests.fakes.prolific import Fault, ProlificServer
from tests.fakes.prolific.hooks import Hooks

SECRET = Secret("a-webhook-secret")
SUBMISSION = "65000005c0ffee0000000000"
BODY = b'{"resource_id": "65000005c0ffee0000000000", "event_type": "submission.status.change", "status": "APPROVED"}'


def headers(now: datetime, body: bytes = BODY, *, event_id: str = "event-1", secret: str = "") -> dict[str, str]:
    return Hooks.headers(body, event_id, secret or SECRET.reveal(), now.timestamp())


def test_a_signed_notification_says_what_to_ask_for(now: datetime) -> None:
    assert notification(headers(now), BODY, secret=SECRET, now=now) == Notification(
        external_id="event-1", posting_id="", submission_id=SUBMISSION, happened_at=now
    )
    study = BODY.replace(b"submission.status", b"study.status")
    told = notification(headers(now, study), study, secret=SECRET, now=now)
    assert told is not None
    assert (told.posting_id, told.submission_id) == (SUBMISSION, "")


def test_the_signature_is_that_of_the_documentation(now: datetime) -> None:
    """By openssl: printf '%s' 1772366400'{"a":1}' | openssl dgst -sha256 -hmac a-webhook-secret -binary | base64"""
    sent = headers(now, b'{"a":1}')
    assert sent["X-Prolific-Request-Timestamp"] == "1772366400"
    assert sent["X-Prolific-Request-Signature"] == "IEv3pGcQzeuTDx2rgWNgpRe8cUHEE6QotMkcuE+rcKU="


def test_headers_may_be_written_in_any_case(now: datetime) -> None:
    lower = {name.lower(): value for name, value in headers(now).items()}
    assert notification(lower, BODY, secret=SECRET, now=now) is not None


@pytest.mark.parametrize("age", [timedelta(minutes=6), timedelta(days=9), -timedelta(minutes=6)])
def test_what_was_not_sent_just_now_is_refused(now: datetime, age: timedelta) -> None:
    with pytest.raises(ForgedNotification, match="just now"):
        notification(headers(now - age), BODY, secret=SECRET, now=now)


@pytest.mark.parametrize("age", [timedelta(minutes=4), -timedelta(minutes=4)])
def test_clocks_may_differ_a_little(now: datetime, age: timedelta) -> None:
    assert notification(headers(now - age), BODY, secret=SECRET, now=now) is not None


def test_what_another_signed_or_changed_is_refused(now: datetime) -> None:
    signed = headers(now)
    forged = [
        (headers(now, secret="another"), BODY),
        (signed, BODY.replace(b"APPROVED", b"REJECTED")),
        (signed, BODY + b" "),
        (signed | {"X-Prolific-Request-Timestamp": str(int(now.timestamp()) + 1)}, BODY),
        (signed | {"X-Prolific-Request-Signature": ""}, BODY),
        (signed | {"X-Prolific-Request-Signature": "é"}, BODY),
        (signed | {"X-Prolific-Request-Signature": "A" * 10_000}, BODY),
        ({}, BODY),
    ]
    for told, body in forged:
        with pytest.raises(ForgedNotification, match="not signed"):
            notification(told, body, secret=SECRET, now=now)


@pytest.mark.parametrize("timestamp", ["", "soon", "nan", "inf", "1e400", "9" * 40, "-1e20"])
def test_a_time_that_is_none_is_refused_though_it_is_signed(now: datetime, timestamp: str) -> None:
    told = {
        "X-Prolific-Request-Timestamp": timestamp,
        "X-Prolific-Request-Signature": signature(SECRET, timestamp, BODY).decode(),
    }
    with pytest.raises(ForgedNotification, match="just now"):
        notification(told, BODY, secret=SECRET, now=now)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 50_000, b"x" * 70_000])
def test_what_can_not_be_read_is_refused_though_it_is_signed(now: datetime, body: bytes) -> None:
    with pytest.raises(ForgedNotification):
        notification(headers(now, body), body, secret=SECRET, now=now)


@pytest.mark.parametrize("resource", [b"null", b"5", b'"../x"', b'""', b'"' + b"x" * 65 + b'"'])
def test_what_names_nothing_is_refused_though_it_is_signed(now: datetime, resource: bytes) -> None:
    body = BODY.replace(f'"{SUBMISSION}"'.encode(), resource)
    with pytest.raises(ForgedNotification, match="names nothing"):
        notification(headers(now, body), body, secret=SECRET, now=now)


@pytest.mark.parametrize("kind", [b'"message.received"', b"null", b"[1]", b'"\\u001b[31m\\nroot: forged line"'])
def test_an_unknown_kind_is_reported_and_ignored(now: datetime, caplog: pytest.LogCaptureFixture, kind: bytes) -> None:
    body = BODY.replace(b'"submission.status.change"', kind)
    assert notification(headers(now, body), body, secret=SECRET, now=now) is None
    (record,) = caplog.records
    assert "not known here" in record.getMessage()
    assert "\n" not in record.getMessage()


def test_without_a_secret_nothing_is_believed(now: datetime) -> None:
    with pytest.raises(PlatformRefused, match="PROLIFIC_WEBHOOK_SECRET"):
        notification(headers(now), BODY, secret=Secret(""), now=now)


def test_one_that_comes_again_is_known_by_its_id(now: datetime) -> None:
    later = now + timedelta(minutes=1)
    first = notification(headers(now), BODY, secret=SECRET, now=now)
    again = notification(headers(later), BODY, secret=SECRET, now=later)
    assert first
    assert again
    assert first.external_id == again.external_id
    bare = {name: value for name, value in headers(now).items() if name != "X-Event-ID"}
    told = [notification(bare, BODY, secret=SECRET, now=now) for _ in range(2)]
    assert told[0] == told[1]


# --- over the wire -----------------------------------------------------------------------------------


class Receiver(http.server.ThreadingHTTPServer):
    """Where notifications are sent to: keeps those that hold, in the order they came."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receiving)
        self.address = f"http://127.0.0.1:{self.server_address[1]}/hooks/prolific/"
        self.received: list[Notification] = []


class _Receiving(http.server.BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            told = notification(dict(self.headers.items()), body, secret=SECRET, now=datetime.now(UTC))
        except PlatformError:
            self.send_response(403)
        else:
            assert told is not None
            self.server.received.append(told)
            self.send_response(204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def busy(server: ProlificServer, platform: ProlificPlatform, receiver: Receiver) -> tuple[str, str]:
    """A study and a submission of which something is to be told."""
    platform.subscribe(receiver.address)
    posted_id = platform.post(given.posting()).external_id
    return posted_id, given.submitted(server.account, posted_id).id


def test_what_happens_is_told_to_who_subscribed(
    server: ProlificServer, receiver: Receiver, busy: tuple[str, str]
) -> None:
    posted_id, submission_id = busy
    assert server.hooks.deliver() == [204, 204, 204]
    assert [each.posting_id or each.submission_id for each in receiver.received] == [
        posted_id,
        submission_id,
        submission_id,
    ]
    assert server.hooks.deliver() == []


def test_told_twice_and_backwards_it_is_the_same(
    server: ProlificServer, receiver: Receiver, busy: tuple[str, str]
) -> None:
    posted_id, submission_id = busy
    assert server.hooks.deliver(times=2, backwards=True) == [204] * 6
    assert [each.external_id for each in receiver.received] == [f"event-{n}" for n in (3, 3, 2, 2, 1, 1)]
    assert {each.posting_id or each.submission_id for each in receiver.received} == {posted_id, submission_id}


def test_what_was_signed_wrongly_or_long_ago_is_told_to_nobody(
    server: ProlificServer, receiver: Receiver, platform: ProlificPlatform, busy: tuple[str, str]
) -> None:
    assert server.hooks.deliver(secret="another") == [403] * 3
    platform.approve(busy[1])
    assert set(server.hooks.deliver(age_seconds=600)) == {403}
    assert receiver.received == []


def test_subscribing_is_confirmed_and_done_once(server: ProlificServer, platform: ProlificPlatform) -> None:
    for _ in range(2):
        platform.subscribe("https://twin.example/hooks/")
    subscriptions = server.hooks.subscriptions.values()
    assert sorted(each.event_type for each in subscriptions) == sorted(SUBSCRIBED)
    assert all(each.is_enabled for each in subscriptions)
    platform.subscribe("https://other.example/hooks/")
    platform.unsubscribe("https://twin.example/hooks/")
    assert {each.target_url for each in server.hooks.subscriptions.values()} == {"https://other.example/hooks/"}


@pytest.mark.parametrize("operation", ["create-subscription", "confirm-subscription"])
@pytest.mark.parametrize("fault", [Fault.RESET_BEFORE, Fault.RESET_AFTER, Fault.OTHER_SHAPE])
def test_cut_short_and_asked_again_there_is_one_of_each(
    server: ProlificServer, platform: ProlificPlatform, operation: str, fault: Fault
) -> None:
    server.faults.plan(operation, fault)
    address = "https://twin.example/hooks/"
    if not (operation == "confirm-subscription" and fault is Fault.OTHER_SHAPE):
        with pytest.raises(Uncertain):
            platform.subscribe(address)
    platform.subscribe(address)
    told = [(each.event_type, each.is_enabled) for each in server.hooks.subscriptions.values()]
    assert sorted(told) == sorted((kind, True) for kind in SUBSCRIBED)


@pytest.mark.parametrize("address", ["http://twin.example/", "https://a:b@twin.example/", ""])
def test_notifications_are_asked_for_at_safe_addresses_only(platform: ProlificPlatform, address: str) -> None:
    with pytest.raises(PlatformRefused, match="https"):
        platform.subscribe(address)
