"""What a server can answer; each is called with the handler of the request."""

import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

Answer = Callable[[BaseHTTPRequestHandler], None]


def body(content: bytes, *, after: float = 0, **headers: str) -> Answer:
    """The content as it should be; underscores in the names of headers are hyphens."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        time.sleep(after)
        _head(request, 200, {"Content-Length": str(len(content))} | _named(headers))
        request.wfile.write(content)

    return answer


def status(code: int, **headers: str) -> Answer:
    """An error, with a body that nobody is to see."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        content = b"the secret of the server"
        _head(request, code, {"Content-Length": str(len(content))} | _named(headers))
        request.wfile.write(content)

    return answer


def redirect(location: str, code: int = 302) -> Answer:
    return status(code, Location=location)


def endless(**headers: str) -> Answer:
    """Bytes without an end, as fast as they are taken."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        _head(request, 200, {"Connection": "close"} | _named(headers))
        while True:
            request.wfile.write(b"\0" * 65536)

    return answer


def truncated(content: bytes, length: int) -> Answer:
    """Less, or more, than the length that is declared."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        _head(request, 200, {"Content-Length": str(length)})
        request.wfile.write(content)
        request.close_connection = True

    return answer


def dribble(head: bytes, *, every: float = 0.05) -> Answer:
    """Some bytes at once, and then one by one, for as long as anybody waits."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(head)
        while True:
            time.sleep(every)
            request.wfile.write(b"1")

    return answer


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def _head(request: BaseHTTPRequestHandler, code: int, headers: dict[str, str]) -> None:
    request.send_response_only(code)
    if "Date" not in headers:
        request.send_header("Date", request.date_time_string())
    for name, value in headers.items():
        request.send_header(name, value)
    request.end_headers()
