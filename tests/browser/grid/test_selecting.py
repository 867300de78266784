"""Ways to select: a box drawn with the mouse, a range with shift, the keyboard; and taking it back."""

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Batch
from tests.browser.grids import (
    PHONE,
    WIDE,
    OpenPage,
    draft,
    expect_count,
    expect_places,
    expect_saved,
    press,
    select,
    start,
    stored_selections,
    submit,
    tile,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(open_page: OpenPage, batch: Batch) -> Page:
    """Eight images in the first row, two in the second."""
    return start(open_page, batch, viewport=WIDE)


def middle(page: Page, place: int) -> tuple[float, float]:
    found = tile(page, place).bounding_box()
    assert found is not None
    return found["x"] + found["width"] / 2, found["y"] + found["height"] / 2


def drag(page: Page, start_at: int, *via: int) -> None:
    """Without letting go."""
    page.mouse.move(*middle(page, start_at))
    page.mouse.down()
    for place in via:
        page.mouse.move(*middle(page, place), steps=4)


# --- a box ---


def test_a_box_selects_every_image_it_touches(page: Page) -> None:
    drag(page, 1, 3)
    expect(page.locator(".band")).to_be_visible()
    page.mouse.up()
    expect(page.locator(".band")).to_have_count(0)
    expect_places(page, 1, 2, 3)
    expect_count(page, 3)


def test_a_box_over_two_rows_takes_its_columns_only(page: Page) -> None:
    drag(page, 0, 9)
    page.mouse.up()
    expect_places(page, 0, 1, 8, 9)


def test_a_box_begun_on_a_selected_image_unselects(page: Page) -> None:
    drag(page, 0, 4)
    page.mouse.up()
    drag(page, 2, 3)
    page.mouse.up()
    expect_places(page, 0, 1, 4)


def test_a_box_that_shrinks_gives_back_what_it_took(page: Page) -> None:
    drag(page, 1, 6, 2)
    page.mouse.up()
    expect_places(page, 1, 2)


def test_a_box_may_begin_between_the_images(page: Page) -> None:
    x, y = middle(page, 9)
    page.mouse.move(x + 400, y)
    page.mouse.down()
    page.mouse.move(x, y, steps=4)
    page.mouse.up()
    expect_places(page, 9)


def test_escape_takes_a_box_back_while_it_is_drawn(page: Page) -> None:
    tile(page, 7).click()
    drag(page, 1, 3)
    press(page, "Escape")
    page.mouse.up()
    expect_places(page, 7)


def test_a_box_is_undone_in_one_step_and_made_again(page: Page) -> None:
    tile(page, 7).click()
    drag(page, 0, 5)
    page.mouse.up()
    press(page, "u")
    expect_places(page, 7)
    press(page, "Shift+U")
    expect_places(page, 0, 1, 2, 3, 4, 5, 7)


def test_after_a_box_a_click_is_a_click(page: Page) -> None:
    drag(page, 1, 2)
    page.mouse.up()
    tile(page, 5).click()
    tile(page, 1).click()
    expect_places(page, 2, 5)


def test_a_box_is_kept_as_a_draft_and_handed_in(page: Page) -> None:
    with page.expect_response("**/draft/"):
        drag(page, 1, 3)
        page.mouse.up()
    assert len(draft()) == 3
    submit(page)
    expect_saved(page)
    assert len(stored_selections()[0]) == 3


def test_a_finger_scrolls_and_draws_no_box(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch, **PHONE)
    (x, y), session = middle(page, 4), page.context.new_cdp_session(page)
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 6):
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y - 30 * step}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator("html")).not_to_have_js_property("scrollTop", 0)
    expect_places(page)


# --- a range ---


def test_shift_and_a_click_take_all_from_the_last_image(page: Page) -> None:
    tile(page, 1).click()
    tile(page, 4).click(modifiers=["Shift"])
    expect_places(page, 1, 2, 3, 4)
    tile(page, 3).click(modifiers=["Shift"])
    expect_places(page, 1, 2)


def test_a_range_is_undone_in_one_step(page: Page) -> None:
    tile(page, 1).click()
    tile(page, 8).click(modifiers=["Shift"])
    press(page, "u")
    expect_places(page, 1)


def test_shift_and_space_take_all_from_the_last_image(page: Page) -> None:
    tile(page, 0).click()
    press(page, "ArrowRight", "ArrowRight", "Shift+Space")
    expect_places(page, 0, 1, 2)


def test_shift_and_arrows_select_on_the_way_and_give_back(page: Page) -> None:
    page.locator(".tile input").first.focus()
    page.keyboard.down("Shift")
    press(page, "ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft")
    page.keyboard.up("Shift")
    expect_places(page, 0, 1, 2)
    press(page, "u")
    expect_places(page)


# --- the keyboard ---


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        (["End"], 9),
        (["End", "Home"], 0),
        (["PageDown"], 9),
        (["PageDown", "PageUp"], 0),
        (["ArrowDown", "ArrowUp"], 0),
        (["ArrowRight", "ArrowDown", "ArrowDown"], 9),
        (["ArrowLeft"], 0),
    ],
)
def test_keys_go_where_they_point(page: Page, keys: list[str], place: int) -> None:
    page.locator(".tile input").first.focus()
    press(page, *keys)
    expect(page.locator(".tile input").nth(place)).to_be_focused()


def test_from_right_to_left_the_arrows_follow_what_is_seen(page: Page) -> None:
    page.evaluate("document.documentElement.dir = 'rtl'")
    page.locator(".tile input").first.focus()
    press(page, "ArrowLeft", "ArrowLeft", "ArrowRight", "Space")
    expect_places(page, 1)
    assert middle(page, 1)[0] < middle(page, 0)[0]


# --- undo ---


def test_undo_goes_back_several_steps_and_forth_again(page: Page) -> None:
    for place in (0, 3, 5):
        tile(page, place).click()
    press(page, "u", "u")
    expect_places(page, 0)
    press(page, "Shift+U", "Shift+U", "Shift+U")
    expect_places(page, 0, 3, 5)
    press(page, "u", "u", "u", "u")
    expect_places(page)


def test_the_button_undoes_too_and_says_when_there_is_nothing(page: Page) -> None:
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_have_attribute("aria-disabled", "true")
    tile(page, 0).click()
    undo.click()
    expect_places(page)
    expect(undo).to_have_attribute("aria-disabled", "true")


def test_none_of_these_is_undone_too(page: Page) -> None:
    page.get_by_label("None of these").check()
    press(page, "u")
    expect(page.get_by_label("None of these")).not_to_be_checked()


def test_what_a_draft_brought_back_is_no_change_to_undo(page: Page) -> None:
    select(page, 3)
    page.reload()
    expect_count(page, 1)
    press(page, "u")
    expect_count(page, 1)


def test_an_undone_selection_is_what_is_handed_in(page: Page) -> None:
    select(page, 3, 5)
    press(page, "u")
    submit(page)
    expect_saved(page)
    assert stored_selections() == [[3]]
