"""A launch from its first field to a batch that pauses, in a real Chromium and at a local server of MTurk."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from annotation import launches
from annotation.models import Batch, Launch
from annotation.payments.reaching import reached
from tests import pictures
from tests.annotation.payments import desks
from tests.browser.accessibility import violations
from tests.browser.test_research_pages import sign_in
from tests.frontend.launches import scenes
from tests.frontend.launches.scenes import NAME, address

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SPACE = "\N{NO-BREAK SPACE}"


@pytest.fixture
def desk(researcher: User, settings: Any) -> Iterator[desks.Desk]:
    study = scenes.study(researcher)
    pictures.taught(study.target_classes.get(name="bow"))
    settings.PUBLIC_URL = "https://twin.example"
    with desks.mturk() as desk:
        scenes.at_mturk(settings, desk)
        yield desk


def opened(open_page: Callable[..., Page], client: Client, live_server: Any, path: str, **options: Any) -> Page:
    page = open_page("/login/", **options)
    sign_in(page, client, live_server)
    page.goto(live_server.url + path)
    return page


def go_on(batch: Batch) -> None:
    """What the queue does."""
    with reached(batch.platform, clock=timezone.now) as platform:
        done = launches.go_on(batch=batch, platform=platform, now=timezone.now())
    assert done.problems == []


def test_a_launch_is_planned_confirmed_watched_and_paused(
    open_page: Callable[..., Page], researcher_client: Client, live_server: Any, desk: desks.Desk
) -> None:
    page = opened(open_page, researcher_client, live_server, address("launch-create"))
    cost = page.locator("#cost")
    expect(cost).to_contain_text("Unpaid")
    expect(page.get_by_label("Only workers of this group")).not_to_be_visible()
    page.get_by_label("Mechanical Turk").check()
    expect(page.get_by_label("Currency")).to_have_value("USD")
    expect(page.get_by_label("Only workers of this group")).to_be_visible()
    expect(page.get_by_label("Grids per place")).not_to_be_visible()
    page.get_by_label("Workers per grid").fill("2")
    page.get_by_label("Pay per grid").fill("0.50")
    expect(cost).to_contain_text(f"6.00{SPACE}USD")
    expect(cost).to_contain_text(f"about 15.00{SPACE}USD an hour")
    page.get_by_role("spinbutton", name="Budget").fill("5")
    expect(cost).to_contain_text(f"1.00{SPACE}USD more than the budget")
    page.get_by_role("spinbutton", name="Budget").fill("8")
    expect(cost).not_to_contain_text("more than the budget")
    page.get_by_role("spinbutton", name="Pilot").fill("2")
    page.get_by_role("textbox", name="Title").fill("Find the bows")
    expect(page.locator("#reading")).to_contain_text("Find the bows")
    page.get_by_role("button", name="Save the draft").click()

    page.get_by_label("Type the study’s name").fill("Twin of boats")
    page.get_by_role("button", name="Put up the pilot of 2 HITs").click()
    expect(page.get_by_role("alert")).to_contain_text("Type the name of the study")
    page.get_by_label("Type the study’s name").fill(NAME)
    page.get_by_role("button", name=f"at most 2.40{SPACE}USD").click()
    expect(page.get_by_role("heading", name="The pilot")).to_be_visible()
    assert desk.num_up == 0  # the page asks the queue, and waits for nobody

    batch = Batch.objects.get()
    go_on(batch)
    posted = page.get_by_role("region", name="At Mechanical Turk")
    expect(posted).to_contain_text("2put up")
    for number, each in enumerate(batch.postings.filter(state="open")):
        desk.work(each, number)
    expect(page.locator("#progress")).to_contain_text("2 of 4 grids of the pilot are handed in")

    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#progress")).to_contain_text("paused")
    go_on(batch)
    assert not batch.postings.filter(state="open").exists()
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("button", name="Put up the rest").click()
    expect(page.get_by_role("heading", name="The pilot")).not_to_be_visible()
    go_on(batch)
    expect(posted).to_contain_text("5put up")
    assert desk.num_up == 5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_of_a_launch_breaks_an_accessibility_rule(
    open_page: Callable[..., Page], researcher: User, researcher_client: Client, live_server: Any, desk: desks.Desk,
    scheme: str,
) -> None:  # fmt: skip
    launch = scenes.drafted(
        scenes.Study.objects.get(), researcher, platform="mturk", currency="USD", num_pilot=2, budget_minor_units=700
    )
    page = opened(
        open_page, researcher_client, live_server, address("launch-create"), color_scheme=scheme, bypass_csp=True
    )
    assert violations(page) == []
    page.get_by_label("Prolific").check()
    page.get_by_label("Pay per grid").fill("0.05")
    expect(page.locator("#cost")).to_contain_text("That is little")
    assert violations(page) == []
    page.goto(live_server.url + address("launch-detail", launch.pk))
    page.get_by_label("Type the study’s name").fill("Twin of boats")
    page.get_by_role("button", name="Put up").click()
    expect(page.get_by_role("alert")).to_contain_text("Type the name of the study")
    assert violations(page) == []
    page.get_by_label("Type the study’s name").fill(NAME)
    page.get_by_role("button", name="Put up").click()
    expect(page.get_by_role("heading", name="The pilot")).to_be_visible()
    batch = Launch.objects.get().batch
    assert batch is not None
    batch.postings.update(state="refused", refusal="There is no money for it.")
    page.goto(live_server.url + address("batch-detail", batch.pk))
    assert violations(page) == []
    page.goto(live_server.url + address("grid-list"))
    page.get_by_text("Stop everything").first.click()
    assert violations(page) == []
