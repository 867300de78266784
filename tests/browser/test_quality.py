"""The quality page in a real Chromium: sort, exclude with a reason, reverse; whole and usable with many numbers."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from annotation import quality, tasks
from annotation.models import Batch, QualityReview, Worker, WorkerDecision
from tests import cast
from tests.annotation.quality import crowd
from tests.browser.accessibility import violations
from tests.browser.test_research_pages import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGE = "/studies/bows/quality/"


@pytest.fixture
def batch(researcher: User) -> Batch:
    batch = crowd.batch(study=cast.study("bows", [researcher]))
    for number in range(4):
        crowd.join(batch, f"careful {number}", seconds=30 + number)
    return batch


@pytest.fixture
def lazy(batch: Batch) -> str:
    worker = crowd.join(batch, "lazy", crowd.nothing, seconds=5)
    rules = {rule.name: rule for rule in quality.RULES.values()}
    quality.set_rule(
        study=batch.study, rule="straightlining", threshold=0.5, effect=rules["straightlining"].effect,
        is_automatic=True,
    )  # fmt: skip
    quality.review(study=batch.study, now=cast.NOW + timedelta(days=1))
    return Worker.pseudonym_in(batch.study_id, worker.pk)


@pytest.fixture
def page(open_page: Callable[..., Page], researcher_client: Client, live_server: Any) -> Page:
    page = open_page("/login/")
    sign_in(page, researcher_client, live_server)
    return page


def test_sort_look_reverse_and_exclude_with_a_reason(page: Page, live_server: Any, lazy: str) -> None:
    page.goto(live_server.url + PAGE)
    rows = page.locator(".table--workers tbody tr")
    expect(rows).to_have_count(5)
    page.get_by_role("link", name="Time per grid").click()
    expect(rows.last).to_contain_text(lazy)
    page.get_by_role("link", name="Time per grid").click()
    expect(rows.first).to_contain_text(lazy)
    expect(page.get_by_role("columnheader", name="Time per grid")).to_have_attribute("aria-sort", "ascending")
    rows.first.get_by_role("link", name=lazy).click()
    expect(page.get_by_text("6 with nothing").first).to_be_visible()

    decisions = page.get_by_role("region", name="Decisions about them")
    decisions.locator("summary").click()
    decisions.get_by_label("Reason").fill("Those grids were empty.")
    page.get_by_role("button", name="Reverse it").click()
    expect(page.get_by_text(f"Worker {lazy} counts again")).to_be_visible()
    expect(page.get_by_text("Those grids were empty.")).to_be_visible()

    exclude = page.get_by_role("button", name="Exclude")
    exclude.click()  # the browser asks for the reason
    assert WorkerDecision.objects.count() == 1
    page.locator("#reason-exclude").fill("Never selected anything.")
    exclude.click()
    expect(page.get_by_text(f"Worker {lazy} is excluded")).to_be_visible()
    assert [row.reason for row in WorkerDecision.objects.active()] == ["Never selected anything."]


def test_a_review_that_is_asked_for_appears_by_itself(
    page: Page, live_server: Any, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "enqueue_review", lambda study_id: None)
    page.goto(live_server.url + PAGE)
    page.get_by_role("button", name="Review now").click()
    expect(page.get_by_text("This page renews itself")).to_be_visible()
    quality.review(study=batch.study, now=timezone.now())
    expect(page.locator(".table--workers tbody tr")).to_have_count(4)
    assert QualityReview.objects.get().requested_at is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_full_pages_break_no_accessibility_rule_and_fit_a_phone(
    open_page: Callable[..., Page], researcher_client: Client, live_server: Any, lazy: str, scheme: str
) -> None:
    page = open_page("/login/", color_scheme=scheme, bypass_csp=True, viewport={"width": 320, "height": 640})
    sign_in(page, researcher_client, live_server)
    for address in (PAGE, f"{PAGE}workers/{lazy}/", f"{PAGE}classes/"):
        page.goto(live_server.url + address)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
