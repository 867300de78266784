"""A worker's grid in a real Chromium: by mouse, by keyboard, without JavaScript, and for everyone."""

import pytest
from playwright.sync_api import Route, expect

from annotation.models import Batch
from tests import cast
from tests.browser.accessibility import violations
from tests.browser.grids import (
    ALL,
    PHONE,
    WIDE,
    OpenPage,
    expect_count,
    expect_saved,
    press,
    shown,
    start,
    stored,
    submit,
    tile,
    wait_for_images,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_grid_with_the_mouse(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch, viewport=WIDE)
    order = shown(page)
    for place in (0, 3, 9, 3):
        tile(page, place).click()
    expect_count(page, 2)
    submit(page)
    expect_saved(page)
    assert stored() == [(sorted([order[0], order[9]]), ALL)]


def test_grid_with_the_keyboard_only(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch, viewport=WIDE)
    order = shown(page)
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.name") != "selected":
        page.keyboard.press("Tab")
    press(page, "Space", "ArrowRight", "ArrowDown", "Space", "ArrowLeft", "Enter", "Space", "Escape")
    expect(tile(page, 8).get_by_role("checkbox")).to_be_focused()
    press(page, "Tab", "Tab")
    expect(page.get_by_role("button", name="Submit")).to_be_focused()
    page.keyboard.press("Enter")
    expect_saved(page)
    assert stored() == [(sorted([order[0], order[8], order[9]]), ALL)]


def test_grid_with_javascript_off(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch, java_script_enabled=False)
    submit(page)
    expect(page.get_by_role("alert")).to_contain_text("You selected no image")
    page.get_by_label("Image 5").check()
    order = shown(page)
    submit(page)
    expect_saved(page)
    page.get_by_label("None of these").check()
    submit(page)
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert stored() == [([order[4]], ALL), ([], ALL)]


def test_grid_by_touch_on_a_phone(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch, **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    order = shown(page)
    tile(page, 1).tap()
    page.get_by_role("button", name="Submit").tap()
    expect_saved(page)
    assert stored() == [([order[1]], ALL)]


def test_grid_asks_before_it_takes_an_empty_answer(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch)
    submit(page)
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
    tile(page, broken).click(force=True)
    expect(page.get_by_label(f"Image {broken + 1}: did not load")).not_to_be_checked()
    wait_for_images(page)
    tile(page, good).click()
    submit(page)
    expect_saved(page)
    assert stored() == [([3], [0, 1, 2, 3, 4, 5, 6, 7])]


def test_every_tile_shows_its_own_part_of_a_sheet_and_zoom_the_whole_picture(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch, viewport=WIDE)
    for place, position in enumerate(shown(page)):
        window, image = tile(page, place).bounding_box(), page.locator(".tile img").nth(place)
        sheet = image.bounding_box()
        assert window is not None
        assert sheet is not None
        column, row = position % 8 % 4, position % 8 // 4
        assert image.evaluate("(image) => new URL(image.src).pathname").endswith(f"/sheets/{position // 8}/")
        assert sheet["x"] + column * sheet["width"] / 4 == pytest.approx(window["x"], abs=0.5)
        assert sheet["y"] + row * sheet["height"] / 2 == pytest.approx(window["y"], abs=0.5)
    page.locator(".tile input").first.press("Enter")
    zoomed = page.locator(".zoom img")
    wait_for_images(page)
    expect(zoomed).to_have_js_property("naturalWidth", 400)
    assert str(zoomed.get_attribute("src")).endswith(f"/images/{shown(page)[0]}/")


def test_grid_keeps_a_draft_over_a_reload(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch)
    tile(page, 7).click()
    expect_count(page, 1)
    page.reload()
    expect(page.get_by_label("Image 8")).to_be_checked()
    expect_count(page, 1)


def test_grid_says_saved_only_after_the_server_did(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch)
    address = page.url
    tile(page, 7).click()

    def break_off(route: Route) -> None:
        if route.request.method == "POST":
            route.abort()
        else:
            route.continue_()

    page.route("**/work/*/", break_off)
    submit(page)
    expect(page.get_by_text("Saved, receipt")).to_be_hidden()
    page.goto(address)
    expect(page.get_by_label("Image 8")).to_be_checked()
    assert stored() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_grid_and_consent_break_no_accessibility_rule(open_page: OpenPage, batch: Batch, scheme: str) -> None:
    address = cast.join(batch)
    page = open_page(address, color_scheme=scheme, bypass_csp=True)
    assert violations(page) == []
    page.get_by_role("button", name="Start").click()
    tile(page, 1).click()
    assert violations(page) == []
    tile(page, 1).press("Enter")
    assert violations(page) == []
