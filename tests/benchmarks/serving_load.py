"""The load: closed-loop clients in a process of its own, which prints how long each half of a pair took.

python -m tests.benchmarks.serving_load pages http://127.0.0.1:8000 32 20 /join/TOKEN/
python -m tests.benchmarks.serving_load bare http://127.0.0.1:8000 32 20

One thread waits for all connections, and reads of an answer no more than it needs: what it takes of the two cores, the
server lacks.
"""

import json
import re
import selectors
import socket
import sys
import time
from collections.abc import Callable, Generator
from urllib.parse import urlsplit

ANSWER = b"selected=3&selected=11&selected=12&selected=30&selected=47"
WARM_UP_SECONDS = 2.0
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
LOCATION = re.compile(rb"\r\nlocation: *([^\r]+)", re.IGNORECASE)

Pair = tuple[float, float]
Answer = tuple[int, bytes, bytes]
Client = Generator[bytes, Answer, None]
"""Yields requests, is sent what they are answered: status, location, whole answer."""


def request(method: bytes, target: bytes, body: bytes = b"") -> bytes:
    form = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n" % len(body)
    head = b"%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n"
    return head % (method, target, form if method == b"POST" else b"") + body


def pages(invitation: bytes, record: Callable[[Pair], None]) -> Client:
    """Take part as a worker: hand in (which claims the next grid), then open the page it leads to."""
    _, target, _ = yield request(b"POST", invitation, b"consent=1")
    yield request(b"GET", target)
    while True:
        start = time.perf_counter()
        status, location, _ = yield request(b"POST", target.partition(b"?")[0], ANSWER)
        middle = time.perf_counter()
        if status != 303 or not location.startswith(b"/work/"):
            raise RuntimeError(f"handing in {target!r} was answered {status}, leading to {location!r}")
        target = location
        status, _, content = yield request(b"GET", target)
        if status != 200 or b'name="selected"' not in content:
            raise RuntimeError(f"{target!r} was answered {status}")
        record((middle - start, time.perf_counter() - middle))


def bare(worker: bytes, record: Callable[[Pair], None]) -> Client:
    """The same statements through two bare views."""
    _, _, content = yield request(b"POST", b"/begin/%s/" % worker)
    while True:
        start = time.perf_counter()
        slot = b"/slots/%s/%d/" % (worker, int(content.rpartition(b"\r\n")[2]))
        status, _, content = yield request(b"POST", slot + b"hand-in/")
        middle = time.perf_counter()
        if status != 200:
            raise RuntimeError(f"handing in was answered {status}")
        status, _, found = yield request(b"GET", slot)
        if status != 200 or not found.endswith(b"found"):
            raise RuntimeError(f"looking up was answered {status}")
        record((middle - start, time.perf_counter() - middle))


class Connection:
    """One client's: sends what it yields, gives it what comes back."""

    def __init__(self, origin: str, client: Client) -> None:
        parts = urlsplit(origin)
        self.socket = socket.create_connection((parts.hostname, parts.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.client = client
        self.received = b""
        self.socket.sendall(next(client))

    def go_on(self) -> None:
        part = self.socket.recv(1 << 18)
        if not part:
            raise RuntimeError("the server closed a connection")
        self.received += part
        head, end, body = self.received.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not end or (length and len(body) < int(length[1])):
            return
        if not length:
            raise RuntimeError(f"an answer of unknown length: {head[:200]!r}")
        location = LOCATION.search(head)
        whole, self.received = self.received, b""
        self.socket.sendall(self.client.send((int(head[9:12]), location[1] if location else b"", whole)))


def load(client: Callable[..., Client], origin: str, arguments: list[bytes], seconds: float) -> list[Pair]:
    """All clients at once for so long after a warm-up; the pairs that ended within that time."""
    begin = time.perf_counter() + WARM_UP_SECONDS
    pairs: list[tuple[float, Pair]] = []
    selector = selectors.DefaultSelector()
    for argument in arguments:
        connection = Connection(origin, client(argument, lambda pair: pairs.append((time.perf_counter(), pair))))
        selector.register(connection.socket, selectors.EVENT_READ, connection)
    while time.perf_counter() < begin + seconds:
        for key, _ in selector.select(timeout=1):
            key.data.go_on()
    return [pair for ended, pair in pairs if ended > begin]


def main(arguments: list[str]) -> None:
    kind, origin, num_clients, seconds, *rest = arguments
    if kind == "pages":
        pairs = load(pages, origin, [rest[0].encode()] * int(num_clients), float(seconds))
    else:
        pairs = load(bare, origin, [b"%d" % (number + 1) for number in range(int(num_clients))], float(seconds))
    json.dump({"seconds": float(seconds), "first": [a for a, _ in pairs], "second": [b for _, b in pairs]}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
