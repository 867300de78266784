"""The charts of a report: hover, legend, choices, and the files that they can be taken away as."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.grids import wait_until
from tests.browser.reports.conftest import drawn

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OpenPage = Callable[..., Page]
WIDE = {"width": 1280, "height": 900}
BEGINNINGS = {"SVG": b"<svg", "PNG": b"\x89PNG\r\n\x1a\n", "PDF": b"%PDF-", "Data (CSV)": b"classifier,group,test_set"}


def points(page: Page, test_set: str) -> int:
    """How many points of this set the key chart shows."""
    return page.locator(f'#chart-key .chart [aria-label*=": original "][aria-label*=", {test_set} "]').count()


def test_hovering_a_point_shows_the_classifier_and_both_accuracies(open_report: OpenPage) -> None:
    page = open_report(viewport=WIDE)
    drawn(page)
    page.get_by_label("classifier 2: original 80.0% [77.4%, 82.4%], calibrated 68.0% [65.0%, 70.9%]").hover()
    tooltip = page.locator("#vg-tooltip-element")
    expect(tooltip).to_be_visible()
    for text in ("classifier 2", "calibrated", "80.0% [77.4%, 82.4%]", "68.0% [65.0%, 70.9%]"):
        expect(tooltip).to_contain_text(text)


def test_a_click_on_the_legend_keeps_one_set(open_report: OpenPage) -> None:
    page = open_report(viewport=WIDE)
    drawn(page)
    assert (points(page, "calibrated"), points(page, "easier")) == (6, 6)
    page.locator("#chart-key .role-legend-label").get_by_text("easier").click()
    expect(page.locator('#chart-key .chart [aria-label*=": original "][aria-label*=", calibrated "]')).to_have_count(0)
    assert points(page, "easier") == 6


def test_another_scale_is_drawn_without_loading_the_page(open_report: OpenPage) -> None:
    page = open_report(viewport=WIDE)
    drawn(page)
    page.evaluate("window.isSamePage = true")
    link = page.locator("#chart-key").get_by_role("link", name="Linear axes")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#chart-key svg")).not_to_contain_text("probit scale")
    expect(link).to_have_attribute("aria-current", "true")
    expect(page.locator("#chart-key [aria-current]")).to_have_count(1)
    assert page.evaluate("window.isSamePage")
    assert "key-scale=linear" in page.url
    for file in page.locator("#chart-key [data-format]").all():
        assert "scale=linear" in (file.get_attribute("href") or "")
    page.reload()
    expect(page.locator("#chart-key svg")).not_to_contain_text("probit scale")


def test_charts_further_down_are_fetched_when_they_come_near(open_report: OpenPage) -> None:
    page = open_report(viewport={"width": 1280, "height": 300})
    drawn(page)
    asked = page.evaluate("performance.getEntriesByType('resource').map(each => each.name)")
    assert len([name for name in asked if "/charts/" in name]) < page.locator("[data-chart]").count()
    assert not [name for name in asked if "/charts/" in name and ".svg" in name]


def test_charts_that_are_not_drawn_yet_are_printed_as_pictures(open_report: OpenPage) -> None:
    page = open_report(viewport={"width": 1280, "height": 300})
    drawn(page)
    expect(page.locator("#chart-key .chart-print")).to_have_count(0)
    expect(page.locator("#chart-conditions .chart-print")).not_to_be_visible()
    come: list[str] = []
    page.on("requestfinished", lambda request: come.append(request.url))
    page.pdf()

    def has_come(name: str) -> bool:
        return any(f"/charts/{name}.svg" in address for address in come)

    def is_drawn(name: str) -> bool:  # by then, as one that is near may be
        return page.locator(f"#chart-{name} .chart-print").count() == 0

    wait_until(page, lambda: all(has_come(name) or is_drawn(name) for name in ("ranks", "similarity", "conditions")))
    assert has_come("conditions")


@pytest.mark.parametrize("label", list(BEGINNINGS))
def test_a_chart_is_downloaded_as_a_real_file(open_report: OpenPage, label: str) -> None:
    page = open_report()
    with page.expect_download() as started:
        page.locator("#chart-key").get_by_role("link", name=label).click()
    file = Path(started.value.path())
    assert file.read_bytes().startswith(BEGINNINGS[label])
    ending = {"Data (CSV)": "csv"}.get(label, label.lower())
    assert started.value.suggested_filename == f"digits-twin-key-probit.{ending}"


def test_all_figures_are_downloaded_as_json(open_report: OpenPage) -> None:
    page = open_report()
    with page.expect_download() as started:
        page.get_by_role("link", name="All figures (JSON)").click()
    assert started.value.suggested_filename.startswith("digits-twin-report-")
    assert b'"classifiers"' in Path(started.value.path()).read_bytes()


def test_where_the_script_does_not_come_the_picture_does(open_report: OpenPage) -> None:
    page = open_report(address="/studies/")

    def away(route: Route) -> None:
        route.abort()

    page.route("**/chart-script.js*", away)
    page.goto(page.url.replace("/studies/", "/studies/digits-twin/report/"))
    picture = page.locator("#chart-key .chart img")
    expect(picture).to_be_visible()
    page.wait_for_function("document.querySelector('#chart-key .chart img').naturalWidth > 300")
