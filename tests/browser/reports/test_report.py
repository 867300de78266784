"""The report in a real Chromium, under the real content policy."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, expect

from evaluation import reports
from tests import cast
from tests.browser.accessibility import violations
from tests.evaluation import reported

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HOSTILE = "<img src=x onerror=alert(1)>"
OpenPage = Callable[..., Page]
PAGE = "/studies/digits-twin/report/"


@pytest.fixture
def open_report(open_page: OpenPage, researcher: User, live_server: Any) -> OpenPage:
    """The report of a small study, as one of its researchers sees it."""
    study, _ = reported.scored_study(reported.SIX | {HOSTILE: (65, 50, 65)}, [researcher], is_simulated=True)
    reports.build(study=study, now=cast.NOW)
    client = Client()
    client.force_login(researcher)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    return lambda address=PAGE, **options: open_page(
        address, storage_state={"cookies": [cookie | {"url": live_server.url}], "origins": []}, **options
    )


def test_hovering_a_point_shows_the_classifier_and_both_accuracies(open_report: OpenPage) -> None:
    page = open_report(viewport={"width": 1280, "height": 900})
    page.get_by_label("forest: original 90.0% [82.4%, 95.1%], calibrated 80.0% [70.8%, 87.3%]").hover()
    tooltip = page.locator("#vg-tooltip-element")
    expect(tooltip).to_be_visible()
    for text in ("forest", "calibrated", "90.0% [82.4%, 95.1%]", "80.0% [70.8%, 87.3%]"):
        expect(tooltip).to_contain_text(text)


def test_a_hostile_name_is_text_in_the_tooltip(open_report: OpenPage) -> None:
    page = open_report(viewport={"width": 1280, "height": 900})
    page.get_by_label(re.compile("^<img.*, easier ")).hover()
    expect(page.locator("#vg-tooltip-element")).to_contain_text(HOSTILE)
    expect(page.locator("#vg-tooltip-element img")).to_have_count(0)


def test_the_scale_of_the_axes_can_be_switched(open_report: OpenPage) -> None:
    page = open_report()
    expect(page.locator(".chart svg")).to_contain_text("probit scale")
    page.get_by_role("link", name="Linear axes").click()
    expect(page.locator(".chart svg")).to_be_visible()
    expect(page.locator(".chart svg")).not_to_contain_text("probit scale")
    expect(page.get_by_role("link", name="Linear axes")).to_have_attribute("aria-current", "true")


def test_with_javascript_off_the_chart_is_a_picture(open_report: OpenPage) -> None:
    page = open_report(java_script_enabled=False)
    picture = page.get_by_role("img", name="Accuracy of each classifier")
    expect(picture).to_be_visible()
    box = picture.bounding_box()
    assert box is not None
    assert box["width"] > 300
    assert box["height"] > 300


@pytest.mark.parametrize("width", [320, 360, 1440])
def test_the_chart_is_square_and_nothing_is_cut_off(open_report: OpenPage, width: int) -> None:
    page = open_report(viewport={"width": width, "height": 800})
    expect(page.locator(".chart svg")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    plot = page.locator(".chart svg .mark-group.role-frame.root > g > .background").first.bounding_box()
    assert plot is not None
    assert plot["width"] == pytest.approx(plot["height"], abs=1)
    assert plot["width"] >= 170


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_report_breaks_no_accessibility_rule(open_report: OpenPage, scheme: str) -> None:
    page = open_report(color_scheme=scheme, bypass_csp=True)
    expect(page.locator(".chart svg")).to_be_visible()
    assert violations(page) == []
