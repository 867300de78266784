"""A worker's grid in a real Chromium: by mouse, by keyboard, without JavaScript, and for everyone."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from annotation import bitmaps
from annotation.models import Assignment, Batch
from tests import cast, pictures
from tests.browser.accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OpenPage = Callable[..., Page]


@pytest.fixture
def batch() -> Batch:
    return pictures.launched(num_images=10, num_grids=2, num_assignments=1)


def start(open_page: OpenPage, batch: Batch, **options: Any) -> Page:
    page = open_page(cast.join(batch), **options)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="Select all that contain")).to_be_visible()
    if options.get("java_script_enabled", True):
        expect(page.locator("[data-count]")).to_have_text("0 selected")
        wait_for_images(page)
    return page


def wait_for_images(page: Page) -> None:
    """Until each has loaded or failed."""
    page.evaluate("""() => Promise.all([...document.images].filter((image) => image.src && !image.complete).map(
        (image) => new Promise((done) => (image.onload = image.onerror = done))
    ))""")


def shown(page: Page) -> list[int]:
    """The positions of the grid in the order in which this worker sees them."""
    return page.locator("input[name=selected]").evaluate_all("(boxes) => boxes.map((box) => Number(box.value))")


def stored() -> list[tuple[list[int], list[int]]]:
    """Selected and seen positions of what was handed in, oldest first."""
    rows = Assignment.objects.filter(submitted_at__isnull=False).order_by("submitted_at", "id")
    return [(bitmaps.positions(row.selected, 10), bitmaps.positions(row.seen, 10)) for row in rows]


ALL = list(range(10))


def test_grid_with_the_mouse(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch, viewport={"width": 1440, "height": 900})
    order = shown(page)
    for place in (0, 3, 9, 3):
        page.locator(".tile").nth(place).click()
    expect(page.locator("[data-count]")).to_have_text("2 selected")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Saved, receipt")).to_be_visible()
    assert stored() == [(sorted([order[0], order[9]]), ALL)]


def test_grid_with_the_keyboard_only(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch, viewport={"width": 1440, "height": 900})
    order = shown(page)
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.name") != "selected":
        page.keyboard.press("Tab")
    for key in ("Space", "ArrowRight", "ArrowDown", "Space", "ArrowLeft", "Enter", "Space", "Escape"):
        page.keyboard.press(key)
    expect(page.get_by_label("Image 9")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Submit")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved, receipt")).to_be_visible()
    assert stored() == [(sorted([order[0], order[8], order[9]]), ALL)]


def test_grid_with_javascript_off(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch, java_script_enabled=False)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_contain_text("You selected no image")
    page.get_by_label("Image 5").check()
    order = shown(page)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Saved, receipt")).to_be_visible()
    page.get_by_label("None of these").check()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert stored() == [([order[4]], ALL), ([], ALL)]


def test_grid_by_touch_on_a_phone(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    order = shown(page)
    page.locator(".tile").nth(1).tap()
    page.get_by_role("button", name="Submit").tap()
    expect(page.get_by_text("Saved, receipt")).to_be_visible()
    assert stored() == [([order[1]], ALL)]


def test_grid_asks_before_it_takes_an_empty_answer(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_contain_text("You selected no image")
    expect(page.get_by_label("None of these")).to_be_focused()
    assert stored() == []


def test_a_sheet_that_does_not_load_makes_all_its_images_not_seen(open_page: OpenPage, batch: Batch) -> None:
    page = open_page(cast.join(batch))
    page.route("**/sheets/1/", lambda route: route.abort())
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".tile--broken")).to_have_count(2)
    order = shown(page)
    broken, good = order.index(8), order.index(3)
    page.locator(".tile").nth(broken).click(force=True)
    expect(page.get_by_label(f"Image {broken + 1}: did not load")).not_to_be_checked()
    wait_for_images(page)
    page.locator(".tile").nth(good).click()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Saved, receipt")).to_be_visible()
    assert stored() == [([3], [0, 1, 2, 3, 4, 5, 6, 7])]


def test_every_tile_shows_its_own_part_of_a_sheet_and_zoom_the_whole_picture(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch, viewport={"width": 1440, "height": 900})
    for place, position in enumerate(shown(page)):
        tile, image = page.locator(".tile").nth(place).bounding_box(), page.locator(".tile img").nth(place)
        sheet = image.bounding_box()
        assert tile is not None
        assert sheet is not None
        column, row = position % 8 % 4, position % 8 // 4
        assert image.evaluate("(image) => new URL(image.src).pathname").endswith(f"/sheets/{position // 8}/")
        assert sheet["x"] + column * sheet["width"] / 4 == pytest.approx(tile["x"], abs=0.5)
        assert sheet["y"] + row * sheet["height"] / 2 == pytest.approx(tile["y"], abs=0.5)
    page.locator(".tile input").first.press("Enter")
    zoomed = page.locator("dialog img")
    wait_for_images(page)
    assert zoomed.evaluate("(image) => image.naturalWidth") == 400
    assert str(zoomed.get_attribute("src")).endswith(f"/images/{shown(page)[0]}/")


def test_grid_keeps_a_draft_over_a_reload(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch)
    page.locator(".tile").nth(7).click()
    expect(page.locator("[data-count]")).to_have_text("1 selected")
    page.reload()
    expect(page.get_by_label("Image 8")).to_be_checked()
    expect(page.locator("[data-count]")).to_have_text("1 selected")


def test_grid_says_saved_only_after_the_server_did(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch)
    address = page.url
    page.locator(".tile").nth(7).click()

    def break_off(route: Route) -> None:
        if route.request.method == "POST":
            route.abort()
        else:
            route.continue_()

    page.route("**/work/*/", break_off)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Saved, receipt")).to_have_count(0)
    page.unroute("**/work/*/")
    page.goto(address)
    expect(page.get_by_label("Image 8")).to_be_checked()
    assert stored() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_grid_and_consent_break_no_accessibility_rule(open_page: OpenPage, batch: Batch, scheme: str) -> None:
    address = cast.join(batch)
    page = open_page(address, color_scheme=scheme, bypass_csp=True)
    assert violations(page) == []
    page.get_by_role("button", name="Start").click()
    page.locator(".tile").nth(1).click()
    assert violations(page) == []
    page.locator(".tile").nth(1).press("Enter")
    assert violations(page) == []
