"""Answers that go wrong, and how."""

import json
import socket
import struct
from typing import Any, Protocol

from tests.fakes.prolific.faults import Fault, Faults

LONGEST_SILENCE = 20.0
WHOLE = {
    Fault.TROUBLE_BEFORE,
    Fault.TROUBLE_AFTER,
    Fault.UNAVAILABLE,
    Fault.THROTTLED,
    Fault.EXPIRED,
    Fault.ELSEWHERE,
    Fault.NO_JSON,
    Fault.OTHER_SHAPE,
}
Answered = tuple[int, Any, dict[str, str]]


class Handler(Protocol):
    """The one request that is answered."""

    connection: socket.socket
    close_connection: bool
    headers: Any
    wfile: Any

    @property
    def faults(self) -> Faults: ...

    def answer(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None: ...

    def send(self, status: int, body: bytes, headers: dict[str, str], *, told_length: int | None = None) -> None: ...


def error(status: int, detail: Any, code: int = 140000) -> dict[str, Any]:
    return {"error": {"status": status, "error_code": code, "title": "Bad request", "detail": detail}}


def go_wrong(handler: Handler, fault: Fault, answered: Answered | None) -> None:
    """`answered` is what would have been said, where it is done."""
    if fault in (Fault.SILENT_BEFORE, Fault.SILENT_AFTER):
        handler.faults.released.wait(LONGEST_SILENCE)
    elif fault in (Fault.RESET_BEFORE, Fault.RESET_AFTER):
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()
    elif answered is not None:
        _answer_badly(handler, fault, answered)
    else:
        _refuse(handler, fault)
    # Whole answers leave the connection open, as a server does that has no more to say than that.
    handler.close_connection = fault not in WHOLE


def _refuse(handler: Handler, fault: Fault) -> None:
    told = f"Expired: {handler.headers.get('Authorization')}"
    match fault:
        case Fault.TROUBLE_BEFORE:
            handler.send(500, b"<h1>Server Error (500)</h1>", {"Content-Type": "text/html"})
        case Fault.UNAVAILABLE:
            handler.answer(503, error(503, "Down for maintenance."), {"Retry-After": "7"})
        case Fault.THROTTLED:
            handler.answer(429, error(429, "Request was throttled."), {"Retry-After": "3"})
        case Fault.EXPIRED:
            handler.answer(401, error(401, told))
        case Fault.ELSEWHERE:
            handler.send(307, b"", {"Location": "http://localhost:9/steal"})


def _answer_badly(handler: Handler, fault: Fault, answered: Answered) -> None:
    status, content, headers = answered
    body = json.dumps(content).encode()
    match fault:
        case Fault.CUT_AFTER:
            handler.send(status, body[: len(body) // 2], headers, told_length=len(body))
        case Fault.TROUBLE_AFTER:
            handler.send(500, b"<h1>Server Error (500)</h1>", {"Content-Type": "text/html"})
        case Fault.NO_JSON:
            handler.send(200, b"<!doctype html><title>Sign in</title>", {"Content-Type": "text/html"})
        case Fault.OTHER_SHAPE:
            handler.answer(status, {"data": [content]}, headers)
        case Fault.ENDLESS:
            _send_without_end(handler)


def _send_without_end(handler: Handler) -> None:
    handler.send(200, b"", {"Content-Type": "application/json"}, told_length=2**40)
    try:
        while not handler.faults.released.is_set():
            handler.wfile.write(b" " * 65536)
    except OSError:
        return  # the client has had enough
