"""A simulated worker against a small real HTTP server that speaks like the worker's pages."""

import io
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from PIL import Image

from annotation.platforms import simulated

# Position, sheet, column: two sheets of two columns, in an order that is not the positions'.
PLACES = [(2, 1, 0), (1, 0, 1), (3, 1, 1), (0, 0, 0)]
TILES = "".join(
    f'<label><input type="checkbox" name="selected" value="{position}">'
    f'<img src="sheets/{sheet}/" data-column="{column}" data-row="0" alt=""></label>'
    for position, sheet, column in PLACES
)
GRID = (
    '<html><h1 data-target-class="bow">bow</h1><form method="post">'
    f'<ul data-sheets data-columns="2" data-rows="1">{TILES}</ul></form></html>'
)


def black_and_white() -> bytes:
    """A sheet whose left picture is black and whose right one is white."""
    sheet = Image.new("L", (32, 16))
    sheet.paste(255, (16, 0, 32, 16))
    buffer = io.BytesIO()
    sheet.save(buffer, "JPEG")
    return buffer.getvalue()


class Site(BaseHTTPRequestHandler):
    """One invitation, one grid whose second sheet is broken, then the last page."""

    protocol_version = "HTTP/1.1"
    forms: list[dict[str, list[str]]] = []

    def do_GET(self) -> None:
        if self.path.endswith("/1/"):
            self.answer(404, b"", "text/plain")
        elif "/sheets/" in self.path:
            self.answer(200, black_and_white(), "image/jpeg")
        else:
            text = GRID if self.path == "/work/a/" else "<html>Thank you</html>"
            self.answer(200, text.encode(), "text/html")

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if self.path == "/work/a/":
            self.forms.append(form)
        self.answer(303, b"", "text/plain", "/work/a/" if self.path == "/join/x/" else "/done/")

    def answer(self, status: int, content: bytes, kind: str, location: str | None = None) -> None:
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Keep the test's output quiet."""


@pytest.fixture
def site() -> Iterator[str]:
    Site.forms = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def sharp(num_workers: int = 1) -> list[simulated.Trait]:
    return [simulated.Trait(sensitivity=1.0, care=1.0, seed=seed) for seed in range(num_workers)]


def test_a_worker_selects_what_is_clear_and_reports_what_did_not_load(site: str) -> None:
    def eye(picture: Image.Image, name: str) -> float:
        assert name == "bow"
        return 1.0 if picture.getpixel((8, 8)) == 255 else -0.03  # below zero: never, whatever the false alarms

    done = simulated.work_through(invitation=f"{site}/join/x/", eye=eye, workers=sharp(), on_grid=lambda: None)
    assert done == 1
    assert Site.forms == [{"selected": ["1"], "not_seen": ["2", "3"]}]


def test_an_empty_selection_is_said_explicitly(site: str) -> None:
    simulated.work_through(invitation=f"{site}/join/x/", eye=lambda *_: -0.03, workers=sharp(), on_grid=lambda: None)
    assert Site.forms == [{"not_seen": ["2", "3"], "none": ["1"]}]


def test_a_page_that_fails_stops_the_crowd_with_its_status(site: str) -> None:
    with closing(simulated.Browser(site)) as browser, pytest.raises(simulated.CrowdError, match="404"):
        browser.open(f"{site}/sheets/1/")


def test_a_browser_never_leaves_its_site(site: str) -> None:
    with pytest.raises(simulated.CrowdError, match="leads away"):
        simulated.Browser(site).open("http://twinset.example/join/x/")


def test_traits_differ_between_workers_and_repeat_with_the_seed() -> None:
    crowd = simulated.traits(num_workers=40, seed=3)
    assert crowd == simulated.traits(num_workers=40, seed=3)
    assert len({trait.sensitivity for trait in crowd}) == 40
    assert all(0.85 <= trait.sensitivity <= 0.99 and 0.8 <= trait.care <= 1 for trait in crowd)
