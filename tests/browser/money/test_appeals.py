"""A worker reads of a rejection and asks for another look; a researcher grants it; the worker reads that."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from annotation import messages
from annotation.models import Place
from annotation.payments import ledger
from tests.browser.accessibility import violations
from tests.browser.money.conftest import REASON, Money
from tests.own_people import pay_due

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = [(360, "light"), (360, "dark"), (1440, "light"), (1440, "dark")]


def test_from_a_rejection_to_pay_by_keyboard(
    open_page: Callable[..., Page], signed_in: Callable[..., Page], live_server: Any, money: Money
) -> None:
    paid_before = ledger.spend(money.batch).paid
    worker = open_page(money.home)
    expect(worker.get_by_text(REASON)).to_be_visible()
    worker.locator("summary", has_text="Ask for another look").focus()
    worker.keyboard.press("Enter")
    worker.keyboard.press("Tab")
    worker.keyboard.type("No picture of this grid had a bow.")
    worker.keyboard.press("Tab")
    worker.keyboard.press("Enter")
    expect(worker.get_by_text("Your message is sent")).to_be_visible()
    expect(worker.get_by_text("You have asked for another look.")).to_be_visible()

    page = signed_in()
    page.goto(f"{live_server.url}/studies/{money.slug}/messages/")
    page.get_by_role("link", name=money.pseudonym).click()
    expect(page.get_by_role("heading", name="They ask for another look")).to_be_visible()
    page.get_by_label("Why it is paid after all").fill("You are right: none had one.")
    page.get_by_role("button", name="Pay it after all").click()
    expect(page.get_by_text("The rejection is taken back")).to_be_visible()
    assert messages.open_appeals(money.batch.study).count() == 0

    pay_due(money.batch, now=timezone.now())
    assert ledger.spend(money.batch).paid == paid_before + money.batch.pay_minor_units
    worker.goto(f"{live_server.url}{money.home}")
    expect(worker.get_by_text("You are right: none had one.")).to_be_visible()
    expect(worker.get_by_text("Ask for another look")).to_have_count(0)


def test_without_scripts_a_worker_writes_and_reads_the_answer(
    open_page: Callable[..., Page], money: Money, live_server: Any
) -> None:
    worker = open_page(money.home, java_script_enabled=False)
    worker.get_by_text("Write to the people who run this study").click()
    worker.get_by_label("Your message").fill("Hello")
    worker.get_by_role("button", name="Send").last.click()
    expect(worker.get_by_text("Your message is sent")).to_be_visible()
    expect(worker.locator("#messages .letter", has_text="Hello")).to_be_visible()
    del live_server


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_the_pages_fit_and_break_no_rule(
    signed_in: Callable[..., Page], live_server: Any, money: Money, width: int, scheme: str
) -> None:
    messages.write_to_researchers(
        study=money.batch.study, worker=money.worker, text="Look again.", now=timezone.now(), rejection=money.rejection
    )
    page = signed_in(color_scheme=scheme, bypass_csp=True, viewport={"width": width, "height": 800})
    study = f"/studies/{money.slug}"
    paid = Place.objects.filter(state="approved").first()
    assert paid is not None
    for address in (
        f"{study}/places/{paid.pk}/",
        f"{study}/batches/{money.batch.pk}/statement/",
        f"{study}/places/{money.rejection.place_id}/",
        f"{study}/messages/",
        f"{study}/messages/{money.pseudonym}/",
    ):
        page.goto(live_server.url + address)
        assert violations(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address


@pytest.mark.parametrize(("width", "scheme"), SIZES)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_workers_own_page_fits_and_breaks_no_rule(
    open_page: Callable[..., Page], money: Money, width: int, scheme: str, language: str
) -> None:
    page = open_page(
        money.home, locale=language, color_scheme=scheme, bypass_csp=True, viewport={"width": width, "height": 800}
    )
    for summary in page.locator("summary").all():
        summary.click()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
