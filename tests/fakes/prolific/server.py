"""The API over HTTP: who may ask, how often, and that both sides keep to the published schema."""

import json
import math
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import jsonschema
from jsonschema import Draft202012Validator

from tests.fakes.prolific import pages, schemas, wrong
from tests.fakes.prolific.account import Account, Refusal
from tests.fakes.prolific.faults import Faults
from tests.fakes.prolific.hooks import Hooks
from tests.fakes.prolific.operations import OPERATIONS, Call, Operation

CHECKER = Draft202012Validator.FORMAT_CHECKER


@dataclass
class Limit:
    """So many requests within so many seconds, and then no more until these are over."""

    requests: int
    seconds: float
    begun: float = -math.inf
    used: int = 0

    def wait(self, now: float) -> int:
        """The seconds to come again after; none where the request may pass."""
        if now - self.begun >= self.seconds:
            self.begun, self.used = now, 0
        self.used += 1
        return 0 if self.used <= self.requests else math.ceil(self.begun + self.seconds - now)


@dataclass
class ProlificServer:
    """Use it as a context; `address` is the endpoint."""

    account: Account = field(default_factory=Account)
    faults: Faults = field(default_factory=Faults)
    limit: Limit | None = None
    requests: list[str] = field(default_factory=list)
    """The operations that were asked for, in order."""
    broken_promises: list[str] = field(default_factory=list)
    """Where this server itself did not keep to the schema."""

    def __post_init__(self) -> None:
        self.hooks = Hooks(self.account)
        self.http = _Http(("127.0.0.1", 0), _Handler)
        self.http.prolific = self
        self.address = f"http://127.0.0.1:{self.http.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.faults.released.set()
        self.http.shutdown()
        self.http.server_close()
        self._thread.join()

    def count(self, operation: str) -> int:
        return self.requests.count(operation)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    prolific: ProlificServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of what is tried here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Http

    @property
    def faults(self) -> Faults:
        return self.server.prolific.faults

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        if not pages.serve(self, self.server.prolific.account):
            self._serve()

    do_POST = do_PATCH = do_DELETE = lambda self: self._serve()

    def _serve(self) -> None:
        """Answer, unless a fault is planned for the operation."""
        prolific = self.server.prolific
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        found = ((each, each.match(self.command, parts.path)) for each in OPERATIONS)
        operation, ids = next(((each, ids) for each, ids in found if ids is not None), (None, ()))
        if operation is None:
            self.answer(404, wrong.error(404, "Not found."))
            return
        with prolific.account.lock:
            prolific.requests.append(operation.name)
            fault = prolific.faults.next(operation.name)
            answered = self._outcome(operation, ids, parts.query, body) if fault is None or fault.is_done else None
        if fault is None:
            assert answered is not None
            self.answer(*answered)
        else:
            wrong.go_wrong(self, fault, answered)

    def _outcome(
        self, operation: Operation, ids: tuple[str, ...], query: str, body: bytes
    ) -> tuple[int, Any, dict[str, str]]:
        try:
            headers: dict[str, str] = {}
            content = operation.does(self._let_in(operation, ids, query, body))
            if isinstance(content, tuple):
                content, headers = content
            self._promise(operation, content, operation.gives)
            return operation.status, content, headers
        except Refusal as refusal:
            content = wrong.error(refusal.status, refusal.detail, refusal.code)
            self._promise(operation, content, schemas.ERROR)
            return refusal.status, content, {"Retry-After": refusal.detail.split()[-1]} if refusal.status == 429 else {}

    def _let_in(self, operation: Operation, ids: tuple[str, ...], query: str, body: bytes) -> Call:
        prolific = self.server.prolific
        if self.headers.get("Authorization") != f"Token {prolific.account.token}":
            raise Refusal(401, f"Invalid token: {self.headers.get('Authorization')}", code=140300)
        wait = prolific.limit.wait(time.monotonic()) if prolific.limit else 0
        if wait:
            raise Refusal(429, f"Request was throttled. Expected available in {wait}")
        parameters = dict(parse_qsl(query, strict_parsing=bool(query)))
        if not parameters.keys() <= operation.parameters:
            raise Refusal(400, f"Unknown parameters: {sorted(parameters.keys() - operation.parameters)}")
        return Call(prolific.account, prolific.hooks, ids, parameters, self._checked(operation, body))

    def _checked(self, operation: Operation, body: bytes) -> Any:
        if operation.takes is None:
            if body:
                raise Refusal(400, "No body is expected.")
            return None
        if self.headers.get("Content-Type") != "application/json":
            raise Refusal(415, "Unsupported media type.")
        try:
            content = json.loads(body)
            jsonschema.validate(content, operation.takes, Draft202012Validator, format_checker=CHECKER)
        except json.JSONDecodeError as error:
            raise Refusal(400, f"JSON parse error: {error}") from error
        except jsonschema.ValidationError as error:
            where = ".".join(map(str, error.absolute_path)) or "body"
            raise Refusal(400, {where: [error.message]}) from error
        return content

    def _promise(self, operation: Operation, content: Any, schema: schemas.Schema) -> None:
        for error in Draft202012Validator(schema, format_checker=CHECKER).iter_errors(content):
            self.server.prolific.broken_promises.append(f"{operation.name}: {error.message}")

    def answer(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        body = b"" if content is None else json.dumps(content).encode()
        self.send(status, body, {"Content-Type": "application/json"} | (headers or {}))

    def send(self, status: int, body: bytes, headers: dict[str, str], *, told_length: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if told_length is None else told_length))
        self.end_headers()
        self.wfile.write(body)
