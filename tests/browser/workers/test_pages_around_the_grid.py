"""The worker's pages before, between and after the grids: for everybody, and whole on a small phone."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from annotation import assignments, workers
from annotation.models import Assignment, Batch, Study, Worker
from annotation.platforms import local
from tests import cast, pictures
from tests.browser.accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"


def pages() -> dict[str, str]:
    """Addresses of the pages, by what they are about."""
    batch = pictures.launched(num_images=4, pay_minor_units=30, currency="EUR")
    Study.objects.update(name=LONG, content_warning="Wounds.\nBlood.", description="Why we ask.")
    worker = cast.worker()
    home = f"/me/{local.enrolment_token(cast.enrolment(batch.study, worker))}/"
    held = assignments.claim(batch=batch, worker=worker, now=timezone.now())
    assert held is not None
    grid = f"/work/{local.assignment_token(held)}/"
    other = Assignment(pk=held.pk, worker=cast.worker("another"))
    return {
        "consent": cast.join(batch),
        "personal page": home,
        "resting": f"{home}?resting=1",
        "renewed": f"{home}?renewed=1",
        "handed on": f"/work/{local.assignment_token(other)}/",
        "forged": f"{grid[:-2]}~/",
        "withdrawn": _withdrawn(batch),
    }


def _withdrawn(batch: Batch) -> str:
    invitation = workers.invite(study=batch.study, name="Old friends", now=cast.NOW)
    workers.withdraw(invitation=invitation, now=cast.NOW)
    return f"/join/{local.invitation_token(invitation)}/"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_breaks_an_accessibility_rule(open_page: Callable[..., Page], scheme: str) -> None:
    broken = {}
    page = open_page("/login/", color_scheme=scheme, bypass_csp=True)
    for name, address in pages().items():
        page.goto(address)
        if found := violations(page):
            broken[name] = found
    assert broken == {}
    assert Worker.objects.count() == 2


@pytest.mark.parametrize("width", [320, 3840])
def test_nothing_is_cut_off_however_long_the_name(open_page: Callable[..., Page], width: int) -> None:
    page = open_page("/login/", viewport={"width": width, "height": 640})
    widths = {}
    for name, address in pages().items():
        page.goto(address)
        widths[name] = page.evaluate("document.documentElement.scrollWidth")
    assert {name: found for name, found in widths.items() if found > width} == {}


def test_all_that_can_be_pressed_is_large_enough_for_a_thumb(open_page: Callable[..., Page]) -> None:
    page = open_page("/login/", viewport={"width": 360, "height": 740})
    small = {}
    for name, address in pages().items():
        page.goto(address)
        small[name] = page.locator("main :is(button, a, summary):visible").evaluate_all(
            "(all) => all.filter((each) => each.getBoundingClientRect().height < 44).map((each) => each.textContent)"
        )
    assert {name: found for name, found in small.items() if found} == {}
