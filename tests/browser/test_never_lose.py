"""Whatever happens to page, network and server: no click is lost, and nothing is called saved that is not."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Route, expect

from annotation.models import Assignment, Batch
from tests import cast
from tests.browser.accessibility import violations
from tests.browser.grids import (
    OpenPage,
    box,
    copies,
    draft,
    expect_count,
    expect_saved,
    select,
    select_and_wait,
    start,
    stored_selections,
    submit,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


# --- the network and the server ---


def test_offline_at_submit_then_back(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch)
    select(page, 0, 4)
    page.context.set_offline(True)
    submit(page)
    expect(page.get_by_text("Not saved yet: no connection")).to_be_visible()
    expect(page.get_by_role("button", name="Retry now")).to_be_focused()
    assert stored_selections() == []
    page.context.set_offline(False)
    expect_saved(page)
    assert stored_selections() == [[0, 4]]
    assert copies(page) == 0


def test_the_server_fails_twice_then_works(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch)
    select(page, 2)
    attempts: list[str | None] = []

    def fail_twice(route: Route) -> None:
        if route.request.method == "POST":
            attempts.append(route.request.post_data)
            if len(attempts) <= 2:
                return route.fulfill(status=503, body="overloaded")
        return route.continue_()

    page.route("**/work/*/", fail_twice)
    submit(page)
    expect(page.get_by_text("the server does not answer just now")).to_be_visible()
    expect_saved(page)
    assert len(attempts) == 3
    assert len(set(attempts)) == 1
    assert stored_selections() == [[2]]


def test_an_answer_that_got_lost_is_asked_for_again(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch)
    select(page, 2)
    lost: list[int] = []

    def lose_the_first_answer(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().status)
            return route.abort()
        return route.continue_()

    page.route("**/work/*/", lose_the_first_answer)
    submit(page)
    expect_saved(page)
    assert lost == [200]
    assert stored_selections() == [[2]]


def test_the_draft_comes_when_the_network_is_back(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch)
    page.context.set_offline(True)
    with page.expect_event("requestfailed"):
        select(page, 1, 5)
    with page.expect_response("**/draft/"):
        page.context.set_offline(False)
    assert draft() == [1, 5]


# --- the page ---


def test_reload_in_the_middle_of_a_grid(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch)
    select_and_wait(page, 7)
    select(page, 8)
    page.reload()
    expect_count(page, 2)
    expect(box(page, 8)).to_be_checked()


def test_none_of_these_survives_a_reload(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch)
    page.get_by_label("None of these").check()
    page.reload()
    expect(page.get_by_label("None of these")).to_be_checked()


def test_a_crash_loses_nothing(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch)
    address = page.url
    page.route("**/draft/", lambda route: route.abort())
    select(page, 3, 6)
    page.close(run_before_unload=False)
    again = page.context.new_page()
    again.goto(address)
    expect_count(again, 2)
    expect(box(again, 3)).to_be_checked()


def test_another_device_goes_on_from_the_server_s_draft(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch)
    select_and_wait(page, 3)
    other = open_page(page.url)
    expect(box(other, 3)).to_be_checked()
    expect_count(other, 1)


# --- two tabs ---


def test_the_second_tab_shows_the_draft_of_the_first(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch)
    other = page.context.new_page()
    other.goto(page.url)
    select_and_wait(page, 3)
    other.reload()
    expect(box(other, 3)).to_be_checked()


@pytest.mark.parametrize(("second", "says"), [(3, "Saved, receipt"), (5, "You handed this grid in before")])
def test_two_tabs_that_submit_make_one_judgement(open_page: OpenPage, batch: Batch, second: int, says: str) -> None:
    page = start(open_page, batch)
    other = page.context.new_page()
    other.goto(page.url)
    select(page, 3)
    submit(page)
    expect_saved(page)
    select(other, second)
    submit(other)
    expect(other.get_by_text(says)).to_be_visible()
    assert stored_selections() == [[3]]


# --- time ---


def end_the_lease() -> None:
    Assignment.objects.filter(worker__isnull=False).update(lease_expires_at=timezone.now() - timedelta(seconds=5))


def test_late_work_is_kept_and_marked(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch)
    end_the_lease()
    page.reload()
    expect(page.locator("[data-over]")).to_have_text("No time left")
    expect(page.locator("[data-lease-warning]")).to_contain_text("The time for this grid has run out. Submit it now")
    select(page, 3)
    submit(page)
    expect_saved(page)
    assert stored_selections() == [[3]]
    assert Assignment.objects.get(submitted_at__isnull=False).is_late


def test_a_grid_taken_over_says_so_and_offers_another(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch)
    Assignment.objects.filter(worker__isnull=False).update(worker=cast.worker("another"))
    select(page, 3)
    submit(page)
    expect(page.get_by_role("heading", name="no longer yours")).to_be_visible()
    expect(page.get_by_role("button", name="Take another grid")).to_be_visible()


def test_a_warning_comes_before_the_end_and_the_worker_can_stay(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch)
    warning = page.locator("[data-lease-warning]")
    expect(warning).to_be_hidden()
    Assignment.objects.filter(worker__isnull=False).update(lease_expires_at=timezone.now() + timedelta(seconds=90))
    page.reload()
    expect(warning).to_contain_text("Less than two minutes")
    page.get_by_role("button", name="I am still here").click()
    expect(warning).to_be_hidden()
    expect(page.locator("[data-left]")).to_contain_text("29 minutes left")


def test_a_change_renews_the_lease_that_is_shown(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch)
    Assignment.objects.filter(worker__isnull=False).update(lease_expires_at=timezone.now() + timedelta(seconds=90))
    page.reload()
    select_and_wait(page, 3)
    expect(page.locator("[data-lease-warning]")).to_be_hidden()


# --- leaving, and everyone ---


def test_done_for_today_gives_the_grid_back_and_says_how_to_return(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch)
    select(page, 3)
    page.get_by_role("button", name="I am done for today").click()
    expect(page.get_by_role("heading", name="That is it for today")).to_be_visible()
    assert not Assignment.objects.filter(worker__isnull=False).exists()
    assert copies(page) == 0
    page.get_by_role("button", name="Take another grid").click()
    expect_count(page, 0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_state_of_the_grid_breaks_an_accessibility_rule(open_page: OpenPage, batch: Batch, scheme: str) -> None:
    page = start(open_page, batch, color_scheme=scheme, bypass_csp=True)
    Assignment.objects.filter(worker__isnull=False).update(lease_expires_at=timezone.now() + timedelta(seconds=90))
    page.reload()
    page.context.set_offline(True)
    select(page, 3)
    submit(page)
    expect(page.get_by_text("Not saved yet: no connection")).to_be_visible()
    assert violations(page) == []
