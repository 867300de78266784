"""What each failure of a call means, by what the server or the network did."""

import json
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ParamValidationError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from annotation.platforms.mturk import MTurkPlatform
from annotation.platforms.mturk.calls import TurkRefused, failure_of
from annotation.platforms.paid import NoAccess, PlatformBusy, PlatformError, PlatformRefused, Uncertain
from tests.fakes.mturk import Fault, MTurkServer
from tests.fakes.mturk.faults import Throttle

Fresh = Callable[..., MTurkPlatform]


def answered(code: str, status: int = 400, **more: Any) -> ClientError:
    response = {
        "Error": {"Code": code, "Message": more.pop("message", "told (1626172412406 s)")},
        "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": more.pop("headers", {})},
    }
    return ClientError(response | more, "SendBonus")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (EndpointConnectionError(endpoint_url="x"), PlatformBusy),
        (ConnectTimeoutError(endpoint_url="x"), PlatformBusy),
        (ProxyConnectionError(proxy_url="x"), PlatformBusy),
        (ReadTimeoutError(endpoint_url="x"), Uncertain),
        (ConnectionClosedError(endpoint_url="x"), Uncertain),
        (SSLError(endpoint_url="x", error="y"), Uncertain),
        (HTTPClientError(error="y"), Uncertain),
        (ResponseParserError("y"), Uncertain),
        (ParamValidationError(report="y"), PlatformRefused),
        (NoCredentialsError(), NoAccess),
        (answered("ThrottlingException"), PlatformBusy),
        (answered("TooManyRequestsException", 429), PlatformBusy),
        (answered("SomethingNew", 429), PlatformBusy),
        (answered("ServiceFault", 500), PlatformBusy),
        (answered("503", 503), PlatformBusy),
        (answered("InternalFailure", 500), Uncertain),
        (answered("502", 502), Uncertain),
        (answered("504", 504), Uncertain),
        (answered("UnrecognizedClientException"), NoAccess),
        (answered("InvalidSignatureException"), NoAccess),
        (answered("AccessDeniedException"), NoAccess),
        (answered("SomethingNew", 403), NoAccess),
        (answered("RequestError", TurkErrorCode="AWS.MechanicalTurk.InsufficientFunds"), NoAccess),
        (answered("RequestError", TurkErrorCode="AWS.MechanicalTurk.HITDoesNotExist"), TurkRefused),
        (answered("ParameterValidationError"), TurkRefused),
        (answered("SomethingNew"), TurkRefused),
    ],
    ids=repr,
)
def test_each_failure_has_its_meaning(error: Exception, kind: type[PlatformError]) -> None:
    assert type(failure_of(error)) is kind


def test_when_to_come_again_is_told_where_it_is_said() -> None:
    for given, told in (("7", 7.0), ("", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None)):
        failure = failure_of(answered("ThrottlingException", headers={"retry-after": given}))
        assert isinstance(failure, PlatformBusy)
        assert failure.retry_after == told


def test_a_message_is_short_and_without_the_servers_clock() -> None:
    assert str(failure_of(answered("RequestError"))) == "told"
    assert len(str(failure_of(answered("RequestError", message="x\n" * 5000)))) == 301


@pytest.mark.parametrize(
    ("code", "message", "is_repeat"),
    [
        ("AWS.MechanicalTurk.HITAlreadyExists", "", True),
        ("AWS.MechanicalTurk.HitAlreadyExists", "", True),
        ("", 'The idempotency token "x" has already been processed. (1626172412406)', True),
        (
            "AWS.MechanicalTurk.InvalidAssignmentState",
            "This operation can be called with a status of: Submitted",
            False,
        ),
    ],
)
def test_a_repeat_is_known_by_code_or_message(code: str, message: str, is_repeat: bool) -> None:
    failure = failure_of(answered("RequestError", TurkErrorCode=code, message=message))
    assert isinstance(failure, TurkRefused)
    assert failure.is_repeat is is_repeat


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.SILENT_BEFORE, Uncertain),
        (Fault.SILENT_AFTER, Uncertain),
        (Fault.RESET_BEFORE, Uncertain),
        (Fault.RESET_AFTER, Uncertain),
        (Fault.FAILED_BEFORE, Uncertain),
        (Fault.FAILED_AFTER, Uncertain),
        (Fault.GARBLED_AFTER, Uncertain),
        (Fault.THROTTLED, PlatformBusy),
        (Fault.SERVICE_FAULT, PlatformBusy),
        (Fault.UNAVAILABLE, PlatformBusy),
    ],
)
def test_each_fault_of_the_server_is_one_request_and_one_failure(
    fresh: Fresh, server: MTurkServer, fault: Fault, kind: type[PlatformError]
) -> None:
    is_silent = fault in (Fault.SILENT_BEFORE, Fault.SILENT_AFTER)
    platform = fresh(read_seconds=1) if is_silent else fresh()
    server.faults.add("GetAccountBalance", fault)
    with pytest.raises(kind) as failure:
        platform.balance()
    assert type(failure.value) is kind
    assert server.calls["GetAccountBalance"] == int(fault.is_after)
    if fault is Fault.UNAVAILABLE:
        assert failure.value.retry_after == 7  # type: ignore[attr-defined]
    assert fresh().balance() == (1_000_000, "USD")


def test_a_server_that_is_not_there_was_asked_nothing(fresh: Fresh) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        platform = fresh(endpoint=f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(PlatformBusy, match="can't be reached"):
            platform.balance()


def test_the_servers_throttle_is_busy_not_refused(fresh: Fresh, server: MTurkServer) -> None:
    platform = fresh()
    server.throttle = Throttle(per_second=0.001, at_once=3)
    for _ in range(3):
        platform.balance()
    with pytest.raises(PlatformBusy, match="ThrottlingException"):
        platform.balance()


class Elsewhere(BaseHTTPRequestHandler):
    """Speaks JSON, but not the protocol."""

    def do_POST(self) -> None:
        content = json.dumps({"NextToken": "the same", "HITs": []}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


def test_an_answer_that_lacks_what_it_must_hold_leaves_it_open(fresh: Fresh) -> None:
    with HTTPServer(("127.0.0.1", 0), Elsewhere) as other:
        threading.Thread(target=other.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        platform = fresh(endpoint=f"http://127.0.0.1:{other.server_port}")
        with pytest.raises(Uncertain, match="holds no AvailableBalance"):
            platform.balance()
        with pytest.raises(Uncertain, match="does not end"):
            list(platform.postings())
        other.shutdown()
