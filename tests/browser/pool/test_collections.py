"""A folder taken in, from the form to the account of it, in a real Chromium."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, expect

from annotation import tasks
from annotation.models import Collection
from tests.annotation.collecting import collected
from tests.browser.accessibility import violations
from tests.browser.test_research_pages import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_folder_is_named_watched_and_accounted_for(
    open_page: Callable[..., Page],
    researcher: User,
    researcher_client: Client,
    live_server: Any,
    settings: Any,
    tmp_path: Path,
) -> None:
    settings.COLLECT_FROM = [str(tmp_path)]
    collected.folder(tmp_path / "images")
    collected.study().researchers.add(researcher)
    page = open_page("/login/", viewport={"width": 360, "height": 800})
    sign_in(page, researcher_client, live_server)
    page.goto(f"{live_server.url}/studies/digits/collections/")
    assert violations(page) == []
    page.get_by_role("link", name="Take in images").click()
    assert violations(page) == []
    page.get_by_role("combobox", name="Folder or table").fill("imagse")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no imagse in the folders that may be taken in from")
    page.get_by_role("combobox", name="Folder or table").fill("images")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("waiting for a consumer")).to_be_visible()
    page.get_by_role("button", name="Stop").focus()
    tasks.collect(Collection.objects.get().pk)  # what the queue does
    expect(page.locator("#collection")).to_contain_text("finished")
    expect(page.get_by_role("row", name="Created: candidates that are new 10")).to_be_visible()
    expect(page.get_by_role("row", name="1/004x.png")).to_be_visible()
    expect(page.locator("#collection")).not_to_have_attribute("hx-trigger", "every 2s")
    assert violations(page) == []
    with page.expect_download() as started:
        page.get_by_role("link", name="All as CSV").click()
    assert "1/004x.png" in started.value.path().read_text()
    page.get_by_role("navigation", name="The pool").get_by_role("link", name="Collections").click()
    expect(page.get_by_role("row", name="Folder")).to_contain_text("finished")
    assert violations(page) == []
