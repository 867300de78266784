"""A report that is asked for on its page, built by a real consumer, and there without loading the page by hand."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from evaluation.models import Report
from tests import cast
from tests.evaluation import reported
from tests.flows.conftest import SECONDS, Consumers, consumer_starter, empty_queue
from tests.frontend.reports.cast import report

__all__ = ["consumer_starter", "empty_queue"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OpenPage = Callable[..., Page]


def test_a_report_is_built_from_its_page(
    open_as_member: OpenPage,
    researcher: User,
    consumer_starter: Consumers,
) -> None:
    study, _ = reported.scored_study(reported.SIX, [researcher])
    page = open_as_member("/studies/digits-twin/report/?set=digits-twin/original@r1&set=digits-twin/easier@r1")
    page.get_by_role("button", name="Build it").click()
    expect(page.get_by_role("heading", name="The report is being built")).to_be_visible()
    consumer_starter.start("default")
    expect(page.locator("h1")).to_contain_text(
        "points of accuracy on average on the easier set", timeout=1000 * SECONDS
    )
    assert study.reports.get().state == Report.State.BUILT
    expect(page.locator("#chart-key svg")).to_be_visible()


def test_the_steps_move_by_themselves_and_a_failure_is_told(open_as_member: OpenPage, researcher: User) -> None:
    study, _ = reported.scored_study(reported.SIX, [researcher])
    row = report(study, {}, state="building", built_at=None, num_steps=9, num_steps_done=1)
    page = open_as_member()
    expect(page.locator("#attempt")).to_contain_text("1 of 9 steps done.")
    Report.objects.filter(pk=row.pk).update(num_steps_done=5)
    expect(page.locator("#attempt")).to_contain_text("5 of 9 steps done.")
    Report.objects.filter(pk=row.pk).update(state="failed", failure="The judgements are gone.")
    expect(page.get_by_role("heading", name="The report could not be built")).to_be_visible()
    expect(page.get_by_text("The judgements are gone.")).to_be_visible()
    assert row.requested_at == cast.NOW
