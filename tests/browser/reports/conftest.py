"""Reports by formula, and a person of the study who opens them in the browser."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, expect

from annotation.models import Study
from evaluation.models import Report
from tests.frontend.reports import cast
from tests.frontend.reports.cast import PAGE

OpenPage = Callable[..., Page]


@pytest.fixture
def study(researcher: User, transactional_db: None) -> Study:
    return cast.study([researcher])


@pytest.fixture
def report(study: Study) -> Report:
    """Six classifiers on three sets; the first classifier and the worst class are named like markup."""
    return cast.report(study, cast.hostile(cast.small(is_simulated=True)))


@pytest.fixture
def open_as_member(open_page: OpenPage, researcher: User, live_server: Any) -> OpenPage:
    """A page as one of the study's researchers sees it."""
    client = Client()
    client.force_login(researcher)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    return lambda address=PAGE, **options: open_page(
        address, storage_state={"cookies": [cookie], "origins": []}, **options
    )


@pytest.fixture
def open_report(open_as_member: OpenPage, report: Report) -> OpenPage:
    return open_as_member


def drawn(page: Page, name: str = "key") -> None:
    """Until the chart stands on the page."""
    page.locator(f"#chart-{name}").scroll_into_view_if_needed()
    expect(page.locator(f"#chart-{name} .chart svg").first).to_be_visible()


def all_drawn(page: Page) -> None:
    names = page.locator("[data-chart]").evaluate_all("all => all.map(each => each.id.replace('chart-', ''))")
    assert len(names) > 5
    for name in names:
        drawn(page, name)
