"""From a list of people to a worker with a code, in a real Chromium; and a rehearsal by its button."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from annotation import grids, inviting, workers
from annotation.models import Batch, Invitation, Origin, Study
from annotation.platforms import codes
from annotation.tasks import rehearse, send_letters
from tests import pictures
from tests.browser.accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LIST = "name;email;language;note\nLina Haddad;lina@example.org;ar;row 1\nZoë Meyer;zoe@example.org;;\nBob;nowhere;;\n"


@pytest.fixture
def study(researcher: User) -> Study:
    row = pictures.launched(num_images=4, num_grids=2).study
    row.researchers.add(researcher)
    return row


def signed_in(open_page: Callable[..., Page], client: Client, live_server: Any, **options: Any) -> Page:
    page = open_page("/login/", bypass_csp=True, **options)
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    return page


def test_a_list_is_looked_at_invited_and_written_to(
    open_page: Callable[..., Page], researcher_client: Client, live_server: Any, study: Study, tmp_path: Path
) -> None:
    (tmp_path / "people.csv").write_text(LIST, encoding="utf-8-sig")
    page = signed_in(open_page, researcher_client, live_server)
    page.goto(live_server.url + reverse("frontend:invitation-list", args=[study.slug]))
    page.get_by_role("link", name="Upload a list").click()
    page.get_by_label("List of people").set_input_files(tmp_path / "people.csv")
    page.get_by_role("button", name="Look at the list").click()
    expect(page.get_by_role("heading", name="2 people to invite")).to_be_visible()
    expect(page.get_by_text("'nowhere' is no e-mail address.")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Invite 2 people").click()
    expect(page.get_by_text("2 people are invited.")).to_be_visible()
    expect(page.get_by_text("e-mails waiting")).to_be_visible()
    assert violations(page) == []
    send_letters()
    expect(page.get_by_text("e-mails waiting")).to_be_hidden()  # the page has looked again by itself
    assert sorted(each.to[0] for each in mail.outbox) == ["lina@example.org", "zoe@example.org"]
    page.get_by_role("link", name="Sheet of codes to print").click()
    expect(page.locator(".slip")).to_have_count(2)
    assert violations(page) == []


def test_a_code_from_paper_leads_to_a_grid_and_back_on_another_device(
    open_page: Callable[..., Page], study: Study
) -> None:
    (invited,) = workers.invite_by_codes(study=study, name="Class 3b", number=1, now=timezone.now())
    for num_before in (0, 1):
        page = open_page("/join/", viewport={"width": 360, "height": 740}, bypass_csp=True)
        page.get_by_label("Code").fill("bcd fgh 234")
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_role("alert")).to_contain_text("There is no such code")
        assert violations(page) == []
        page.get_by_label("Code").fill(codes.spelled(invited.code or "").lower())
        page.get_by_role("button", name="Go on").click()
        assert study.enrolments.count() == num_before
        page.get_by_role("button", name="Start").click()
        page.wait_for_url("**/work/**")
    assert study.enrolments.count() == 1


def test_a_rehearsal_begins_with_a_button_and_shows_how_far_it_is(
    open_page: Callable[..., Page], researcher_client: Client, live_server: Any, study: Study
) -> None:
    bow = study.target_classes.get()
    for number in range(30):
        pictures.pictured(bow, Origin.POOL, 100 + number)
    grids.compose(study=study, now=timezone.now())
    page = signed_in(open_page, researcher_client, live_server)
    page.goto(live_server.url + reverse("frontend:grid-list", args=[study.slug]))
    page.get_by_text("Rehearse it first, on simulated workers").click()
    page.get_by_role("button", name="Rehearse on simulated workers").click()
    expect(page.get_by_text("nobody has looked at anything")).to_be_visible()
    assert violations(page) == []
    batch = Batch.objects.get(platform="simulated")
    rehearse(batch.pk)
    batch.refresh_from_db()
    assert batch.expired_at is not None
    assert not study.batches.filter(platform="simulated").exists()
    page.reload()
    page.get_by_text("What is assumed of them").click()
    expect(page.get_by_text("of the pool 45 %")).to_be_visible()


def test_pages_fit_a_phone(
    open_page: Callable[..., Page], researcher_client: Client, live_server: Any, study: Study
) -> None:
    text = "name,email,note\nLlanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch,"
    text += f"{'a' * 60}@{'b' * 60}.example.org,{'x' * 90}\n"
    inviting.invite(study=study, reading=inviting.read(text.encode()), now=timezone.now())
    Invitation.objects.update(email_refusal="The mail server refuses the address: 550 " + "x" * 100)
    page = signed_in(open_page, researcher_client, live_server, viewport={"width": 360, "height": 740})
    for name in ("invitation-list", "invitation-people", "invitation-sheet", "invitation-completion", "grid-list"):
        page.goto(live_server.url + reverse(f"frontend:{name}", args=[study.slug]))
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, name
        assert violations(page) == [], name
