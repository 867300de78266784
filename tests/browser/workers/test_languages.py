"""A worker's way in Arabic, which runs from right to left, in a real Chromium."""

import re

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Batch
from tests import cast, pictures
from tests.browser.accessibility import violations
from tests.browser.grids import OpenPage, places, press, tile

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def batch() -> Batch:
    launched = pictures.launched(num_images=10, num_grids=2, num_assignments=3)
    pictures.taught(launched.study.target_classes.get())
    return launched


def to_practice(page: Page) -> None:
    page.get_by_role("button", name="بدء", exact=True).click()
    expect(page.get_by_text("هذا تدريب.")).to_be_visible()


def to_check(page: Page) -> None:
    tile(page, 0).click()
    page.get_by_role("button", name="التحقق من إجاباتي").click()
    expect(page.get_by_role("heading", name=re.compile("الصحيح [0-6] من 6"))).to_be_visible()


def to_grid(page: Page) -> None:
    page.get_by_role("button", name="بدء العمل").click()
    expect(page.locator("[data-count]")).to_have_text("المحدَّد 0 من 10")
    page.wait_for_load_state()  # one script has counted; keys are the business of another


def to_personal_page(page: Page) -> None:
    page.get_by_role("button", name="انتهيت لهذا اليوم").click()
    expect(page.get_by_role("heading", name="رابطك الشخصي")).to_be_visible()


def to_help(page: Page) -> None:
    page.get_by_role("button", name="مساعدة").click()
    expect(page.get_by_role("dialog", name="مساعدة")).to_be_visible()


WAY = [to_practice, to_check, to_grid, to_personal_page]


@pytest.fixture
def page(open_page: OpenPage, batch: Batch) -> Page:
    """The grid in Arabic."""
    page = open_page(cast.join(batch), locale="ar", viewport={"width": 1440, "height": 900})
    for step in (to_practice, to_check, to_grid):
        step(page)
    return page


def focused(page: Page) -> int:
    return int(page.evaluate("[...document.querySelectorAll('[name=selected]')].indexOf(document.activeElement)"))


def test_arrows_go_where_they_point(page: Page) -> None:
    assert page.evaluate("document.documentElement.dir") == "rtl"
    tile(page, 0).click()
    press(page, "ArrowLeft")
    assert focused(page) == 1
    press(page, "ArrowLeft", "ArrowRight", "ArrowRight", "ArrowDown")
    assert focused(page) == 8
    press(page, "ArrowUp", "Shift+ArrowLeft")
    assert places(page) == [0, 1]


def test_the_enlarged_picture_goes_on_to_the_left(page: Page) -> None:
    tile(page, 3).press("z")
    expect(page.get_by_role("dialog", name="الصورة 4 من 10")).to_be_visible()
    press(page, "ArrowLeft", "Space")
    expect(page.get_by_role("heading", name="الصورة 5 من 10، محدَّدة")).to_be_visible()
    previous, following = (page.locator(f"[data-zoom-step='{step}']").bounding_box() for step in (-1, 1))
    assert previous is not None
    assert following is not None
    assert previous["x"] > following["x"]
    mirrored = page.locator(".zoom__arrow").evaluate_all("(all) => all.map((each) => getComputedStyle(each).transform)")
    assert mirrored == ["none", "none"]  # Unicode mirrors these signs itself; once is enough


def test_scripts_speak_the_language_of_the_page(page: Page) -> None:
    tile(page, 2).click()
    expect(page.locator("[data-count]")).to_have_text("المحدَّد 1 من 10")
    expect(page.locator("[data-left]")).to_have_text(re.compile(r"^بقي \d+ دقيقة$"))
    page.get_by_role("button", name="إرسال").click()
    expect(page.get_by_text("حُفظت، إيصال رقم")).to_be_visible()


def test_nothing_is_wider_than_a_small_phone(open_page: OpenPage, batch: Batch) -> None:
    page = open_page(cast.join(batch), locale="ar", viewport={"width": 320, "height": 640})
    for step in WAY:
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, step
        step(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_no_page_breaks_an_accessibility_rule(open_page: OpenPage, batch: Batch, colours: str) -> None:
    page = open_page(cast.join(batch), locale="ar", color_scheme=colours, bypass_csp=True)
    for step in WAY:
        assert violations(page) == [], step
        step(page)
    assert violations(page) == []


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_help_breaks_no_accessibility_rule(open_page: OpenPage, batch: Batch, colours: str) -> None:
    page = open_page(cast.join(batch), locale="ar", color_scheme=colours, bypass_csp=True)
    for step in (to_practice, to_check, to_grid, to_help):
        step(page)
    assert violations(page) == []
