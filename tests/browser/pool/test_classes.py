"""From an empty study to classes with definitions and a nearest class, in a real Chromium."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests import cast
from tests.browser.accessibility import violations
from tests.browser.people.test_people import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
INFO = [
    {"wnid": "n01440764", "synset": ["tench", "Tinca tinca"], "gloss": "a freshwater fish"},
    {"wnid": "n01443537", "synset": ["goldfish"], "gloss": "small fishes"},
]


def test_a_list_is_imported_searched_and_given_a_nearest_class(
    open_page: Callable[..., Page], researcher_client: Client, live_server: Any, researcher: User, tmp_path: Path
) -> None:
    study = cast.study("fish", [researcher])
    (tmp_path / "class_info.json").write_text(json.dumps(INFO))
    page = signed_in(open_page, researcher_client, live_server, viewport={"width": 360, "height": 740})
    page.goto(live_server.url + reverse("frontend:class-list", args=[study.slug]))
    expect(page.get_by_role("heading", name="No classes yet")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="Import or complete classes").click()
    page.get_by_label("File", exact=True).set_input_files(tmp_path / "class_info.json")
    assert violations(page) == []
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("2 classes added.")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("Search", exact=True).fill("tinca")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("rowheader")).to_have_count(1)
    page.get_by_role("link", name="Choose the nearest class of tench").click()
    page.get_by_label("Nearest class").fill("gold")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("did you mean n01443537?")
    assert violations(page) == []
    page.get_by_label("Nearest class").fill("goldfish")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("the nearest class is goldfish (n01443537) from now on")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
