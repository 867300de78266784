"""What a worker does with a grid in the browser, and what is stored of it: the steps that many tests share."""

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from annotation import bitmaps
from annotation.models import Assignment, Batch
from tests import cast
from tests.browser.chromium import PATIENCE

OpenPage = Callable[..., Page]
NUM_IMAGES = 10
ALL = list(range(NUM_IMAGES))
WIDE = {"width": 1440, "height": 900}
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


def start(open_page: OpenPage, batch: Batch, *, routes: dict[str, Any] | None = None, **options: Any) -> Page:
    """From the invitation to the first grid, all its images there."""
    page = open_page(cast.join(batch), **options)
    for pattern, handler in (routes or {}).items():
        page.route(pattern, handler)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="Select all that contain")).to_be_visible()
    if options.get("java_script_enabled", True):
        page.wait_for_load_state("load")  # behind which every script has run
        expect_count(page, 0)
        wait_for_images(page)
    return page


def wait_for_images(page: Page) -> None:
    """Until each has loaded or failed."""
    page.evaluate("""() => Promise.all(
        [...document.querySelectorAll(".tile img, dialog img[src]")].filter((image) => !image.complete).map(
            (image) => new Promise((done) => ["load", "error"].forEach((name) => image.addEventListener(name, done)))
        )
    )""")


def wait_until(page: Page, is_so: Callable[[], bool]) -> None:
    """For what no locator shows, however long this machine takes; the page goes on meanwhile."""
    deadline = time.monotonic() + PATIENCE / 1000
    while not is_so():
        assert time.monotonic() < deadline, "it does not happen"
        page.wait_for_timeout(20)


def sheets_ahead(page: Page) -> int:
    """How many sheets of a grid that is not shown yet are here, of the one fetched last."""
    script = "performance.getEntriesByType('resource').map((each) => each.name)"
    sheets = [name.split("/sheets/") for name in page.evaluate(script) if "/sheets/" in name]
    if not sheets or sheets[-1][0] in page.url:
        return 0
    return len({number for grid, number in sheets if grid == sheets[-1][0]})


# --- what is shown ---


def shown(page: Page) -> list[int]:
    """The positions of the grid in the order in which this worker sees them."""
    return page.locator("input[name=selected]").evaluate_all("(boxes) => boxes.map((box) => Number(box.value))")


def places(page: Page) -> list[int]:
    """Which images are selected, counted from 0 as they are shown."""
    return page.locator("input[name=selected]").evaluate_all(
        "(boxes) => boxes.flatMap((box, place) => (box.checked ? [place] : []))"
    )


def expect_count(page: Page, selected: int) -> None:
    images = page.locator("input[name=selected]").count()
    expect(page.locator("[data-count]")).to_have_text(f"{selected} of {images} selected")


def expect_places(page: Page, *wanted: int) -> None:
    expect(page.locator("input[name=selected]:checked")).to_have_count(len(wanted))
    assert places(page) == list(wanted)


def tile(page: Page, place: int) -> Locator:
    return page.locator(".tile").nth(place)


def box(page: Page, position: int) -> Locator:
    """Wherever it is shown."""
    return page.locator(f"input[name=selected][value='{position}']")


# --- what a worker does ---


def select(page: Page, *positions: int) -> None:
    for position in positions:
        page.locator(".tile").filter(has=box(page, position)).click()


def select_and_wait(page: Page, *positions: int) -> None:
    """Until the server has the draft."""
    with page.expect_response("**/draft/") as answer:
        select(page, *positions)
    assert answer.value.ok


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def submit(page: Page) -> None:
    page.get_by_role("button", name="Submit").click()


def expect_saved(page: Page) -> None:
    expect(page.get_by_text("Saved, receipt")).to_be_visible()


# --- what is stored ---


def stored() -> list[tuple[list[int], list[int]]]:
    """Selected and seen positions of what was handed in, oldest first."""
    rows = Assignment.objects.filter(submitted_at__isnull=False).order_by("submitted_at", "id")
    return [(bitmaps.positions(row.selected, NUM_IMAGES), bitmaps.positions(row.seen, NUM_IMAGES)) for row in rows]


def stored_selections() -> list[list[int]]:
    return [selected for selected, _ in stored()]


def draft() -> list[int]:
    return bitmaps.positions(Assignment.objects.get(draft__isnull=False).draft or b"", NUM_IMAGES)


def copies(page: Page) -> int:
    """How many drafts this browser keeps."""
    return int(page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('draft:')).length"))
