"""The researcher's pages in a real Chromium: narrow, accessible, and moving without getting in the way."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation.models import TargetClass
from evaluation import runs
from evaluation.models import Run
from tests import cast
from tests.browser.accessibility import violations
from tests.evaluation import scored
from tests.whole_study import WholeStudy, whole_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG_NAME = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
OpenAs = Callable[..., Page]


@pytest.fixture
def open_signed_in(open_page: Callable[..., Page], researcher_client: Client, live_server: Any) -> OpenAs:
    """Opens a page as the researcher."""

    def open_(address: str, **options: Any) -> Page:
        page = open_page("/login/", **options)
        session = researcher_client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page.goto(address)
        return page

    return open_


@pytest.fixture
def whole(researcher: User) -> WholeStudy:
    whole = whole_study(researchers=[researcher])
    TargetClass.objects.filter(class_id="0").update(name=LONG_NAME)
    return whole


def addresses(whole: WholeStudy) -> list[str]:
    slug, draft = whole.study.slug, whole.draft
    names = ("study-detail", "candidate-list", "grid-list", "frequency-list", "test-set-list", "classifier-list")
    return [
        "/",
        reverse("frontend:study-create"),
        *(reverse(f"frontend:{name}", args=[slug]) for name in (*names, "run-list")),
        reverse("frontend:batch-detail", args=[slug, whole.batch.pk]),
        reverse("frontend:test-set-detail", args=[slug, draft.name, draft.revision]),
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_breaks_an_accessibility_rule(open_signed_in: OpenAs, whole: WholeStudy, scheme: str) -> None:
    page = open_signed_in("/", color_scheme=scheme, bypass_csp=True)
    broken = {}
    for address in addresses(whole):
        page.goto(address)
        broken[address] = violations(page)
    assert {address: found for address, found in broken.items() if found} == {}


@pytest.mark.parametrize("width", [360, 1920])
def test_long_names_push_nothing_off_the_page(open_signed_in: OpenAs, whole: WholeStudy, width: int) -> None:
    page = open_signed_in("/", viewport={"width": width, "height": 800})
    widths = {}
    for address in addresses(whole):
        page.goto(address)
        widths[address] = page.evaluate("document.documentElement.scrollWidth")
    assert {address: found for address, found in widths.items() if found > width} == {}


@pytest.fixture
def run(researcher: User) -> Run:
    row = scored.run()
    row.classifier.study.researchers.add(researcher)
    return row


def test_live_runs_leave_the_scrolled_table_and_the_focus_alone(open_signed_in: OpenAs, run: Run) -> None:
    address = reverse("frontend:run-list", args=[run.classifier.study.slug])
    page = open_signed_in(address, viewport={"width": 360, "height": 800})
    page.locator("#run-rows a").focus()
    table = page.locator(".table-scroll")
    table.evaluate("element => element.scrollLeft = 60")
    runs.fail(run=run, reason="the file has gone", now=cast.NOW)
    expect(page.get_by_text("the file has gone")).to_be_visible(timeout=10_000)
    expect(page.locator("#run-counts")).to_contain_text("1failed")
    expect(page.locator("#run-rows a")).to_be_focused()
    assert table.evaluate("element => element.scrollLeft") == 60
