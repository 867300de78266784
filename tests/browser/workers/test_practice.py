"""Practice in a real Chromium: told at once, by mouse, keyboard, without JavaScript, and for everyone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Batch, Enrolment, Example
from tests import cast, pictures
from tests.browser.accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OpenPage = Callable[..., Page]


@pytest.fixture
def batch() -> Batch:
    launched = pictures.launched(num_images=4, num_assignments=3)
    pictures.taught(launched.study.target_classes.get(), num_showing=6, num_others=6)
    return launched


def start(open_page: OpenPage, batch: Batch, **options: object) -> Page:
    page = open_page(cast.join(batch), **options)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("This is practice.")).to_be_visible()
    page.wait_for_load_state("load")  # its scripts are there
    return page


def answers(page: Page) -> list[bool]:
    """Whether each image, in the order shown, is to be selected."""
    shown = page.locator("input[name=selected]").evaluate_all("(boxes) => boxes.map((box) => Number(box.value))")
    rows = Example.objects.in_bulk(shown)
    return [rows[pk].shows_class for pk in shown]


def go_to_work(page: Page) -> None:
    page.get_by_role("button", name="Start working").click()
    expect(page.get_by_role("button", name="Submit")).to_be_visible()
    assert Enrolment.objects.get().practised_at is not None


def test_practice_with_the_mouse_tells_each_click_at_once(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch, viewport={"width": 1440, "height": 900})
    shows = answers(page)
    page.locator(".tile").nth(shows.index(False)).click()
    told = page.get_by_role("status").filter(has_text="Image")
    expect(told).to_have_text(f"Image {shows.index(False) + 1}: wrong, it is to be left out. A ribbon.")
    expect(page.locator(".verdict--wrong")).to_have_text("Wrong")
    page.locator(".tile").nth(shows.index(False)).click()
    expect(told).to_contain_text("right, it is to be left out. A ribbon.")
    for place, is_shown in enumerate(shows):
        if is_shown:
            page.locator(".tile").nth(place).click()
            expect(told).to_have_text(f"Image {place + 1}: right, it is to be selected. A bow.")
    page.get_by_role("button", name="Check my answers").click()
    expect(page.get_by_role("heading", name="12 of 12 right")).to_be_visible()
    go_to_work(page)


def test_practice_with_the_keyboard_only(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch)
    shows = answers(page)
    while page.evaluate("document.activeElement.name") != "selected":
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    word = "right" if shows[0] else "wrong"
    expect(page.get_by_role("status").filter(has_text="Image 1:")).to_contain_text(word)
    while page.evaluate("document.activeElement.textContent") != "Check my answers":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"{7 if shows[0] else 5} of 12 right")).to_be_visible()
    go_to_work(page)


def test_practice_is_worked_like_the_grid_it_prepares_for(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch, viewport={"width": 1440, "height": 900})
    shows = answers(page)
    page.locator(".tile").nth(0).click()
    page.locator(".tile").nth(3).click(modifiers=["Shift"])
    told = f"Images changed at once: 3. Of these are right: {sum(shows[1:4])}."
    expect(page.get_by_role("status").filter(has_text="at once")).to_have_text(told)
    expect(page.locator(".verdict:visible")).to_have_count(4)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Image 5 of 12")).to_be_visible()
    expect(page.locator("dialog img")).to_have_js_property("naturalWidth", 400)
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    expect(page.get_by_label("Image 5", exact=True)).to_be_checked()
    expect(page.get_by_role("status").filter(has_text="Image 5:")).to_be_visible()


def test_practice_with_javascript_off(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch, java_script_enabled=False)
    shows = answers(page)
    page.get_by_label(f"Image {shows.index(True) + 1}", exact=True).check()
    page.get_by_role("button", name="Check my answers").click()
    expect(page.get_by_role("heading", name="7 of 12 right")).to_be_visible()
    expect(page.get_by_text("You left it out; select it.")).to_have_count(5)
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)
    for place, is_shown in enumerate(shows, start=1):
        page.get_by_label(f"Image {place}", exact=True).set_checked(is_shown)
    page.get_by_role("button", name="Check my answers").click()
    expect(page.get_by_role("heading", name="12 of 12 right")).to_be_visible()
    expect(page.get_by_role("link", name="Try again")).to_have_count(0)
    go_to_work(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_practice_breaks_no_accessibility_rule(open_page: OpenPage, batch: Batch, scheme: str) -> None:
    page = start(open_page, batch, color_scheme=scheme, bypass_csp=True)
    shows = answers(page)
    page.locator(".tile").nth(shows.index(False)).click()
    page.locator(".tile").nth(shows.index(True)).click()
    assert violations(page) == []
    page.get_by_role("button", name="Check my answers").click()
    expect(page.get_by_role("heading", name="6 of 12 right")).to_be_visible()
    assert violations(page) == []


def test_practice_fits_a_small_phone(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch, viewport={"width": 320, "height": 568}, has_touch=True, is_mobile=True)
    page.locator(".tile").nth(0).tap()
    expect(page.locator(".verdict:visible")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.get_by_role("button", name="Check my answers").tap()
    expect(page.get_by_role("button", name="Start working")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_grid_has_the_examples_at_hand(open_page: OpenPage, batch: Batch, scheme: str) -> None:
    page = start(open_page, batch, viewport={"width": 320, "height": 640}, color_scheme=scheme, bypass_csp=True)
    page.get_by_role("button", name="Check my answers").click()
    go_to_work(page)
    page.get_by_text("Guidelines and examples").click()
    expect(page.get_by_text("A bow.")).to_have_count(6)
    for image in page.get_by_role("figure").get_by_role("img", include_hidden=True).all():
        image.scroll_into_view_if_needed()
        expect(image).to_have_js_property("naturalWidth", 400)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert violations(page) == []
