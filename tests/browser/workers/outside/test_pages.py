"""The pages around the grids of workers from elsewhere: for everybody, and whole on a small phone."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from annotation import hits
from annotation.models import Posting, Study
from tests import outside
from tests.browser.accessibility import violations
from tests.browser.workers.outside.conftest import address

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"


@pytest.fixture
def pages(put_up: Callable[..., Posting]) -> dict[str, str]:
    """Addresses of the pages, by what they are about."""
    hit, found = put_up("mturk", num_assignments=3), {}
    Study.objects.update(slug="another")
    study = put_up("prolific", num_grids=2)
    study.batch.launch.completion_code = "A-CODE-OF-THIRTY-CHARACTERS-AND-MORE-42"
    study.batch.launch.save()
    found["preview"], found["preview of a batch"] = f"/start/{hit.token}/", f"/start/{study.token}/"
    found["consent"] = address(hit, 7)
    returned = _begun(hit, 1)
    found["returned"] = Client().post(f"{returned}release/").headers["Location"]
    Client().post(_begun(hit, 2), {"selected": 1})
    found["handing over"] = address(hit, 2)
    for _ in range(2):
        Client().post(_begun(study, 2), {"selected": 1})
    found["completed"] = address(study, 2)
    begun = _begun(study, 3)
    hits.expire(batch=study.batch, now=timezone.now())
    Client().post(begun, {"selected": 1})
    found["completed early"], found["closed"] = address(study, 3), address(study, 8)
    found["wrong address"] = address(hit, turkSubmitTo="https://evil.example")
    Study.objects.update(name=LONG, content_warning="Wounds.\nBlood.", description="Why we ask.")
    return found


def _begun(posting: Posting, number: int) -> str:
    """The address of the worker's grid."""
    given = {"query_params": outside.query(posting, number, number)}
    return str(Client().post(f"/start/{posting.token}/", **given).headers["Location"])


def prepared(open_page: Callable[..., Page], **options: object) -> Page:
    """The hand-over stays where it is, to be looked at."""
    page = open_page("/login/", **options)
    page.route("**/hand_over.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_breaks_an_accessibility_rule(
    open_page: Callable[..., Page], pages: dict[str, str], scheme: str
) -> None:
    broken = {}
    page = prepared(open_page, color_scheme=scheme, bypass_csp=True)
    for name, where in pages.items():
        page.goto(where)
        if found := violations(page):
            broken[name] = found
    assert broken == {}


def test_nothing_is_cut_off_and_all_can_be_pressed_on_a_phone(
    open_page: Callable[..., Page], pages: dict[str, str]
) -> None:
    page = prepared(open_page, viewport={"width": 320, "height": 640})
    widths, small = {}, {}
    for name, where in pages.items():
        page.goto(where)
        widths[name] = page.evaluate("document.documentElement.scrollWidth")
        small[name] = page.locator("main :is(button, a, summary):visible").evaluate_all(
            "(all) => all.filter((each) => each.getBoundingClientRect().height < 44).map((each) => each.textContent)"
        )
    assert {name: found for name, found in widths.items() if found > 320} == {}
    assert {name: found for name, found in small.items() if found} == {}


def test_each_page_is_the_one_it_is_meant_to_be(pages: dict[str, str]) -> None:
    said = {
        "preview": "Accept the HIT", "preview of a batch": "Open the study from", "consent": "By starting you agree",
        "returned": "You returned the grid",
        "handing over": "One more step", "completed": "You are done.", "completed early": "You did 1 of 2 grids",
        "closed": "This study takes no more answers", "wrong address": "This link does not work",
    }  # fmt: skip
    missing = [name for name, where in pages.items() if said[name] not in Client().get(where).text]
    assert (missing, set(said) - set(pages)) == ([], set())
