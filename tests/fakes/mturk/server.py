"""The server itself: one account, one address for requesters and workers, on loopback."""

import socket
import struct
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from botocore.credentials import Credentials

from tests.fakes.mturk import assignments, hits, notices, qualifications  # noqa: F401  (each enters its operations)
from tests.fakes.mturk.account import Account, Clock
from tests.fakes.mturk.faults import Fault, Faults, Throttle
from tests.fakes.mturk.notices import Notices
from tests.fakes.mturk.operations import OPERATIONS
from tests.fakes.mturk.pages import answer_worker
from tests.fakes.mturk.protocol import CONTENT_TYPE, TARGET, TurkError, read, write
from tests.fakes.mturk.signing import check
from tests.fakes.mturk.workers import Workers

ACCESS_KEY, SECRET_KEY, REGION = "AKIAFAKEREQUESTER0001", "planted/secret+key/of/the/fake/requester", "us-east-1"
PAGE = b"<html><body>Something went wrong.</body></html>"
ERRORS = {
    Fault.THROTTLED: TurkError("ThrottlingException", "Rate exceeded"),
    Fault.SERVICE_FAULT: TurkError("ServiceFault", "Temporarily unable to process your request.", status=500),
    Fault.UNAVAILABLE: TurkError("ServiceUnavailableException", "Slow down.", status=503),
}


class MTurkServer(ThreadingHTTPServer):
    """Start it with `with`; what a test looks at is in `account`, what it does as a worker in `workers`."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, *, funds: int = 1_000_000, silence_seconds: float = 2) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.clock = Clock()
        self.account = Account(clock=self.clock, funds=funds)
        self.workers = Workers(self.account, self.address)
        self.notices = Notices()
        self.account.tell = self.notices.tell
        self.faults = Faults()
        self.throttle: Throttle | None = None
        self.keys = Credentials(ACCESS_KEY, SECRET_KEY)
        self.calls: Counter[str] = Counter()
        self.defects: list[BaseException] = []
        self.silence_seconds = silence_seconds
        self.stopping = threading.Event()
        self.lock = threading.RLock()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def advance(self, **by: float) -> None:
        """Let time pass there, with all that happens by itself."""
        with self.lock:
            self.clock.advance(**by)
            self.account.settle_all()

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are none of ours; everything else is a defect, and the handler has kept it."""


class Handler(BaseHTTPRequestHandler):
    server: MTurkServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *arguments: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._as_worker(b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/":
            return self._as_worker(body)
        try:
            self._as_requester(body)
        except ConnectionError:
            self.close_connection = True
        except Exception as error:
            self.server.defects.append(error)
            self.answer(500, PAGE, "text/html")

    def _as_worker(self, body: bytes) -> None:
        with self.server.lock:
            status, content = answer_worker(self.server.workers, self.path, body)
        self.answer(status, content.encode(), "text/html; charset=utf-8")

    def _as_requester(self, body: bytes) -> None:
        name = self.headers.get("X-Amz-Target", "").removeprefix(TARGET)
        fault = self.server.faults.take(name)
        try:
            if fault is None or fault.is_after:
                status, content = 200, self._done(name, body)
            else:
                status, content = 500, PAGE
                if fault in ERRORS:
                    raise ERRORS[fault]
        except TurkError as error:
            status, content = error.status, error.content()
        if fault in (Fault.SILENT_BEFORE, Fault.SILENT_AFTER):
            self.server.stopping.wait(self.server.silence_seconds)
            self.close_connection = True
        elif fault in (Fault.RESET_BEFORE, Fault.RESET_AFTER):
            self._reset()
        elif fault in (Fault.FAILED_BEFORE, Fault.FAILED_AFTER, Fault.GARBLED_AFTER):
            self.answer(200 if fault is Fault.GARBLED_AFTER else 500, PAGE, "text/html")
        else:
            self.answer(status, content, CONTENT_TYPE, {"Retry-After": "7"} if fault is Fault.UNAVAILABLE else {})

    def _done(self, name: str, body: bytes) -> bytes:
        server = self.server
        check(self.headers, address=f"{server.address}/", body=body, keys=server.keys, region=REGION)
        if name not in OPERATIONS:
            raise TurkError("UnknownOperationException", f"There is no operation {name!r}.")
        with server.lock:
            if server.throttle and not server.throttle.lets_pass():
                raise ERRORS[Fault.THROTTLED]
            server.calls[name] += 1
            parameters = read(name, body)
            return write(name, OPERATIONS[name](server.account, parameters))

    def answer(self, status: int, content: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in {"Content-Type": kind, "Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(content)

    def _reset(self) -> None:
        """Close so that the other side is told of a reset, not of an end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.wfile.close()
        self.connection.close()
