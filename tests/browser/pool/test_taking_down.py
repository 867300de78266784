"""A picture taken down and a class corrected, as an administrator does both on a phone, in a real Chromium."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation.models import Study
from tests import cast
from tests.annotation.takedowns.scenes import candidate, study
from tests.browser.accessibility import violations
from tests.browser.people.test_people import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def mine(db: None) -> Study:
    made = study("mine", range(6))
    rows = list(made.candidates.order_by("pk"))
    cast.batch(made, [cast.grid(made.target_classes.get(), rows[:3])])
    cast.grid(made.target_classes.get(), rows[2:])
    return made


@pytest.fixture
def page(open_page: Callable[..., Page], live_server: Any, admin: User, mine: Study) -> Page:
    client = Client()
    client.force_login(admin)
    return signed_in(open_page, client, live_server, viewport=PHONE)


def go(page: Page, live_server: Any, name: str, *args: Any) -> None:
    page.goto(live_server.url + reverse(f"frontend:{name}", args=["mine", *args]))


def fits(page: Page) -> bool:
    return violations(page) == [] and page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_a_picture_is_taken_down_after_its_numbers_were_read(page: Page, live_server: Any, mine: Study) -> None:
    go(page, live_server, "candidate-detail", candidate(mine, 2).pk)
    page.get_by_role("link", name="Take the picture down for good").click()
    expect(page.get_by_text("free places go")).to_be_visible()
    assert fits(page)
    page.get_by_role("button", name="Take it down").click()
    expect(page.get_by_role("heading", name="Take this picture down")).to_be_visible()  # the browser asks for the rest
    page.get_by_label("It is taken down because").select_option("owner")
    page.get_by_label("Who asked").fill("Mail of 1 March")
    page.get_by_label("Yes, remove it for good").check()
    page.get_by_role("button", name="Take it down").click()
    expect(page.get_by_text("The picture is gone")).to_be_visible()
    expect(page.get_by_role("img", name="whose picture is not here")).to_be_visible()
    assert fits(page)
    assert candidate(mine, 2).take_down is not None


def test_a_class_gets_other_words_and_shows_the_old_ones(page: Page, live_server: Any, mine: Study) -> None:
    go(page, live_server, "class-list")
    page.get_by_role("link", name="Edit zero (0)").click()
    expect(page.get_by_text("Workers are asked about this class now")).to_be_visible()
    assert fits(page)
    page.get_by_label("Definition").fill("the digit 0")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("0: definition changed.")).to_be_visible()
    page.get_by_role("link", name="Edit zero (0)").click()
    expect(page.get_by_text("the digit 0").last).to_be_visible()
    assert fits(page)


def test_grids_are_composed_as_large_as_one_types(page: Page, live_server: Any, mine: Study) -> None:
    mine.grids.filter(hits=None).delete()
    go(page, live_server, "grid-list")
    page.get_by_text("Compose grids for new images").click()
    assert fits(page)
    page.get_by_label("Images per grid").fill("2")
    page.get_by_label("Known ones of each kind").fill("0")
    page.get_by_role("button", name="Compose grids").click()
    expect(page.get_by_text("2 grids composed.")).to_be_visible()
