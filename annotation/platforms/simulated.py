"""Simulated workers: each opens the invitation, looks at the pictures and answers, over HTTP like a browser.

They know nothing but what a page shows. What a picture shows them is told by an `Eye`; how they answer
follows from their own sensitivity and care.
"""

import io
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import numpy as np
from PIL import Image

Eye = Callable[[Image.Image, str], float]
"""How clearly a picture shows the target class (its name): in [0, 1]."""

FALSE_ALARM = 0.02  # the chance to select an image that shows nothing of the class
NUM_TRIES = 3
TIMEOUT_SECONDS = 60


class CrowdError(RuntimeError):
    """A page did not answer as a worker may expect."""


@dataclass(frozen=True)
class Trait:
    """A worker's own way: the share of clear images found, and of answers given with care."""

    sensitivity: float
    care: float
    seed: int


def traits(*, num_workers: int, seed: int) -> list[Trait]:
    """Different people: most of them good, a few careless."""
    rng = np.random.default_rng(seed)
    return [
        Trait(float(0.85 + 0.14 * rng.beta(4, 2)), float(0.80 + 0.20 * rng.beta(5, 1)), int(rng.integers(2**32)))
        for _ in range(num_workers)
    ]


def chance_to_select(trait: Trait, clarity: Any) -> Any:
    """That this worker selects a picture (or each of an array) which shows the class so clearly."""
    with_care = FALSE_ALARM + (trait.sensitivity - FALSE_ALARM) * clarity
    return trait.care * with_care + (1 - trait.care) * 0.5


@dataclass(frozen=True)
class Tile:
    """An image of a grid: its position, and where on which contact sheet it is shown."""

    position: int
    sheet: str
    column: int
    row: int


@dataclass(frozen=True)
class Page:
    """What an answer of the server holds for a worker."""

    address: str
    text: str
    target_class: str | None
    tiles: list[Tile]
    """In the order shown; empty where the page is no grid."""
    columns: int
    rows: int
    """Of each contact sheet."""


class _GridReader(HTMLParser):
    """Reads the form a worker fills in: a check box, then its part of a contact sheet, for each tile."""

    def __init__(self) -> None:
        super().__init__()
        self.tiles: list[Tile] = []
        self.columns = self.rows = 1
        self.target_class: str | None = None
        self._pending: int | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if "data-target-class" in values:
            self.target_class = values["data-target-class"]
        if "data-sheets" in values:
            self.columns, self.rows = int(values["data-columns"] or 1), int(values["data-rows"] or 1)
        if tag == "input" and values.get("name") == "selected":
            self._pending = int(values["value"] or "")
        elif tag == "img" and self._pending is not None:
            column, row = int(values["data-column"] or 0), int(values["data-row"] or 0)
            self.tiles.append(Tile(self._pending, values["src"] or "", column, row))
            self._pending = None


class Browser:
    """The part of a browser a form without scripts needs: keep-alive, redirects, pictures."""

    def __init__(self, origin: str) -> None:
        self._host = urlsplit(origin).netloc
        self._connection = HTTPConnection(self._host, timeout=TIMEOUT_SECONDS)

    def close(self) -> None:
        self._connection.close()

    def open(self, address: str, form: Sequence[tuple[str, str]] | None = None) -> Page:
        """Follow the address, or hand in the form, and read the page it leads to."""
        method, body = ("GET", None) if form is None else ("POST", urlencode(form))
        status, headers, content = self._ask(method, address, body)
        while status in (301, 302, 303, 307, 308):
            address = urljoin(address, headers["location"])
            status, headers, content = self._ask("GET", address, None)
        if status != 200:
            raise CrowdError(f"{method} {address} was answered {status}")
        text = content.decode()
        reader = _GridReader()
        reader.feed(text)
        return Page(address, text, reader.target_class, reader.tiles, reader.columns, reader.rows)

    def look_at(self, page: Page) -> dict[int, Image.Image]:
        """The pictures of a grid by position, cut out of its sheets; without those whose sheet does not load."""
        sheets = {
            address: self._sheet(urljoin(page.address, address))
            for address in dict.fromkeys(t.sheet for t in page.tiles)
        }
        seen = {}
        for tile in page.tiles:
            if sheet := sheets[tile.sheet]:
                width, height = sheet.width // page.columns, sheet.height // page.rows
                left, top = tile.column * width, tile.row * height
                seen[tile.position] = sheet.crop((left, top, left + width, top + height))
        return seen

    def _sheet(self, address: str) -> Image.Image | None:
        status, headers, content = self._ask("GET", address, None)
        if status != 200 or not headers.get("content-type", "").startswith("image/"):
            return None
        with Image.open(io.BytesIO(content)) as image:
            return image.copy()

    def _ask(self, method: str, address: str, body: str | None) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(address)
        if parts.netloc != self._host:
            raise CrowdError(f"{address} leads away from {self._host}")
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        for attempt in range(NUM_TRIES):
            try:
                self._connection.request(method, target, body, headers)
                answer = self._connection.getresponse()
                content = answer.read()
            except (HTTPException, ConnectionError):
                # The server closed an idle connection; handing in the same form twice is safe.
                self._connection.close()
                if attempt == NUM_TRIES - 1:
                    raise
            else:
                return answer.status, {key.lower(): value for key, value in answer.getheaders()}, content
        raise AssertionError("unreachable: the last attempt returns or raises")


@dataclass
class SimulatedWorker:
    """One simulated person; `page` is the grid before them."""

    trait: Trait
    browser: Browser
    page: Page | None = None
    rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.trait.seed)

    def arrive(self, invitation: str) -> bool:
        """Accept the invitation; whether there is a grid to work on."""
        self.page = self.browser.open(invitation, form=[("consent", "1")])
        return bool(self.page.tiles)

    def answer(self, eye: Eye) -> bool:
        """Judge the grid before them and hand it in; whether another follows."""
        page = self.page
        if page is None or page.target_class is None:
            raise CrowdError("no grid to answer: arrive first")
        form: list[tuple[str, str]] = []
        pictures = self.browser.look_at(page)
        for position in sorted(tile.position for tile in page.tiles):
            if position not in pictures:
                form.append(("not_seen", str(position)))
            elif self._selects(eye(pictures[position], page.target_class)):
                form.append(("selected", str(position)))
        if not any(name == "selected" for name, _ in form):
            form.append(("none", "1"))
        self.page = self.browser.open(page.address, form)
        return bool(self.page.tiles)

    def _selects(self, clarity: float) -> bool:
        return bool(self.rng.random() < chance_to_select(self.trait, clarity))


def work_through(*, invitation: str, eye: Eye, workers: Sequence[Trait], on_grid: Callable[[], None]) -> int:
    """Let the crowd answer, in turn, until no grid is left for any of them; returns the number handed in.

    One at a time: who gets which grid, and so every judgement, then follows from the seed alone.
    """
    crowd = [SimulatedWorker(trait, Browser(invitation)) for trait in workers]
    waiting = deque(crowd)
    num_done = 0
    try:
        while waiting:
            worker = waiting.popleft()
            if worker.page is None and not worker.arrive(invitation):
                continue
            goes_on = worker.answer(eye)
            num_done += 1
            on_grid()
            if goes_on:
                waiting.append(worker)
    finally:
        for person in crowd:
            person.browser.close()
    return num_done
