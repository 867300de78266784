"""The whole picture of an image: by holding it or by key, without losing the place; reporting it from there."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from annotation.models import Batch, Complaint, Grid
from tests.browser.accessibility import violations
from tests.browser.grids import (
    ALL,
    PHONE,
    WIDE,
    OpenPage,
    expect_count,
    expect_places,
    expect_saved,
    press,
    sheets_ahead,
    shown,
    start,
    stored,
    submit,
    tile,
    wait_for_images,
    wait_until,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(open_page: OpenPage, batch: Batch) -> Page:
    return start(open_page, batch, viewport=WIDE)


def zoom(page: Page, place: int, key: str = "z") -> Locator:
    page.locator(".tile input").nth(place).press(key)
    return opened(page)


def opened(page: Page) -> Locator:
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    return dialog


def is_loaded(page: Page) -> None:
    expect(page.locator(".zoom img")).to_have_js_property("naturalWidth", 400)


# --- holding ---


def test_holding_an_image_enlarges_it_and_selects_nothing(page: Page) -> None:
    tile(page, 4).hover()
    page.mouse.down()
    expect(opened(page)).to_contain_text("Image 5 of 10")
    page.mouse.up()
    press(page, "Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect_places(page)
    tile(page, 4).click()
    expect_places(page, 4)


def test_holding_with_a_finger_enlarges_too(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch, **PHONE)
    found, session = tile(page, 1).bounding_box(), page.context.new_cdp_session(page)
    assert found is not None
    point = {"x": found["x"] + 30, "y": found["y"] + 30}
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    dialog = opened(page)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(dialog).to_contain_text("Image 2 of 10")
    dialog.get_by_text("Select", exact=True).tap()
    dialog.get_by_role("button", name="Close").tap()
    expect_places(page, 1)


def test_a_held_image_asks_for_no_menu(page: Page) -> None:
    page.evaluate("document.addEventListener('contextmenu', (event) => (window.refused = event.defaultPrevented))")
    tile(page, 0).dispatch_event("pointerdown", {"button": 0, "isPrimary": True, "pointerType": "touch"})
    opened(page).dispatch_event("contextmenu")
    assert page.evaluate("window.refused")


# --- inside ---


@pytest.mark.parametrize("opener", ["Enter", "z", "Shift+Z"])
@pytest.mark.parametrize("closer", ["Enter", "z", "Escape"])
def test_keys_open_and_close_it_and_the_place_is_not_lost(
    open_page: OpenPage, batch: Batch, opener: str, closer: str
) -> None:
    page = start(open_page, batch, viewport={"width": 900, "height": 500})
    wait_for_images(page)
    page.locator(".tile input").nth(7).evaluate("(box) => box.focus({ preventScroll: true })")
    page.evaluate("scrollTo({ top: 60, behavior: 'instant' })")
    expect(page.locator("html")).to_have_js_property("scrollTop", 60)
    press(page, opener)
    opened(page)
    press(page, closer)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".tile input").nth(7)).to_be_focused()
    expect(page.locator("html")).to_have_js_property("scrollTop", 60)
    expect_places(page)


def test_who_moves_on_at_once_is_left_there(page: Page) -> None:
    zoom(page, 1)
    page.evaluate("""async () => {
        document.querySelector("dialog[data-zoom]").close();
        document.querySelector("[data-submit-button]").focus();
        await new Promise((done) => setTimeout(done, 100));
    }""")
    expect(page.get_by_role("button", name="Submit")).to_be_focused()


def test_arrows_and_buttons_go_to_the_neighbours(page: Page) -> None:
    dialog = zoom(page, 0)
    press(page, "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowDown")
    expect(dialog).to_contain_text("Image 10 of 10")
    expect(dialog.get_by_role("button", name="Next")).to_have_attribute("aria-disabled", "true")
    dialog.get_by_role("button", name="Previous").click()
    expect(dialog).to_contain_text("Image 9 of 10")
    assert dialog.locator("img").get_attribute("src").endswith(f"/images/{shown(page)[8]}/")  # type: ignore[union-attr]
    press(page, "Escape")
    expect(page.locator(".tile input").nth(8)).to_be_focused()


def test_from_right_to_left_the_left_arrow_goes_on(page: Page) -> None:
    page.evaluate("document.documentElement.dir = 'rtl'")
    dialog = zoom(page, 0)
    press(page, "ArrowLeft")
    expect(dialog).to_contain_text("Image 2 of 10")


def test_space_selects_also_after_the_mouse_went_on(page: Page) -> None:
    dialog = zoom(page, 2)
    press(page, "Space")
    expect(dialog).to_contain_text("Image 3 of 10, selected")
    dialog.get_by_role("button", name="Next").click()
    press(page, "Space", "u")
    expect(dialog.get_by_role("checkbox", name="Select")).not_to_be_checked()
    press(page, "Escape")
    expect_places(page, 2)
    expect_count(page, 1)


def test_the_buttons_work_with_the_keyboard_as_buttons_do(page: Page) -> None:
    dialog = zoom(page, 2)
    dialog.get_by_role("button", name="Next").press("Enter")
    expect(dialog).to_contain_text("Image 4 of 10")
    dialog.get_by_role("button", name="Next").press("Space")
    expect(dialog).to_contain_text("Image 5 of 10")
    expect_places(page)


def test_a_picture_that_did_not_load_can_be_tried_again(page: Page) -> None:
    page.route("**/images/*/", lambda route: route.abort())
    dialog = zoom(page, 0)
    expect(dialog.get_by_text("The picture did not load.")).to_be_visible()
    page.unroute("**/images/*/")
    dialog.get_by_role("button", name="Try again").click()
    is_loaded(page)
    expect(dialog.get_by_text("The picture did not load.")).to_be_hidden()


@pytest.mark.parametrize(("width", "height"), [(320, 568), (740, 360), (1440, 900), (3840, 2160)])
def test_picture_and_buttons_fit_every_window(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    dialog = zoom(page, 0)
    is_loaded(page)
    for part in [dialog.locator("img"), *dialog.get_by_role("button").all()]:
        found = part.bounding_box()
        assert found is not None
        assert found["x"] >= 0
        assert found["y"] >= 0
        assert found["x"] + found["width"] <= width
        assert found["y"] + found["height"] <= height
    image = dialog.locator("img").bounding_box()
    assert image is not None
    assert image["width"] >= min(0.85 * width, 0.75 * height, 960)


# --- reporting ---


@pytest.fixture
def reports(page: Page) -> list[Request]:
    """What was reported; answered as the server does."""
    kept: list[Request] = []

    def answer(route: Route) -> None:
        kept.append(route.request)
        route.fulfill(json={"reported": int(route.request.url.split("/")[-3])})

    page.route("**/images/*/report/", answer)
    return kept


def report(dialog: Locator, reason: str) -> None:
    dialog.get_by_text("Report this image", exact=True).click()
    dialog.get_by_role("button", name=reason).click()


@pytest.mark.parametrize(
    ("button", "reason"), [("The picture is broken", "broken"), ("The picture is offensive or upsetting", "offensive")]
)
def test_a_report_names_the_image_and_the_reason(page: Page, reports: list[Any], button: str, reason: str) -> None:
    report(zoom(page, 3), button)
    expect(page.locator(".tile--reported")).to_have_count(1)
    assert reports[0].method == "POST"
    assert reports[0].post_data == f"reason={reason}"
    assert reports[0].url.endswith(f"/images/{shown(page)[3]}/report/")
    assert reports[0].headers["accept"] == "application/json"


def test_a_reported_image_is_covered_and_not_seen_and_undo_leaves_it_so(page: Page, reports: list[Any]) -> None:
    tile(page, 3).click()
    dialog = zoom(page, 3)
    report(dialog, "broken")
    expect(dialog.get_by_text("reported or did not load")).to_be_visible()
    expect(dialog.get_by_role("checkbox", name="Select")).to_be_disabled()
    press(page, "Escape", "u")
    tile(page, 3).click(force=True)
    page.locator(".tile input").nth(3).press("Space")
    expect_places(page)
    expect(page.get_by_role("checkbox", name="Image 4: reported")).to_have_attribute("aria-disabled", "true")
    expect(tile(page, 3).locator("img")).to_be_hidden()
    tile(page, 0).click()
    order = shown(page)
    submit(page)
    expect_saved(page)
    assert stored() == [([order[0]], [position for position in ALL if position != order[3]])]


def test_a_report_that_did_not_arrive_says_so(page: Page) -> None:
    page.route("**/images/*/report/", lambda route: route.abort())
    dialog = zoom(page, 3)
    report(dialog, "broken")
    expect(dialog.get_by_role("alert")).to_have_text("The report did not reach us. Press again.")
    expect(page.locator(".tile--reported")).to_have_count(0)


def test_a_reported_image_stays_covered_after_a_reload(page: Page) -> None:
    tile(page, 3).click()
    report(zoom(page, 3), "offensive")
    expect(page.locator(".tile--reported")).to_have_count(1)
    assert Complaint.objects.get().reason == "offensive"
    page.reload()
    wait_for_images(page)
    expect(page.locator(".tile--reported")).to_have_count(1)
    tile(page, 3).click(force=True)
    tile(page, 1).click()
    wait_until(page, lambda: sheets_ahead(page) == 2)
    expect_places(page, 1)
    order = shown(page)
    submit(page)
    expect_saved(page)
    assert stored() == [([order[1]], [position for position in ALL if position != order[3]])]


def test_without_javascript_the_numbers_of_the_images_are_buttons(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch, java_script_enabled=False)
    order = shown(page)
    page.get_by_text("Report an image").click()
    page.get_by_label("The picture is broken").check()
    page.get_by_role("button", name="7", exact=True).click()
    expect(page.locator(".tile--reported")).to_have_count(1)
    expect(tile(page, 6)).to_have_class("tile tile--reported")
    assert (
        Complaint.objects.get().candidate_id
        == Grid.objects.get(hits__assignments__complaints__isnull=False).candidate_ids[order[6]]
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_state_of_the_dialog_breaks_an_accessibility_rule(open_page: OpenPage, batch: Batch, scheme: str) -> None:
    page = start(open_page, batch, color_scheme=scheme, bypass_csp=True)
    dialog = zoom(page, 0)
    is_loaded(page)
    dialog.get_by_text("Report this image", exact=True).click()
    assert violations(page) == []
    page.route("**/images/*/", lambda route: route.abort())
    press(page, "ArrowRight")
    expect(dialog.get_by_text("The picture did not load.")).to_be_visible()
    assert violations(page) == []
