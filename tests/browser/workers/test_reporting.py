"""Reporting an image, from the worker's grid to the researcher's decision, with nothing answered but by the server."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation.models import Batch, Complaint, Exclusion
from tests.browser.accessibility import violations
from tests.browser.grids import ALL, OpenPage, expect_saved, places, press, shown, start, stored, submit, tile

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def report(page: Page, place: int, reason: str) -> None:
    page.locator(".tile input").nth(place).press("z")
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Report this image", exact=True).click()
    dialog.get_by_role("button", name=reason).click()
    expect(page.locator(".tile--reported")).to_have_count(1)
    press(page, "Escape")


def sign_in(page: Page, client: Client, live_server: Any) -> None:
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_reported_image_stays_covered_and_counts_as_not_seen(open_page: OpenPage, batch: Batch, scheme: str) -> None:
    page = start(open_page, batch, color_scheme=scheme, bypass_csp=True)
    tile(page, 3).click()
    report(page, 3, "offensive")
    page.reload()
    expect(page.get_by_role("checkbox", name="Image 4: reported")).to_be_visible()
    assert violations(page) == []
    tile(page, 3).click(force=True)
    tile(page, 0).click()
    assert places(page) == [0]
    order = shown(page)
    submit(page)
    expect_saved(page)
    assert stored() == [([order[0]], [position for position in ALL if position != order[3]])]


def test_without_javascript_it_is_covered_too(open_page: OpenPage, batch: Batch) -> None:
    page = start(open_page, batch, java_script_enabled=False)
    page.get_by_text("Report an image").click()
    page.get_by_label("The picture is broken").check()
    page.get_by_role("button", name="7", exact=True).click()
    expect(tile(page, 6)).to_have_class("tile tile--reported")
    expect(tile(page, 6).locator("img")).to_have_count(0)
    assert Complaint.objects.get().reason == "broken"
    page.get_by_text("Report an image").click()
    expect(page.get_by_role("button", name="8", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="7", exact=True)).to_have_count(0)


def test_the_researcher_uncovers_the_picture_and_decides(
    open_page: OpenPage, batch: Batch, researcher: User, researcher_client: Client, live_server: Any
) -> None:
    batch.study.researchers.add(researcher)
    report(start(open_page, batch), 3, "offensive")
    page = open_page("/login/")
    sign_in(page, researcher_client, live_server)
    page.goto(live_server.url + reverse("frontend:study-detail", args=[batch.study.slug]))
    page.get_by_role("link", name="1 image reported").click()
    picture = page.locator(".covered img")
    expect(picture).to_have_css("filter", "blur(24px) grayscale(1)")
    cover = page.get_by_role("checkbox", name="reported as offensive")
    cover.focus()
    press(page, "Space")
    expect(picture).to_have_css("filter", "none")
    page.get_by_role("button", name="Exclude the image").click()
    expect(page.get_by_role("heading", name="No report waits")).to_be_visible()
    assert Exclusion.objects.get().excluded_by == researcher
