"""The pool beside the original in a real Chromium: from the whole to a class, and to its candidates."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, expect

from annotation.models import Origin
from tests import cast
from tests.annotation.candidates.comparing.pool import images
from tests.browser.accessibility import violations
from tests.browser.test_research_pages import LONG_NAME, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _pool(researcher: User) -> None:
    study = cast.study("birds", [researcher], name="Twin of the birds")
    for number, name in enumerate(["kite", LONG_NAME]):
        each = cast.target_class(study, f"n{number}", name)
        images(each, Origin.ORIGINAL, 60, seed=number, licence="CC BY 2.0")
        images(each, Origin.POOL, 80, seed=number + 10, days=800 * number, licence="CC BY 2.0")
    images(each, Origin.POOL, 20, seed=30, mean_red=None, mean_green=None, mean_blue=None)


def opened(open_page: Callable[..., Page], client: Client, live_server: Any, **options: Any) -> Page:
    page = open_page("/login/", **options)
    sign_in(page, client, live_server)
    page.goto(live_server.url + "/studies/birds/compared/")
    return page


def test_from_what_moved_to_the_class_and_its_candidates(
    open_page: Callable[..., Page], researcher_client: Client, live_server: Any
) -> None:
    page = opened(open_page, researcher_client, live_server)
    expect(page.get_by_text("The pool’s photographs were taken")).to_be_visible()
    for chart in page.locator("img.chart-image").all():
        chart.scroll_into_view_if_needed()
        expect(chart).not_to_have_js_property("naturalWidth", 0)
    page.get_by_role("link", name=LONG_NAME, exact=True).first.click()
    expect(page.get_by_text("60 originals and 100 candidates of the pool")).to_be_visible()
    page.get_by_label("Target class").select_option("kite")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Nothing that is known of the images has moved")).to_be_visible()
    page.get_by_label("Target class").select_option("All classes")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="candidates of").first.click()
    expect(page.get_by_role("heading", name="Candidates")).to_be_visible()
    expect(page.get_by_label("Origin")).to_have_value("pool")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_everybody_can_use_it_and_nothing_is_cut_off(
    open_page: Callable[..., Page], researcher_client: Client, live_server: Any, scheme: str, width: int
) -> None:
    size = {"width": width, "height": 900}
    page = opened(open_page, researcher_client, live_server, color_scheme=scheme, viewport=size, bypass_csp=True)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
