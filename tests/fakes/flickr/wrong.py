"""Answers that go wrong, and how."""

import gzip
import json
import socket
import struct
import time
from email.utils import formatdate
from typing import Any, Protocol

from tests.fakes.flickr.faults import CODES, Fault, Faults

LONGEST_SILENCE = 20.0
TOO_MANY = (
    b"<html><body><h1>429 Too Many Requests</h1>\n"
    b"You have sent too many requests in a given amount of time.\n</body></html>"
)
HTML = {"Content-Type": "text/html"}
Answered = tuple[int, bytes, dict[str, str]]


class Handler(Protocol):
    """The one request that is answered."""

    connection: socket.socket
    close_connection: bool
    wfile: Any

    def send(self, status: int, body: bytes, headers: dict[str, str], *, told_length: int | None = None) -> None: ...


def failed(code: int, message: str) -> Answered:
    """The API says so with status 200."""
    content = json.dumps({"stat": "fail", "code": code, "message": message}).encode()
    return 200, content, {"Content-Type": "application/json"}


def throttled(seconds: int | None) -> Answered:
    return 429, TOO_MANY, HTML if seconds is None else HTML | {"Retry-After": str(seconds)}


def go_wrong(handler: Handler, faults: Faults, fault: Fault, answered: Answered, key: str) -> None:
    """`answered` is what would have been said."""
    status, content, headers = answered
    whole = _instead(fault, key)
    if whole is not None:
        handler.send(*whole)
        return
    handler.close_connection = True
    if fault == Fault.SILENT:
        faults.released.wait(LONGEST_SILENCE)
    elif fault == Fault.RESET:
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()
    elif fault == Fault.CUT:
        handler.send(status, content[: len(content) // 2], headers, told_length=len(content))
    elif fault == Fault.COMPRESSED:
        handler.send(status, gzip.compress(content), headers | {"Content-Encoding": "gzip"})
    elif fault == Fault.ENDLESS:
        _send_without_end(handler, faults)


def _instead(fault: Fault, key: str) -> Answered | None:
    """A whole answer of another kind."""
    if fault in CODES:
        code, message = CODES[fault]
        return failed(code, message.format(key=key))
    date = {"Retry-After": formatdate(time.time() + 9, usegmt=True)}
    return {
        Fault.THROTTLED: throttled(None),
        Fault.THROTTLED_BRIEFLY: throttled(7),
        Fault.THROTTLED_FOR_LONG: throttled(900),
        Fault.TROUBLE: (500, b"<h1>Bad, bad panda!</h1>", HTML),
        Fault.UNAVAILABLE: (503, b"<h1>Flickr is having a massage</h1>", HTML | date),
        Fault.FORBIDDEN: (403, b"", HTML),
        Fault.NO_JSON: (200, b"<!doctype html><title>Sign in</title>", HTML),
        Fault.OTHER_SHAPE: (200, b'{"photos": {"photo": [[]]}, "stat": "ok"}', {"Content-Type": "application/json"}),
        Fault.ELSEWHERE: (307, b"", {"Location": "http://localhost:9/steal"}),
        Fault.MISSING: (404, b"<h1>404 Not Found</h1>", HTML),
    }.get(fault)


def _send_without_end(handler: Handler, faults: Faults) -> None:
    handler.send(200, b"", {"Content-Type": "application/json"}, told_length=2**40)
    try:
        while not faults.released.is_set():
            handler.wfile.write(b" " * 65536)
    except OSError:
        return  # the client has had enough
