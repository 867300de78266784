"""The page of a report in a real Chromium, under the real content policy."""

import itertools
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Study
from tests.browser.accessibility import violations
from tests.browser.reports.conftest import all_drawn, drawn
from tests.frontend.reports import cast
from tests.frontend.reports.cast import HOSTILE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OpenPage = Callable[..., Page]
WIDE = {"width": 1280, "height": 900}


def test_with_javascript_off_pictures_and_the_table_stand_there(open_report: OpenPage) -> None:
    page = open_report(java_script_enabled=False)
    picture = page.get_by_role("img", name="Accuracy of 6 classifiers")
    expect(picture).to_be_visible()
    expect(picture).not_to_have_js_property("naturalWidth", 0)
    assert picture.evaluate("image => image.naturalWidth > 300")
    expect(page.locator("#results-table tbody tr")).to_have_count(6)
    expect(page.locator("#results-table")).to_contain_text("90.0")
    expect(page.get_by_label("Classifier or family")).not_to_be_visible()


def test_with_javascript_off_a_choice_is_a_link(open_report: OpenPage) -> None:
    page = open_report(java_script_enabled=False)
    page.get_by_role("link", name="Linear axes").first.click()
    expect(page.get_by_role("link", name="Linear axes").first).to_have_attribute("aria-current", "true")
    expect(page.locator("#chart-key picture img")).to_have_attribute("src", re.compile("scale=linear"))
    page.get_by_role("link", name="Top-5").click()
    expect(page.locator("#results-table")).to_contain_text("94.5")
    assert "top=5" in page.url


@pytest.mark.parametrize("width", [320, 360, 1440])
def test_nothing_is_cut_off_or_wider_than_the_window(open_report: OpenPage, width: int) -> None:
    page = open_report(viewport={"width": width, "height": 800})
    all_drawn(page)
    page.locator("#selection summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    plot = page.locator("#chart-key .mark-group.role-frame.root > g > .background").first.bounding_box()
    assert plot is not None
    assert plot["width"] == pytest.approx(plot["height"], abs=1)
    assert plot["width"] >= 150


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_the_report_breaks_no_accessibility_rule(open_report: OpenPage, scheme: str, width: int) -> None:
    page = open_report(color_scheme=scheme, bypass_csp=True, viewport={"width": width, "height": 900})
    all_drawn(page)
    for summary in page.locator("summary").filter(visible=True).all():
        summary.click()
    assert violations(page) == []


def test_the_page_without_a_report_breaks_no_accessibility_rule(open_as_member: OpenPage, study: Study) -> None:
    page = open_as_member(bypass_csp=True)
    expect(page.get_by_role("heading", name="No report yet")).to_be_visible()
    assert violations(page) == []


def test_the_classes_break_no_accessibility_rule_and_sort_by_a_link(open_report: OpenPage) -> None:
    page = open_report(bypass_csp=True)
    page.get_by_role("link", name="All 10 classes").click()
    expect(page.get_by_role("heading", name="Accuracy by class")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("columnheader", name="Change").get_by_role("link").click()
    expect(page.get_by_role("columnheader", name="Change")).to_have_attribute("aria-sort", "descending")
    expect(page.locator("tbody tr").last).to_contain_text(HOSTILE)


def test_headings_go_down_one_level_at_a_time(open_report: OpenPage) -> None:
    page = open_report()
    levels = page.locator("h1, h2, h3, h4").evaluate_all("found => found.map(each => Number(each.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_hostile_names_are_text_wherever_they_stand(open_report: OpenPage) -> None:
    page = open_report(viewport=WIDE)
    drawn(page)
    page.get_by_label(re.compile("^<img.*, easier ")).hover()
    expect(page.locator("#vg-tooltip-element")).to_contain_text(HOSTILE)
    expect(page.locator("#results-table")).to_contain_text(HOSTILE)
    expect(page.locator("#classes-title ~ *")).to_contain_text([HOSTILE])
    page.locator("#selection summary").click()
    expect(page.locator("img[src=x]")).to_have_count(0)


def test_a_large_report_can_be_used_at_once(open_as_member: OpenPage, study: Study) -> None:
    cast.report(study, cast.large())
    page = open_as_member(viewport={"width": 1440, "height": 900})
    page.get_by_label("Classifier or family").fill("classifier 67")
    expect(page.locator("#results-table tbody tr:visible")).to_have_count(1)
    drawn(page)
    names = page.evaluate("performance.getEntriesByType('mark').map(mark => mark.name)")
    assert names.index("table-ready") < names.index("chart-key-drawn")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440
