"""From the pool to an exclusion of many and back, in a real Chromium, with and without scripts."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation import storage
from annotation.models import BulkExclusion, Candidate, Exclusion, Image
from tests import cast
from tests.annotation.candidates.pool_rows import Pool, pool
from tests.browser.accessibility import violations
from tests.browser.test_research_pages import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def some(researcher: User) -> Pool:
    row = pool(researchers=[researcher])
    for image in Image.objects.order_by("pk"):
        content = cast.png(image.pk, (image.width, image.height), "JPEG")
        Image.objects.filter(pk=image.pk).update(rendition_sha256=storage.put("renditions", content))
    return row


def opened(open_page: Callable[..., Page], client: Client, live_server: Any, name: str, **options: Any) -> Page:
    page = open_page("/login/", **options)
    sign_in(page, client, live_server)
    page.goto(live_server.url + reverse(f"frontend:{name}", args=["digits-twin"]))
    return page


@pytest.mark.parametrize("has_scripts", [True, False])
def test_many_are_found_looked_at_excluded_and_let_in_again(
    open_page: Callable[..., Page], researcher_client: Client, live_server: Any, some: Pool, has_scripts: bool
) -> None:
    before = Exclusion.objects.count()
    page = opened(open_page, researcher_client, live_server, "candidate-list", java_script_enabled=has_scripts)
    page.get_by_label("Class").fill("class 1")
    expect(page.get_by_label("Width to, pixels")).not_to_be_visible()
    page.get_by_text("More to filter by").click()
    page.get_by_label("Width to, pixels").fill("300")
    page.get_by_role("button", name="Filter").click()
    expect(page).to_have_url(re.compile("max_width=300"))
    expect(page.get_by_label("Width to, pixels")).to_have_value("300")
    page.get_by_role("link", name="Exclude all of this selection").click()
    heading = page.get_by_role("heading", name="candidates would be excluded")
    number = int((heading.text_content() or "").split()[0])
    page.get_by_label("Each of them").select_option(label="is broken, offensive or not a photograph")
    page.get_by_role("button", name=f"Exclude {number} candidates").click()
    expect(page.get_by_text(f"{number} candidates excluded from all that follows")).to_be_visible()
    assert Exclusion.objects.count() == before + number == before + BulkExclusion.objects.get().num_excluded
    page.get_by_role("link", name="Show what the exclusion").click()
    expect(page.get_by_role("img", name="Candidate")).to_have_count(number)
    page.get_by_role("link", name="class 1").first.click()
    expect(page.get_by_text("with others at once")).to_be_visible()
    page.get_by_role("button", name="Let it in again").click()
    expect(page.get_by_text("takes part again")).to_be_visible()
    page.get_by_role("link", name="Exclusions").click()
    page.get_by_role("button", name="Undo the exclusion").click()
    expect(page.get_by_text(f"{number - 1} candidates take part again")).to_be_visible()
    assert Exclusion.objects.count() == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_of_the_pool_breaks_an_accessibility_rule_or_the_screen(
    open_page: Callable[..., Page], researcher_client: Client, live_server: Any, some: Pool, scheme: str
) -> None:
    Candidate.objects.filter(pk=some.rows[5].pk).update(
        source="https://live.example.org/" + "a1b2" * 60 + ".jpg", page_url="https://example.org/" + "ann" * 60,
        owner="Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch",
    )  # fmt: skip
    BulkExclusion.objects.create(
        study=some.study, reason="other", criteria={"origin": "pool", "owner": "Ann"}, num_excluded=3, made_at=cast.NOW
    )
    options = {"color_scheme": scheme, "bypass_csp": True, "viewport": {"width": 360, "height": 740}}
    page = opened(open_page, researcher_client, live_server, "candidate-list", **options)
    at = page.url
    broken = {}
    for where in (
        "", "?min_width=1&has_picture=yes", "?min_width=x", "?source=nowhere", f"{some.rows[5].pk}/",
        f"{some.rows[1].pk}/", "../exclusions/", "../exclusions/new/?preview=1",
        "../exclusions/new/?class=none&preview=1",
    ):  # fmt: skip
        page.goto(at + where)
        width = page.evaluate("document.documentElement.scrollWidth")
        if (found := violations(page)) or width > 360:
            broken[where] = (found, width)
    assert broken == {}
