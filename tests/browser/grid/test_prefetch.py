"""The next grid is fetched while one is judged, and shown without a navigation once the server said "saved"."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from annotation.models import Assignment, Batch
from tests import cast, pictures
from tests.browser.accessibility import violations
from tests.browser.grids import (
    NUM_IMAGES,
    WIDE,
    OpenPage,
    copies,
    expect_count,
    expect_saved,
    places,
    press,
    select,
    sheets_ahead,
    shown,
    start,
    stored_selections,
    submit,
    tile,
    wait_for_images,
    wait_until,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def batch() -> Batch:
    return pictures.launched(num_images=NUM_IMAGES, num_grids=3, num_assignments=1)


@pytest.fixture
def page(open_page: OpenPage, batch: Batch) -> Page:
    page = start(open_page, batch, viewport=WIDE)
    page.evaluate("window.isFirstPage = true")
    return page


def select_and_fetch_ahead(page: Page, place: int) -> list[int]:
    """Until the last sheet of the next grid is here; the positions selected.

    A page that is only looked at fetches it after some seconds: on a slow machine it may have come before the click.
    """
    tile(page, place).click()
    wait_until(page, lambda: sheets_ahead(page) == 2)
    return [shown(page)[each] for each in places(page)]


def is_swapped(page: Page) -> bool:
    return bool(page.evaluate("window.isFirstPage === true"))


def test_the_next_grid_comes_without_a_navigation(page: Page) -> None:
    address, selected = page.url, select_and_fetch_ahead(page, 3)
    page.evaluate("scrollTo(0, 500)")
    submit(page)
    expect_saved(page)
    assert is_swapped(page)
    assert page.url.split("?")[0] != address.split("?")[0]
    assert stored_selections() == [selected]
    row = Assignment.objects.get(submitted_at__isnull=False)
    expect(page.get_by_text(f"Saved, receipt {row.pk}")).to_be_visible()
    expect_count(page, 0)
    expect(page.locator("html")).to_have_js_property("scrollTop", 0)


def test_who_listens_hears_that_it_was_saved_and_where_they_are(page: Page) -> None:
    select_and_fetch_ahead(page, 3)
    submit(page)
    expect_saved(page)
    expect(page.locator("[role=status]").filter(has_text="The next grid is here")).to_have_count(1)
    expect(page.get_by_role("heading", name="Select all that contain")).to_be_focused()
    press(page, "Tab", "Tab")
    expect(page.locator(".tile input").first).to_be_focused()


def test_grid_after_grid_each_works_in_full(page: Page) -> None:
    expected = []
    for place in (3, 1):
        expected.append(select_and_fetch_ahead(page, place))
        submit(page)
        expect_saved(page)
        assert is_swapped(page)
        expect_count(page, 0)
    expect(page.locator("[data-done-so-far]")).to_contain_text("Grids done 1")
    tile(page, 0).click()
    press(page, "ArrowRight", "Space", "u", "z")
    expect(page.get_by_role("dialog")).to_contain_text("Image 2 of 10")
    press(page, "Escape", "?")
    expect(page.get_by_role("dialog", name="Help")).to_be_visible()
    press(page, "Escape")
    expected.append([shown(page)[each] for each in places(page)])
    submit(page)
    expect(page).to_have_url(re.compile("/done/"))
    assert stored_selections() == expected


def test_a_reload_shows_the_grid_that_was_swapped_in_and_its_draft(page: Page) -> None:
    select_and_fetch_ahead(page, 3)
    submit(page)
    expect_saved(page)
    with page.expect_response("**/draft/") as answer:
        select(page, 5)
    assert answer.value.url.startswith(page.url.split("?")[0])
    order = shown(page)
    page.reload()
    assert not is_swapped(page)
    assert shown(page) == order
    expect(page.locator(f"input[value='{5}']")).to_be_checked()
    expect_saved(page)
    assert copies(page) == 1


def test_nothing_of_the_old_grid_goes_on(page: Page) -> None:
    select_and_fetch_ahead(page, 3)
    submit(page)
    expect_saved(page)
    page.evaluate("document.dispatchEvent(new CustomEvent('renewed', { detail: 1e9 }))")
    expect(page.locator("[data-left]")).to_have_count(1)
    select(page, 4)
    press(page, "u")
    expect_count(page, 0)
    press(page, "Shift+U")
    expect_count(page, 1)
    assert copies(page) == 1


def test_the_time_of_a_grid_fetched_long_ago_is_not_overstated(page: Page) -> None:
    select_and_fetch_ahead(page, 3)
    page.clock.install()
    page.clock.fast_forward(20 * 60_000)
    submit(page)
    expect_saved(page)
    assert is_swapped(page)
    expect(page.locator("[data-left]")).to_contain_text("9 minutes left")


# --- in doubt the browser goes there ---


def go_on(page: Page) -> None:
    submit(page)
    expect_saved(page)
    assert not is_swapped(page)
    expect_count(page, 0)


def test_a_next_grid_that_is_another_one_is_gone_to(page: Page) -> None:
    select_and_fetch_ahead(page, 3)
    ahead = Assignment.objects.filter(worker__isnull=False).order_by("-claimed_at").first()
    assert ahead is not None
    Assignment.objects.filter(pk=ahead.pk).update(worker=cast.worker("another"))
    go_on(page)


def test_a_page_older_than_its_time_is_fetched_anew(page: Page) -> None:
    select_and_fetch_ahead(page, 3)
    page.clock.install()
    page.clock.fast_forward(45 * 60_000)
    go_on(page)


@pytest.mark.parametrize("pattern", ["**/next/", "**/work/*/"])
def test_a_next_grid_that_did_not_come_is_gone_to(page: Page, pattern: str) -> None:
    def lose(route: Route) -> None:
        if route.request.resource_type == "fetch" and (pattern.endswith("next/") or route.request.method == "GET"):
            return route.abort()
        return route.continue_()

    lost: list[str] = []
    page.on("requestfailed", lambda request: lost.append(request.url))
    page.route(pattern, lose)
    tile(page, 3).click()
    wait_until(page, lambda: bool(lost))
    go_on(page)


def test_who_saves_data_fetches_nothing_ahead(open_page: OpenPage, batch: Batch) -> None:
    def sparing(address: str) -> Page:
        page = open_page("/login/")
        page.context.add_init_script("Object.defineProperty(navigator, 'connection', { value: { saveData: true } })")
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        return page

    asked: list[str] = []
    page = start(sparing, batch)
    page.evaluate("window.isFirstPage = true")
    with page.expect_response("**/draft/"):
        tile(page, 3).click()
    assert [url for url in asked if url.endswith("/next/")] == []
    go_on(page)


def test_done_for_today_gives_the_next_grid_back_too(page: Page) -> None:
    select_and_fetch_ahead(page, 3)
    page.get_by_role("button", name="I am done for today").click()
    expect(page.get_by_role("heading", name="That is it for today")).to_be_visible()
    assert not Assignment.objects.filter(worker__isnull=False).exists()


def test_a_swapped_page_breaks_no_accessibility_rule(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch, bypass_csp=True)
    page.evaluate("window.isFirstPage = true")
    select_and_fetch_ahead(page, 3)
    submit(page)
    expect_saved(page)
    assert is_swapped(page)
    wait_for_images(page)
    assert violations(page) == []
