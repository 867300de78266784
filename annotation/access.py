"""Services outside: secrets that stay secret, addresses they may be sent to, answers that are read so far and no
further."""

import ipaddress
import time
from collections.abc import Callable
from typing import NoReturn
from urllib.parse import urlsplit

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

LONGEST_ANSWER = 16 * 1024 * 1024
PIECE = 64 * 1024


class Secret:
    """A text that shows itself to nobody who does not ask for it, and never leaves its process with an object."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __bool__(self) -> bool:
        return bool(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret stays in its process: it is read from the environment where it is needed")

    def reveal(self) -> str:
        return self._text


def is_of_this_machine(address: str) -> bool:
    """Whether it never leaves this machine, such as that of a server for trying things out."""
    return is_safe_address(address) and urlsplit(address).scheme == "http"


def is_safe_address(address: str) -> bool:
    """Whether it is encrypted on its way, or never leaves this machine."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.username is not None or parts.query or parts.fragment or not host:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host))


class UnfitAnswer(Exception):
    """An answer that is not read to its end; the message says why."""


def body_of(response: BaseHTTPResponse, *, whole_seconds: float, clock: Callable[[], float] = time.monotonic) -> bytes:
    """The whole body of an answer. Raises `UnfitAnswer` where it is compressed or too large, and the library's
    `HTTPError` where it takes longer than this; the connection is closed then."""
    end = clock() + whole_seconds
    pieces, size = [], 0
    try:
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise UnfitAnswer("it is compressed, though that was not asked for")
        while piece := response.read1(PIECE, decode_content=False):
            pieces.append(piece)
            size += len(piece)
            if size > LONGEST_ANSWER:
                raise UnfitAnswer("it is too large")
            if clock() > end:
                raise HTTPError("too slow")
    except BaseException:
        response.close()
        raise
    response.release_conn()
    return b"".join(pieces)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
