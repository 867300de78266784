"""The researcher's examples in a real Chromium: added by the form, shown, previewed, and taken away."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, expect

from annotation.models import Example
from tests import cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_examples_are_added_shown_previewed_and_removed(
    open_page: Callable[..., Page], researcher: User, researcher_client: Client, live_server: Any, tmp_path: Path
) -> None:
    cast.target_class(cast.study("bows", [researcher]), "n01", "bow")
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(cast.png(number))
    page = open_page("/login/")
    session = researcher_client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page.goto(f"{live_server.url}/studies/bows/guidelines/")
    expect(page.get_by_role("heading", name="No examples yet")).to_be_visible()
    for answer, files in (("They show it", ["0.png", "1.png"]), ("They do not show it", ["2.png"])):
        page.get_by_label(answer).check()
        page.get_by_label("Pictures").set_input_files([tmp_path / name for name in files])
        page.get_by_label("Caption").fill("Look at the string.")
        page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("img", name="of bow")).to_have_count(3)
    page.wait_for_load_state("networkidle")
    sizes = page.locator("#examples img, .preview img").evaluate_all("(all) => all.map((image) => image.naturalWidth)")
    assert sizes == [400] * 6
    expect(page.get_by_text("3 images, 2 of which show it")).to_be_visible()
    page.get_by_role("button", name="Remove example 3 of bow").click()
    expect(page.get_by_text("There is no practice yet")).to_be_visible()
    assert [row.shows_class for row in Example.objects.all()] == [True, True]
