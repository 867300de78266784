"""The offline copy, opened from the disk by a Chromium without a network."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from evaluation.models import Report
from frontend.reporting import offline
from tests import cast
from tests.browser.accessibility import violations
from tests.frontend.reports import cast as reports

pytestmark = pytest.mark.browser

OpenCopy = Callable[..., Page]
WIDE: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = tmp_path_factory.mktemp("copy") / "report.html"
    report = Report(content=reports.hostile(reports.small()), built_at=cast.NOW)
    written.write_text(offline.page(report), encoding="utf-8")
    return written


@pytest.fixture
def open_copy(browser: Browser, file: Path) -> Iterator[OpenCopy]:
    """Whatever is asked for, complained about or fails beside the file itself is kept, and there must be nothing."""
    kept: list[str] = []
    contexts = []

    def open_(**options: Any) -> Page:
        context = browser.new_context(**WIDE | options, offline=True)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: kept.append(request.url))
        page.on("pageerror", lambda error: kept.append(str(error)))
        page.on("console", lambda message: kept.append(message.text))
        page.goto(file.as_uri())
        kept.remove(file.as_uri())
        return page

    yield open_
    for context in contexts:
        context.close()
    assert kept == []


def names(page: Page) -> list[str]:
    return [
        str(each)
        for each in page.locator("#results-table tbody th").evaluate_all("heads => heads.map(h => h.dataset.value)")
    ]


def test_every_chart_is_drawn_and_nothing_is_asked_for(open_copy: OpenCopy) -> None:
    page = open_copy()
    for card in page.locator("[data-chart]").all():
        card.scroll_into_view_if_needed()
        expect(card.locator("svg")).to_be_visible()
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0


def test_charts_that_nobody_has_scrolled_to_are_drawn_for_printing(open_copy: OpenCopy) -> None:
    page = open_copy()
    drawn = page.locator("[data-chart] svg.marks")
    expect(drawn).to_have_count(page.locator("[data-chart]").count())
    assert page.evaluate("scrollY") == 0


def test_without_scripts_every_chart_is_a_picture(open_copy: OpenCopy) -> None:
    page = open_copy(java_script_enabled=False)
    for card in page.locator("[data-chart]").all():
        card.scroll_into_view_if_needed()
        picture = card.get_by_role("img")
        expect(picture).to_be_visible()
        expect(picture).not_to_have_js_property("naturalWidth", 0)
        assert picture.evaluate("image => image.naturalWidth") > 300


def test_hovering_a_point_tells_its_figures_as_text(open_copy: OpenCopy) -> None:
    page = open_copy()
    page.get_by_label("classifier 2: original 80.0% [77.4%, 82.4%], calibrated 68.0% [65.0%, 70.9%]").hover()
    tooltip = page.locator("#vg-tooltip-element")
    expect(tooltip).to_contain_text("80.0% [77.4%, 82.4%]")
    expect(tooltip).to_contain_text("68.0% [65.0%, 70.9%]")
    page.get_by_label(f"{reports.HOSTILE}: original 90.0%").first.hover()
    expect(tooltip).to_contain_text(reports.HOSTILE)
    assert page.locator("#vg-tooltip-element img").count() == 0


def test_another_scale_and_another_set_can_be_chosen(open_copy: OpenCopy) -> None:
    page = open_copy()
    expect(page.locator("#chart-key")).to_contain_text("New accuracy (%, probit scale)")
    page.get_by_role("link", name="Logit axes").click()
    expect(page.locator("#chart-key")).to_contain_text("New accuracy (%, logit scale)")
    ranks = page.locator("#chart-ranks")
    ranks.scroll_into_view_if_needed()
    ranks.get_by_role("link", name="Easier").click()
    expect(ranks.locator("svg")).to_contain_text("easier")


def test_a_legend_entry_keeps_its_set_alone(open_copy: OpenCopy) -> None:
    page = open_copy()
    points = page.locator("#chart-key").get_by_label("classifier 2: original")
    expect(points).to_have_count(2)
    page.locator("#chart-key .role-legend-label").get_by_text("easier", exact=True).click()
    expect(points).to_have_count(1)
    expect(points).to_have_attribute(
        "aria-label", "classifier 2: original 80.0% [77.4%, 82.4%], easier 77.0% [74.3%, 79.6%]"
    )


def test_the_table_sorts_and_filters(open_copy: OpenCopy) -> None:
    page = open_copy()
    assert names(page)[1:3] == ["classifier 2", "classifier 3"]
    heading = page.get_by_role("button", name="Original: Accuracy")
    heading.click()
    heading.click()
    assert names(page)[:2] == ["classifier 6", "classifier 5"]
    page.get_by_label("Classifier or family").fill("classifier 4")
    expect(page.locator("#results-table tbody tr:visible")).to_have_count(1)
    page.get_by_role("link", name="Top-5").click()
    expect(page.locator("#results-table")).to_have_attribute("data-top", "5")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_follows_the_theme_and_breaks_no_accessibility_rule(open_copy: OpenCopy, scheme: str) -> None:
    page = open_copy(color_scheme=scheme, bypass_csp=True)
    drawn = page.locator("#chart-key svg")
    expect(drawn).to_be_visible()
    ground = {"light": "rgb(255, 255, 255)", "dark": "rgb(27, 29, 30)"}[scheme]
    assert drawn.evaluate("svg => getComputedStyle(svg).backgroundColor") == ground
    assert violations(page) == []


@pytest.mark.parametrize("width", [360, 1440])
def test_nothing_is_wider_than_the_window(open_copy: OpenCopy, width: int) -> None:
    page = open_copy(viewport={"width": width, "height": 800})
    for card in page.locator("[data-chart]").all():
        card.scroll_into_view_if_needed()
        expect(card.locator("svg")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
