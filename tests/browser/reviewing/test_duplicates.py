"""Near-duplicates in a real Chromium: a whole review by the keyboard, by forms alone, and on a phone."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from PIL import Image as PillowImage
from playwright.sync_api import Page, expect

from annotation import candidates, duplicates, tasks
from annotation.models import DuplicateDecision, DuplicateSearch, Exclusion, Origin, TargetClass
from annotation.sources.base import CandidateRecord
from tests import cast
from tests.annotation.duplicates.scenes import again, reference, scene
from tests.browser.accessibility import violations
from tests.browser.test_research_pages import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGE = "/studies/bows/duplicates/"


def photograph(seed: int, version: int) -> bytes:
    """A scene, taken several times."""
    grey = PillowImage.fromarray(again(scene(seed), version)).resize((320, 240), PillowImage.Resampling.BICUBIC)
    colours = np.asarray(grey)[..., None] * np.array([1.0, 0.9 - seed % 5 / 20, 0.6])
    buffer = io.BytesIO()
    PillowImage.fromarray(colours.astype(np.uint8)).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


@pytest.fixture
def bow(researcher: User, monkeypatch: pytest.MonkeyPatch) -> TargetClass:
    """Three scenes twice in the pool, and one that is in the original too."""
    monkeypatch.setattr(tasks, "enqueue_duplicate_search", lambda study_id: None)
    bow = cast.target_class(cast.study("bows", [researcher]), "n02879718", "bow")
    for origin, shots in (
        (Origin.POOL, [(1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (3, 1)]),
        (Origin.ORIGINAL, [(3, 2)]),
    ):
        records = [
            CandidateRecord(
                f"{origin}/{seed}-{version}.jpg", bow.class_id, lambda shot=(seed, version): photograph(*shot)
            )
            for seed, version in shots
        ]
        report = candidates.ingest(study=bow.study, origin=origin, records=records, now=cast.NOW)
        assert report.num_created == len(shots)
    return bow


@pytest.fixture
def searched(bow: TargetClass) -> TargetClass:
    duplicates.search(study=bow.study, now=cast.NOW)
    assert bow.study.duplicate_pairs.count() == 5
    return bow


@pytest.fixture
def page(open_page: Callable[..., Page], researcher_client: Client, live_server: Any) -> Page:
    page = open_page("/login/")
    sign_in(page, researcher_client, live_server)
    return page


def looked_at(page: Page, number: int) -> None:
    expect(page.get_by_text(f"{number} of 5", exact=True)).to_be_visible()
    expect(page.locator("[data-said]")).to_have_text(f"{number} of 5 looked at.")


def test_a_whole_review_by_the_keyboard(page: Page, live_server: Any, searched: TargetClass) -> None:
    page.goto(live_server.url + PAGE)
    page.evaluate("window.isTheSamePage = true")
    page.keyboard.press("n")
    looked_at(page, 1)
    assert DuplicateDecision.objects.get().is_duplicate is False
    page.keyboard.press("u")
    looked_at(page, 0)
    for number in range(1, 6):
        page.keyboard.press("d")
        looked_at(page, number)
    expect(page.get_by_role("heading", name="All pairs are looked at")).to_be_focused()
    assert page.evaluate("window.isTheSamePage")
    assert DuplicateDecision.objects.active().filter(is_duplicate=True).count() == 5
    reasons = sorted(Exclusion.objects.values_list("reason", flat=True))
    assert reasons == ["duplicate", "duplicate", "in_original", "in_original"]
    page.get_by_role("button", name="Keep this instead").first.click()
    expect(page.get_by_text("Chosen by a person.")).to_be_visible()
    page.keyboard.press("u")
    expect(page.get_by_role("button", name="Duplicate", exact=True)).to_be_visible()
    assert DuplicateDecision.objects.active().count() == 4


def test_single_keys_can_be_switched_off_and_a_held_key_answers_once(
    page: Page, live_server: Any, searched: TargetClass
) -> None:
    page.goto(live_server.url + PAGE)
    keys = page.get_by_label("work anywhere on the page")
    keys.uncheck()
    page.keyboard.press("d")
    keys.check()
    page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', { key: 'd', repeat: true, bubbles: true }))")
    page.keyboard.press("n")
    looked_at(page, 1)
    assert [row.is_duplicate for row in DuplicateDecision.objects.all()] == [False]


def test_what_could_not_be_saved_is_said_and_sent_again(page: Page, live_server: Any, searched: TargetClass) -> None:
    page.route("**/decision/", lambda route: route.abort())
    page.goto(live_server.url + PAGE)
    page.keyboard.press("d")
    expect(page.get_by_text("That was not saved")).to_be_visible()
    page.unroute("**/decision/")
    page.keyboard.press("d")
    looked_at(page, 1)


def test_without_javascript_the_forms_do_it(
    open_page: Callable[..., Page], researcher_client: Client, live_server: Any, searched: TargetClass
) -> None:
    page = open_page("/login/", java_script_enabled=False)
    sign_in(page, researcher_client, live_server)
    page.goto(live_server.url + PAGE)
    page.get_by_role("button", name="Not a duplicate").click()
    expect(page.get_by_text("1 of 5", exact=True)).to_be_visible()
    page.get_by_role("button", name="Undo my last").click()
    expect(page.get_by_text("0 of 5", exact=True)).to_be_visible()


def test_a_search_shows_how_far_it_is_and_then_the_first_pair(page: Page, live_server: Any, bow: TargetClass) -> None:
    page.goto(live_server.url + PAGE)
    page.get_by_role("button", name="Search for duplicates").click()
    expect(page.get_by_text("A search is asked for")).to_be_visible()
    DuplicateSearch.objects.update(step="comparing the pool", num_done=1, num_wanted=7)
    expect(page.get_by_text("Searching: comparing the pool.")).to_be_visible()
    duplicates.search(study=bow.study, now=timezone.now())
    expect(page.get_by_role("button", name="Not a duplicate")).to_be_visible()
    expect(page.get_by_text("7 images compared")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_breaks_no_accessibility_rule_and_fits_a_phone(
    open_page: Callable[..., Page], researcher_client: Client, live_server: Any, searched: TargetClass, scheme: str
) -> None:
    reference(searched.study, "train/a-rather-long-name-of-a-file-" + "x" * 80 + ".jpg", scene(2))
    duplicates.search(study=searched.study, now=cast.NOW)
    person = User.objects.get(username="rosa")
    page = open_page("/login/", color_scheme=scheme, bypass_csp=True, viewport={"width": 320, "height": 640})
    sign_in(page, researcher_client, live_server)
    for pair in [None, *searched.study.duplicate_pairs.order_by("pk")]:
        if pair is not None:
            duplicates.decide(pair=pair, is_duplicate=True, by=person, now=cast.NOW)
        page.goto(live_server.url + PAGE)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert violations(page) == []
    page.goto(
        f"{live_server.url}{PAGE}?pair={searched.study.duplicate_pairs.filter(reference__isnull=False).first().pk}"
    )
    assert violations(page) == []
