"""A grid for every eye, hand, window and language: sizes, directions, colours, and what a screen reader meets."""

import re
from typing import Any

import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

from annotation.models import Batch, TargetClass
from tests.browser.accessibility import violations
from tests.browser.grids import PHONE, WIDE, OpenPage, expect_places, press, start, tile

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TARGETS = "a[href], button, summary, label, input:not(label input), select, textarea"


@pytest.fixture
def page(open_page: OpenPage, batch: Batch) -> Page:
    return start(open_page, batch, viewport=WIDE)


def place_of(part: Locator) -> FloatRect:
    found = part.bounding_box()
    assert found is not None
    return found


# --- sizes ---


def small_targets(page: Page) -> list[str]:
    """What can be clicked, is shown, and is smaller than a finger."""
    return page.locator(TARGETS).evaluate_all("""(all) => all.filter((each) => each.checkVisibility()).map((each) => {
        const { width, height } = each.getBoundingClientRect();
        return Math.min(width, height) >= 44 ? "" : `${each.outerHTML.slice(0, 80)} ${width} × ${height}`;
    }).filter(Boolean)""")


@pytest.mark.parametrize("width", [320, 360, 768, 1440, 3840])
def test_everything_clickable_is_as_large_as_a_finger(open_page: OpenPage, batch: Batch, width: int) -> None:
    TargetClass.objects.update(links=[{"text": "A bow", "url": "https://example.org/"}])
    page = start(open_page, batch, viewport={"width": width, "height": 740})
    page.locator(".skip-link").focus()
    assert small_targets(page) == []
    tile(page, 0).click()
    tile(page, 0).press("z")
    page.get_by_text("Report this image", exact=True).click()
    assert small_targets(page) == []
    press(page, "Escape", "?")
    assert small_targets(page) == []


@pytest.mark.parametrize("width", [320, 375, 768, 1440, 3840])
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_nothing_is_cut_off_in_any_window(page: Page, width: int, direction: str) -> None:
    page.set_viewport_size({"width": width, "height": 640})
    page.evaluate("(direction) => (document.documentElement.dir = direction)", direction)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    bar = place_of(page.locator(".action-bar"))
    assert bar["y"] + bar["height"] <= 641
    for part in page.locator(".action-bar :is(button, label, output)").all():
        if part.is_visible():
            found = place_of(part)
            assert found["x"] >= 0
            assert found["x"] + found["width"] <= width


def test_the_whole_width_of_a_large_screen_is_used(page: Page) -> None:
    page.set_viewport_size({"width": 3840, "height": 2160})
    tiles = place_of(page.locator(".tiles"))
    assert tiles["width"] > 3600
    assert place_of(tile(page, 0))["width"] > 280
    assert place_of(tile(page, 9))["y"] == place_of(tile(page, 0))["y"]


# --- directions ---


def test_from_right_to_left_everything_is_mirrored_but_the_pictures(page: Page) -> None:
    before = [
        place_of(page.locator(".tile img").nth(place))["x"] - place_of(tile(page, place))["x"] for place in (0, 5)
    ]
    page.evaluate("document.documentElement.dir = 'rtl'")
    after = [place_of(page.locator(".tile img").nth(place))["x"] - place_of(tile(page, place))["x"] for place in (0, 5)]
    assert after == before
    assert place_of(tile(page, 0))["x"] > place_of(tile(page, 1))["x"]
    submit, none = page.get_by_role("button", name="Submit"), page.get_by_text("None of these")
    assert place_of(submit)["x"] < place_of(none)["x"]


# --- colours and motion ---


def mark(page: Page, place: int, what: str) -> str:
    script = "([mark], what) => getComputedStyle(mark, what === 'content' ? '::after' : null)[what]"
    return str(tile(page, place).locator(".tile__mark").evaluate_all(script, what))


def test_with_colours_of_ones_own_selection_and_focus_are_lines(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch, viewport=WIDE, forced_colors="active")
    tile(page, 0).click()
    press(page, "ArrowRight")
    assert (mark(page, 0, "outlineStyle"), mark(page, 0, "outlineWidth")) == ("solid", "4px")
    assert mark(page, 0, "content") == '"✓"'
    assert (mark(page, 1, "outlineStyle"), mark(page, 1, "outlineWidth")) == ("dashed", "4px")
    assert mark(page, 2, "outlineStyle") == "none"


def test_who_wants_no_motion_gets_none(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch, reduced_motion="reduce")
    moving = page.locator("body *").evaluate_all(
        "(all) => all.filter((each) => !['0s', ''].includes(getComputedStyle(each).transitionDuration))"
        ".map((each) => each.className)"
    )
    assert moving == []


# --- what a screen reader meets ---


def test_the_tree_of_the_page_has_names_and_states(page: Page) -> None:
    tile(page, 1).click()
    expect(page.get_by_role("main")).to_match_aria_snapshot("""
    - 'heading "Select all that contain: bow or longbow" [level=1]'
    - paragraph: a weapon for shooting arrows
    - paragraph: /Select an image if at least one such object is there/
    - group "Images. Arrow keys move, space selects, enter enlarges, question mark shows all keys.":
      - list:
        - listitem:
          - checkbox "Image 1"
        - listitem:
          - checkbox "Image 2" [checked]
        - listitem:
          - checkbox "Image 3"
    - checkbox "None of these" [disabled]
    - status: 1 of 10 selected
    - button "Undo"
    - button "Submit"
    """)
    names = [box.get_attribute("aria-label") for box in page.get_by_role("list").get_by_role("checkbox").all()]
    assert names == [f"Image {number}" for number in range(1, 11)]


def test_the_tree_of_the_enlarged_picture(page: Page) -> None:
    tile(page, 1).press("z")
    expect(page.get_by_role("dialog")).to_match_aria_snapshot("""
    - dialog "Image 2 of 10":
      - heading "Image 2 of 10" [level=2]
      - button "Close"
      - button "Previous"
      - checkbox "Select"
      - button "Next"
    """)


# --- help ---


def test_a_question_mark_and_a_button_open_help(page: Page) -> None:
    press(page, "?")
    dialog = page.get_by_role("dialog", name="Help")
    for what in ("Press and hold", "Drag a box", "undoes the last change", "Every change is kept"):
        expect(dialog).to_contain_text(what)
    press(page, "Escape")
    page.get_by_role("button", name="Help").click()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Help")).to_be_focused()


def test_single_keys_can_be_switched_off_for_good(page: Page) -> None:
    press(page, "?")
    page.get_by_label("work anywhere on the page").uncheck()
    press(page, "Escape")
    page.reload()
    tile(page, 0).click()
    press(page, "u", "?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect_places(page, 0)


@pytest.mark.parametrize("options", [{"viewport": WIDE}, PHONE])
def test_help_breaks_no_accessibility_rule_and_fits(open_page: OpenPage, batch: Batch, options: dict[str, Any]) -> None:
    page = start(open_page, batch, bypass_csp=True, **options)
    page.get_by_role("button", name="Help").click()
    assert violations(page) == []
    dialog = place_of(page.get_by_role("dialog", name="Help"))
    assert dialog["x"] >= 0
    assert dialog["y"] + dialog["height"] <= options["viewport"]["height"]


# --- what the study adds ---


def test_links_open_in_a_new_tab_that_knows_nothing_of_this_one(open_page: OpenPage, batch: Batch) -> None:
    TargetClass.objects.update(links=[{"text": "A bow", "url": "https://example.org/bow"}])
    link = start(open_page, batch).get_by_role("link", name=re.compile("A bow"))
    assert link.get_attribute("target") == "_blank"
    assert link.get_attribute("rel") == "noopener noreferrer"
