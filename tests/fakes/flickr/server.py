"""The API and the servers of the pictures over HTTP: which parameters may be asked with, and how often."""

import io
import json
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from PIL import Image

from tests.fakes.flickr import wrong
from tests.fakes.flickr.faults import PICTURE, SEARCH, Faults
from tests.fakes.flickr.library import Library

PATH = "/services/rest/"
KEY = "9a0554259914a86fb9e7eb014e4e5d52"
UNAVAILABLE = "/pw/images/en-us/photo_unavailable_l.png"
SORTS = ["relevance"] + [
    f"{name}-{way}" for name in ("date-posted", "date-taken", "interestingness") for way in ("asc", "desc")
]
PARAMETERS = {
    *("method", "api_key", "format", "nojsoncallback", "text", "page", "per_page", "sort", "license", "safe_search"),
    *("content_types", "media", "extras", "min_upload_date", "max_upload_date", "min_taken_date", "max_taken_date"),
}
LIMITING = {"text", "min_upload_date", "max_upload_date", "min_taken_date", "max_taken_date"}


@dataclass
class Limit:
    """So many searches within so many seconds, and then none until these are over."""

    searches: int
    seconds: float
    begun: float = -math.inf
    used: int = 0

    def wait(self, now: float) -> int:
        """The seconds to come again after; none where the request may pass."""
        if now - self.begun >= self.seconds:
            self.begun, self.used = now, 0
        self.used += 1
        return 0 if self.used <= self.searches else math.ceil(self.begun + self.seconds - now)


@dataclass
class FlickrServer:
    """Use it as a context; `endpoint` is the API's address, `address` that of the pictures."""

    library: Library = field(default_factory=Library)
    faults: Faults = field(default_factory=Faults)
    limit: Limit | None = None
    clock: Callable[[], float] = time.monotonic
    """By which the limit goes."""
    key: str = KEY
    moved_to: str = ""
    """The path under which the pictures are now, where they were moved."""
    searches: list[dict[str, str]] = field(default_factory=list)
    """What was searched for, in order, without the key."""
    pictures: list[str] = field(default_factory=list)
    """The files that were asked for, in order."""
    addresses: list[str] = field(default_factory=list)
    """The request lines of all requests."""
    misuses: list[str] = field(default_factory=list)
    """What Flickr would pass over, or answer otherwise than who asks may think."""

    def __post_init__(self) -> None:
        self.lock = threading.Lock()
        self.http = _Http(("127.0.0.1", 0), _Handler)
        self.http.flickr = self
        self.place = f"127.0.0.1:{self.http.server_address[1]}"
        self.address = f"http://{self.place}"
        self.endpoint = self.address + PATH

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


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    flickr: FlickrServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of what is tried here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Http

    @property
    def flickr(self) -> FlickrServer:
        return self.server.flickr

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.flickr.addresses.append(self.path)
        if parts.path == PATH:
            self._search(dict(parse_qsl(parts.query)))
        else:
            self._picture(parts.path)

    def do_POST(self) -> None:
        self.flickr.addresses.append(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self._search(dict(parse_qsl(urlsplit(self.path).query)) | dict(parse_qsl(body, keep_blank_values=True)))

    def _search(self, asked: dict[str, str]) -> None:
        flickr = self.flickr
        told_key = asked.pop("api_key", "")
        with flickr.lock:
            flickr.searches.append(asked)
            fault = flickr.faults.next(SEARCH)
            wait = flickr.limit.wait(flickr.clock()) if flickr.limit else 0
            answered = wrong.throttled(wait) if wait else self._answered(asked, told_key)
        if fault is None:
            self.send(*answered)
        else:
            wrong.go_wrong(self, flickr.faults, fault, answered, told_key)

    def _answered(self, asked: dict[str, str], key: str) -> wrong.Answered:
        flickr = self.flickr
        if asked.get("method") != "flickr.photos.search":
            return wrong.failed(112, f'Method "{asked.get("method")}" not found')
        if asked.get("format") != "json":
            return wrong.failed(111, f'Format "{asked.get("format")}" not found')
        if key != flickr.key:
            return wrong.failed(100, f"Invalid API Key (Key has invalid format): {key}")
        if not LIMITING & asked.keys() or not asked.get("text", "").strip():
            return wrong.failed(
                3, "Parameterless searches have been disabled. Please use flickr.photos.getRecent instead."
            )
        flickr.misuses += [f"parameter {name}" for name in asked.keys() - PARAMETERS]
        flickr.misuses += [f"sort {asked['sort']}"] * (asked.get("sort", "relevance") not in SORTS)
        flickr.misuses += [f"{asked['per_page']} at once"] * (int(asked.get("per_page", 100)) > 500)
        shown = flickr.library.search(asked, flickr.address)
        content = json.dumps({"photos": shown, "stat": "ok"}).encode()
        if asked.get("nojsoncallback") != "1":
            content = b"jsonFlickrApi(" + content + b")"
        return 200, content, {"Content-Type": "application/json"}

    def _picture(self, path: str) -> None:
        flickr = self.flickr
        name = path.rpartition("/")[2]
        with flickr.lock:
            fault = flickr.faults.next(PICTURE) if path != UNAVAILABLE else None
            flickr.pictures.append(name)
        answered = self._file(path, name)
        if fault is None:
            self.send(*answered)
        else:
            wrong.go_wrong(self, flickr.faults, fault, answered, "")

    def _file(self, path: str, name: str) -> wrong.Answered:
        """A photo's, or where it was removed, the way to the picture that says so."""
        if path == UNAVAILABLE:
            return 200, picture(500, 374, 0, "PNG"), {"Content-Type": "image/png"}
        moved_to = self.flickr.moved_to
        if moved_to and not path.startswith(moved_to):
            return 301, b"", {"Location": f"{moved_to}/{name}"}
        for photo in self.flickr.library.photos:
            for letters, (width, height) in photo.sizes().items():
                if photo.file(letters) == name and not photo.is_removed:
                    return 200, picture(width, height, photo.id, "JPEG"), {"Content-Type": "image/jpeg"}
        return 302, b"", {"Location": self.flickr.address + UNAVAILABLE}

    def send(self, status: int, body: bytes, headers: dict[str, str], *, told_length: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if told_length is None else told_length))
        self.end_headers()
        self.wfile.write(body)


@cache
def picture(width: int, height: int, number: int, kind: str) -> bytes:
    """Each number's of another pattern."""
    pattern = Image.frombytes("RGB", (4, 4), bytes(number * (place + 3) * 40503 % 251 for place in range(48)))
    file = io.BytesIO()
    pattern.resize((width, height), Image.Resampling.BILINEAR).save(file, kind)
    return file.getvalue()
