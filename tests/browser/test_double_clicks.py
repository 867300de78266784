"""Who clicks twice asks once."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.browser.test_research_pages import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


CLICKED_TWICE = """() => {
    const isStopped = [];
    addEventListener("submit", (event) => { isStopped.push(event.defaultPrevented); event.preventDefault(); });
    for (const time of [1, 2]) document.querySelector("main form button").click();
    return isStopped;
}"""


def test_a_form_on_its_way_is_not_sent_again(
    open_page: Callable[..., Page], researcher_client: Client, live_server: Any
) -> None:
    page = open_page("/login/")
    sign_in(page, researcher_client, live_server)
    page.goto(live_server.url + reverse("frontend:study-create"))
    page.locator("#id_name").fill("Twin of birds")
    page.locator("#id_slug").fill("birds")
    assert page.evaluate(CLICKED_TWICE) == [False, True]


def test_a_form_that_is_refused_can_be_sent_anew(
    open_page: Callable[..., Page], researcher_client: Client, live_server: Any
) -> None:
    page = open_page("/login/")
    sign_in(page, researcher_client, live_server)
    page.goto(live_server.url + reverse("frontend:password"))
    for _ in range(2):
        for field in page.locator("main input[type=password]").all():
            field.fill("quiet otter harbour")
        with page.expect_navigation():
            page.get_by_role("button", name="Change it").click()
        expect(page.get_by_text("entered incorrectly")).to_be_visible()
