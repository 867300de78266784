"""A study at the platform's local server: it sends the browser here, and takes it back with the code."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from annotation.models import Assignment, Posting
from tests import outside, pictures
from tests.annotation.payments import desks
from tests.annotation.payments.desks import Desk
from tests.browser import chromium
from tests.browser.conftest import wait_for_requests
from tests.browser.grids import PHONE, WIDE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PARTICIPANT = "5a" * 12


@pytest.fixture
def desk(settings: Any) -> Iterator[Desk]:
    with desks.prolific() as made:
        settings.PROLIFIC_ENDPOINT = made.server.address
        yield made


@pytest.fixture
def posting(desk: Desk, live_server: Any) -> Posting:
    """Two grids in one place. Prolific takes https addresses only, so that the local one is put in after it."""
    batch = pictures.launched(num_images=6, num_grids=3, platform="prolific", pay_minor_units=40, currency="GBP")
    outside.launch(batch, User.objects.create_user("rita"), code=desks.CODE)
    (posting,) = desk.post(batch, num_grids=2, num_places=2)
    fields = desk.server.account.studies[posting.external_id].fields
    fields["external_study_url"] = fields["external_study_url"].replace("https://twin.example", live_server.url)
    return posting


def participate(browser: Browser, desk: Desk, posting: Posting, **options: Any) -> Page:
    page = browser.new_context(**options).new_page()
    page.set_default_timeout(chromium.PATIENCE)
    page.goto(f"{desk.server.address}/participate/?study={posting.external_id}&participant={PARTICIPANT}")
    return page


def work(page: Page, number: int) -> None:
    expect(page.get_by_text(f"Grid {number} of 2")).to_be_visible()
    expect(page.locator("[data-count]")).to_have_text("0 of 6 selected")
    page.locator("input[name=selected]").first.press("Space")
    page.get_by_role("button", name="Submit").press("Enter")


@pytest.mark.parametrize("view", [PHONE, {"viewport": WIDE}], ids=["360", "1440"])
def test_from_the_platform_and_back_with_the_code(
    browser: Browser, live_server: Any, desk: Desk, posting: Posting, view: dict[str, Any]
) -> None:
    page = participate(browser, desk, posting, **view)
    page.get_by_role("button", name="Start").click()
    work(page, 1)
    work(page, 2)
    expect(page.get_by_label("Your completion code")).to_have_value(desks.CODE)
    page.get_by_role("link", name="Hand in on Prolific").click()
    expect(page.get_by_text("Your submission is being reviewed.")).to_be_visible()
    page.context.close()
    wait_for_requests(live_server.url)
    (place,) = desk.learn(posting.batch)
    first = Assignment.objects.filter(submitted_at__isnull=False).order_by("submitted_at").first()
    assert (place.state, place.assignment) == ("submitted", first)
    assert Assignment.objects.filter(worker__isnull=False).count() == 2


def test_the_code_is_kept_when_the_page_is_loaded_anew(
    browser: Browser, live_server: Any, desk: Desk, posting: Posting
) -> None:
    page = participate(browser, desk, posting)
    page.get_by_role("button", name="Start").click()
    work(page, 1)
    work(page, 2)
    expect(page.get_by_label("Your completion code")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Your completion code")).to_have_value(desks.CODE)
    page.context.close()
    wait_for_requests(live_server.url)
    assert Assignment.objects.filter(submitted_at__isnull=False).count() == 2
