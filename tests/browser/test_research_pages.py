"""Every page of a study in a real Chromium: usable by everybody, and whole on a small phone."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from annotation.models import Batch, Origin, TargetClass
from tests import cast
from tests.browser.accessibility import violations
from tests.whole_study import WholeStudy, whole_study

LONG_NAME = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = [
    "study-detail",
    "candidate-list",
    "guidelines",
    "grid-list",
    "frequency-list",
    "test-set-list",
    "classifier-list",
    "run-list",
]


@pytest.fixture
def whole(researcher: User) -> WholeStudy:
    row = whole_study(researchers=[researcher])
    Batch.objects.update(is_simulated=True)
    TargetClass.objects.filter(pk=row.target_class.pk).update(name=LONG_NAME)
    for origin in Origin:
        cast.measured(row.target_class, origin, 7)
    return row


def addresses(whole: WholeStudy) -> list[str]:
    study, drawn = whole.study.slug, whole.test_set
    return [
        "/",
        reverse("frontend:study-create"),
        *(reverse(f"frontend:{name}", args=[study]) for name in PAGES),
        reverse("frontend:batch-detail", args=[study, whole.batch.pk]),
        reverse("frontend:test-set-detail", args=[study, drawn.name, drawn.revision]),
    ]


def sign_in(page: Page, client: Client, live_server: Any) -> None:
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_breaks_an_accessibility_rule(
    open_page: Callable[..., Page], researcher_client: Client, live_server: Any, whole: WholeStudy, scheme: str
) -> None:
    page = open_page("/login/", color_scheme=scheme, bypass_csp=True)
    sign_in(page, researcher_client, live_server)
    broken = {}
    for address in addresses(whole):
        page.goto(live_server.url + address)
        if found := violations(page):
            broken[address] = found
    assert broken == {}


@pytest.mark.parametrize("width", [320, 1920])
def test_nothing_is_cut_off_however_long_its_name(
    open_page: Callable[..., Page], researcher_client: Client, live_server: Any, whole: WholeStudy, width: int
) -> None:
    page = open_page("/login/", viewport={"width": width, "height": 640})
    sign_in(page, researcher_client, live_server)
    widths = {}
    for address in addresses(whole):
        page.goto(live_server.url + address)
        widths[address] = page.evaluate("document.documentElement.scrollWidth")
    assert {address for address, found in widths.items() if found > width} == set()
