"""A web server whose answers are given path by path; it notes what it was asked."""

import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

from tests.fakes.web.answers import Answer, status


class WebServer:
    """Where a path has several answers, they are given one after the other, and then the last."""

    def __init__(
        self,
        answers: Mapping[str, Answer | Sequence[Answer]],
        *,
        host: str = "127.0.0.1",
        certificate: Path | None = None,
    ) -> None:
        self.answers = {path: [each] if callable(each) else list(each) for path, each in answers.items()}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.num_connections = 0
        self._lock = threading.Lock()
        self.http = _Server(host, self)
        self.port = self.http.server_address[1]
        self.place = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        self.address = f"{'https' if certificate else 'http'}://{self.place}"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)

    def __enter__(self) -> "WebServer":
        self._thread = threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.http.shutdown()
        self._thread.join()
        self.http.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        with self._lock:
            self.asked.append(request.path)
            self.headers.append({name.lower(): value for name, value in request.headers.items()})
            given = self.answers.get(request.path, [status(404)])
            answer = given.pop(0) if len(given) > 1 else given[0]
        answer(request)

    def num_asked(self, path: str) -> int:
        return self.asked.count(path)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: str, owner: WebServer) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.owner = owner
        super().__init__((host, 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Who asks may hang up at any time."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.owner.num_connections += 1

    def do_GET(self) -> None:
        self.server.owner.answer(self)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the tests read what was asked."""
