"""A worker's grid in a real Chromium: by mouse, by keyboard, without JavaScript, and for everyone."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from annotation import bitmaps
from annotation.models import Assignment, Batch
from annotation.platforms import local
from tests import pictures
from tests.browser.accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OpenPage = Callable[..., Page]


@pytest.fixture
def batch() -> Batch:
    return pictures.launched(num_images=10, num_grids=2, num_assignments=1)


def start(open_page: OpenPage, batch: Batch, **options: Any) -> Page:
    page = open_page(reverse("frontend:invitation", args=[local.invitation_token(batch)]), **options)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="Select all that contain")).to_be_visible()
    if options.get("java_script_enabled", True):
        expect(page.locator("[data-count]")).to_have_text("0 selected")
    return page


def stored() -> list[tuple[list[int], list[int]]]:
    """Selected and seen positions of what was handed in, oldest first."""
    rows = Assignment.objects.filter(submitted_at__isnull=False).order_by("submitted_at", "id")
    return [(bitmaps.positions(row.selected, 10), bitmaps.positions(row.seen, 10)) for row in rows]


ALL = list(range(10))


def test_grid_with_the_mouse(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch, viewport={"width": 1440, "height": 900})
    for position in (0, 3, 9, 3):
        page.locator(".tile").nth(position).click()
    expect(page.locator("[data-count]")).to_have_text("2 selected")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Saved, receipt")).to_be_visible()
    assert stored() == [([0, 9], ALL)]


def test_grid_with_the_keyboard_only(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch, viewport={"width": 1440, "height": 900})
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.name") != "selected":
        page.keyboard.press("Tab")
    for key in ("Space", "ArrowRight", "ArrowDown", "Space", "ArrowLeft", "Enter", "Space", "Escape"):
        page.keyboard.press(key)
    expect(page.locator("input[value='8']")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Submit")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved, receipt")).to_be_visible()
    assert stored() == [([0, 8, 9], ALL)]


def test_grid_with_javascript_off(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch, java_script_enabled=False)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_contain_text("You selected no image")
    page.get_by_label("Image 5").check()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Saved, receipt")).to_be_visible()
    page.get_by_label("None of these").check()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert stored() == [([4], ALL), ([], ALL)]


def test_grid_by_touch_on_a_phone(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator(".tile").nth(1).tap()
    page.get_by_role("button", name="Submit").tap()
    expect(page.get_by_text("Saved, receipt")).to_be_visible()
    assert stored() == [([1], ALL)]


def test_grid_asks_before_it_takes_an_empty_answer(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_contain_text("You selected no image")
    expect(page.get_by_label("None of these")).to_be_focused()
    assert stored() == []


def test_grid_says_what_did_not_load(open_page: OpenPage, batch: Batch) -> None:
    page = open_page(reverse("frontend:invitation", args=[local.invitation_token(batch)]))
    page.route("**/images/4/", lambda route: route.abort())
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".tile--broken")).to_have_count(1)
    page.locator(".tile").nth(4).click(force=True)
    expect(page.get_by_label("Image 5: did not load")).not_to_be_checked()
    page.locator(".tile").nth(2).click()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Saved, receipt")).to_be_visible()
    assert stored() == [([2], [position for position in ALL if position != 4])]


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
    address = reverse("frontend:invitation", args=[local.invitation_token(batch)])
    page = open_page(address, color_scheme=scheme, bypass_csp=True)
    assert violations(page) == []
    page.get_by_role("button", name="Start").click()
    page.locator(".tile").nth(1).click()
    assert violations(page) == []
    page.locator(".tile").nth(1).press("Enter")
    assert violations(page) == []
