"""The pages everybody meets first."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", ["/login/", "/no/such/place/", "/work/forged/"])
def test_no_accessibility_rule_is_broken(open_page: Callable[..., Page], address: str, scheme: str) -> None:
    assert violations(open_page(address, color_scheme=scheme, bypass_csp=True)) == []


@pytest.mark.parametrize("address", ["/login/", "/no/such/place/"])
def test_nothing_is_cut_off_on_a_small_phone(open_page: Callable[..., Page], address: str) -> None:
    page = open_page(address, viewport={"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_sign_in_form_says_what_was_wrong(open_page: Callable[..., Page]) -> None:
    page = open_page("/login/")
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password").fill("nothing")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("correct username and password")
