"""A HIT at the platform's local server: its page holds ours in a frame, and is handed in through it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, expect

from annotation import postings
from annotation.models import Assignment, Posting, Worker
from tests import cast, pictures
from tests.annotation.payments import desks
from tests.annotation.payments.desks import Desk
from tests.browser import chromium
from tests.browser.conftest import wait_for_requests
from tests.browser.grids import PHONE, WIDE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WORKER = "A2WORKER0001"


@pytest.fixture
def desk(settings: Any) -> Iterator[Desk]:
    with desks.mturk() as made:
        settings.MTURK_ENDPOINT_URL = made.server.address
        yield made


@pytest.fixture
def posting(desk: Desk, live_server: Any) -> Posting:
    """The first of two HITs, put up with the address of this very site."""
    batch = pictures.launched(num_images=6, num_grids=2, platform="mturk", pay_minor_units=40, currency="USD")
    text = desks.TEXT.__class__(**vars(desks.TEXT) | {"address": f"{live_server.url}/start/"})
    postings.prepare(batch=batch, platform=desk.platform(), now=cast.NOW)
    assert postings.post_next(batch=batch, platform=desk.platform(), text=text, now=cast.NOW).problems == []
    first = batch.postings.first()
    assert first is not None
    return first


@pytest.fixture
def open_hit(browser: Browser, live_server: Any, desk: Desk, posting: Posting) -> Iterator[Callable[..., Page]]:
    """The platform's page of the HIT; no script of ours may fail or break the content policy."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_(**options: Any) -> Page:
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.set_default_timeout(chromium.PATIENCE)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "violates" in said.text else None)
        page.goto(f"{desk.server.address}/mturk/preview?hitId={posting.external_id}&workerId={WORKER}")
        return page

    yield open_
    for context in contexts:
        context.close()
    wait_for_requests(live_server.url)
    assert complaints == []


def accept(page: Page) -> FrameLocator:
    """From the preview into the frame of who has a place."""
    preview = page.frame_locator("iframe")
    expect(preview.get_by_text("Accept the HIT to begin.")).to_be_visible()
    assert Worker.objects.count() == 0
    page.get_by_role("button", name="Accept").click()
    return page.frame_locator("iframe")


def answer(ours: FrameLocator) -> None:
    expect(ours.locator("[data-count]")).to_have_text("0 of 6 selected")
    ours.get_by_role("checkbox", name="Image 2", exact=True).check()
    ours.get_by_role("button", name="Submit").click()


@pytest.mark.parametrize("view", [PHONE, {"viewport": WIDE}], ids=["360", "1440"])
def test_from_the_preview_to_the_platform_s_thanks(
    open_hit: Callable[..., Page], desk: Desk, posting: Posting, view: dict[str, Any]
) -> None:
    page = open_hit(**view)
    ours = accept(page)
    ours.get_by_role("button", name="Start").click()
    answer(ours)
    expect(ours.get_by_text("The HIT has been successfully submitted.")).to_be_visible()
    assert page.context.cookies() == []
    place, other = desk.learn(posting.batch)[0], Assignment.objects.filter(submitted_at__isnull=True, hit=posting.hit)
    assert (place.state, place.worker and place.worker.external_id) == ("submitted", WORKER)
    assert place.assignment == Assignment.objects.get(submitted_at__isnull=False)
    assert place.assignment.hit == posting.hit
    assert other.filter(worker__isnull=False).count() == 0


def test_by_keyboard_alone(open_hit: Callable[..., Page], desk: Desk, posting: Posting) -> None:
    ours = accept(open_hit(viewport=WIDE))
    ours.get_by_role("button", name="Start").press("Enter")
    expect(ours.locator("[data-count]")).to_have_text("0 of 6 selected")
    ours.get_by_role("checkbox", name="Image 1", exact=True).press("Space")
    expect(ours.locator("[data-count]")).to_have_text("1 of 6 selected")
    ours.get_by_role("button", name="Submit").press("Enter")
    expect(ours.get_by_text("The HIT has been successfully submitted.")).to_be_visible()
    assert [place.state for place in desk.learn(posting.batch)] == ["submitted"]


def test_without_scripts_a_button_hands_it_over(open_hit: Callable[..., Page], desk: Desk, posting: Posting) -> None:
    ours = accept(open_hit(java_script_enabled=False))
    ours.get_by_role("button", name="Start").click()
    ours.locator("input[name=selected]").first.check()
    ours.get_by_role("button", name="Submit").click()
    ours.get_by_role("button", name="Hand in on MTurk").click()
    expect(ours.get_by_text("The HIT has been successfully submitted.")).to_be_visible()
    assert [place.state for place in desk.learn(posting.batch)] == ["submitted"]


def test_a_hand_over_that_failed_can_be_pressed_again(
    open_hit: Callable[..., Page], desk: Desk, posting: Posting
) -> None:
    page = open_hit(viewport=WIDE)
    failing = "**/mturk/externalSubmit"
    page.route(failing, lambda route: route.abort("aborted"))  # the browser stays where it is
    ours = accept(page)
    ours.get_by_role("button", name="Start").click()
    with page.expect_event("requestfailed", lambda request: "externalSubmit" in request.url):
        answer(ours)
    button = ours.get_by_role("button", name="Hand in on MTurk")
    expect(button).to_be_visible()
    assert desk.server.account.hits[posting.external_id].status(desk.server.clock.now()) != "Reviewable"
    page.unroute(failing)
    button.click()
    expect(ours.get_by_text("The HIT has been successfully submitted.")).to_be_visible()
    assert [place.state for place in desk.learn(posting.batch)] == ["submitted"]


def test_a_frame_that_is_loaded_anew_goes_on_where_it_was(
    open_hit: Callable[..., Page], desk: Desk, posting: Posting
) -> None:
    page = open_hit(viewport=WIDE)
    ours = accept(page)
    address = page.locator("iframe").get_attribute("src")
    ours.get_by_role("button", name="Start").click()
    expect(ours.locator("[data-count]")).to_have_text("0 of 6 selected")
    with page.expect_response("**/draft/"):
        ours.get_by_role("checkbox", name="Image 3", exact=True).check()
    page.evaluate("address => { document.querySelector('iframe').src = address }", address)
    expect(ours.locator("[data-count]")).to_have_text("1 of 6 selected")
    ours.get_by_role("button", name="Submit").click()
    expect(ours.get_by_text("The HIT has been successfully submitted.")).to_be_visible()
    assert [place.state for place in desk.learn(posting.batch)] == ["submitted"]
