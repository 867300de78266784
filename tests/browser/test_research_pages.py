"""Every page of a study in a real Chromium: usable by everybody, and whole on a small phone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation import assignments, complaints
from annotation.models import Batch, Complaint, Example, Invitation, Origin, TargetClass
from tests import cast
from tests.browser.accessibility import violations
from tests.whole_study import WholeStudy, whole_study

LONG_NAME = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = [
    "study-detail",
    "class-list",
    "class-import",
    "candidate-list",
    "collection-list",
    "collection-create",
    "bulk-exclusion-list",
    "bulk-exclusion-new",
    "pool-comparison",
    "duplicate-decision-list",
    "guidelines",
    "grid-list",
    "invitation-list",
    "quality",
    "quality-classes",
    "frequency-list",
    "test-set-list",
    "test-set-feasibility",
    "classifier-list",
    "run-list",
    "prediction-upload",
]


@pytest.fixture
def whole(researcher: User) -> WholeStudy:
    row = whole_study(researchers=[researcher])
    Batch.objects.update(is_simulated=True)
    TargetClass.objects.filter(pk=row.target_class.pk).update(name=LONG_NAME)
    for origin in Origin:
        cast.measured(row.target_class, origin, 7)
    Invitation.objects.update(name=LONG_NAME, max_workers=3)
    held = assignments.claim(batch=row.batch, worker=row.enrolment.worker, now=cast.NOW)
    assert held is not None
    for position, reason in enumerate(Complaint.Reason):
        complaints.file(
            assignment_id=held.pk, worker_id=row.enrolment.worker_id, position=position, reason=reason, now=cast.NOW
        )
    return row


def addresses(whole: WholeStudy) -> list[str]:
    study, drawn = whole.study.slug, whole.test_set
    return [
        "/",
        reverse("frontend:study-create"),
        *(reverse(f"frontend:{name}", args=[study]) for name in PAGES),
        reverse("frontend:class-nearest", args=[study, whole.target_class.pk]),
        reverse("frontend:launch-create", args=[study]),
        reverse("frontend:launch-detail", args=[study, whole.launch.pk]),
        reverse("frontend:launch-edit", args=[study, whole.launch.pk]),
        reverse("frontend:batch-detail", args=[study, whole.batch.pk]),
        reverse("frontend:invitation-detail", args=[study, whole.invitation.pk]),
        reverse("frontend:quality-worker", args=[study, whole.enrolment.pseudonym]),
        reverse("frontend:candidate-list", args=[study]) + "?state=reported",
        reverse("frontend:test-set-detail", args=[study, drawn.name, drawn.revision]),
        reverse("frontend:test-set-detail", args=[study, whole.draft.name, whole.draft.revision]),
        reverse("frontend:test-set-history", args=[study, drawn.name]),
        reverse("frontend:test-set-diff", args=[study, drawn.name, drawn.revision, drawn.revision]),
        reverse("frontend:classifier-detail", args=[study, whole.classifier.pk]),
        reverse("frontend:export-list", args=[study, drawn.name, drawn.revision]),
    ]


def sign_in(page: Page, client: Client, live_server: Any) -> None:
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_breaks_an_accessibility_rule(
    open_page: Callable[..., Page], researcher_client: Client, live_server: Any, whole: WholeStudy, scheme: str
) -> None:
    page = open_page("/login/", color_scheme=scheme, bypass_csp=True)
    sign_in(page, researcher_client, live_server)
    broken = {}
    for address in addresses(whole):
        page.goto(live_server.url + address)
        if found := violations(page):
            broken[address] = found
    assert broken == {}


@pytest.mark.parametrize("width", [320, 1920])
def test_nothing_is_cut_off_however_long_its_name(
    open_page: Callable[..., Page], researcher_client: Client, live_server: Any, whole: WholeStudy, width: int
) -> None:
    page = open_page("/login/", viewport={"width": width, "height": 640})
    sign_in(page, researcher_client, live_server)
    widths = {}
    for address in addresses(whole):
        page.goto(live_server.url + address)
        widths[address] = page.evaluate("document.documentElement.scrollWidth")
    assert {address for address, found in widths.items() if found > width} == set()


CURRENT = {
    "study-detail": "Flow",
    "collection-list": "Candidates",
    "quality-classes": "Quality",
    "test-set-feasibility": "Test sets",
    "run-list": "Runs",
}


def test_on_a_phone_the_stages_are_one_row_that_folds_out_without_a_script(
    open_page: Callable[..., Page], researcher_client: Client, live_server: Any, whole: WholeStudy
) -> None:
    page = open_page("/login/", viewport={"width": 360, "height": 800}, java_script_enabled=False)
    sign_in(page, researcher_client, live_server)
    for name, current in CURRENT.items():
        page.goto(live_server.url + reverse(f"frontend:{name}", args=[whole.study.slug]))
        stages = page.get_by_role("navigation", name="Stages of the study")
        box = stages.bounding_box()
        assert box is not None
        assert 44 <= box["height"] < 60
        expect(stages.locator("summary")).to_have_text(f"Stages of the study, now in {current} 1 message to answer")
        expect(stages.get_by_role("link")).to_have_count(0)
    stages.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(stages.get_by_role("link")).to_have_count(14)
    expect(stages.locator("[aria-current=page]")).to_have_text("Runs")
    page.keyboard.press("Tab")
    expect(stages.get_by_role("link", name="Flow")).to_be_focused()
    stages.get_by_role("link", name="Test sets").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Test sets")


def test_on_a_desk_all_stages_are_in_one_row(
    open_page: Callable[..., Page], researcher_client: Client, live_server: Any, whole: WholeStudy
) -> None:
    page = open_page("/login/", viewport={"width": 1440, "height": 800})
    sign_in(page, researcher_client, live_server)
    page.goto(live_server.url + reverse("frontend:run-list", args=[whole.study.slug]))
    stages = page.get_by_role("navigation", name="Stages of the study")
    expect(stages.get_by_role("link")).to_have_count(14)
    expect(stages.locator("summary")).to_be_hidden()
    box = stages.bounding_box()
    assert box is not None
    assert box["height"] < 60


def test_examples_are_added_shown_previewed_and_removed(
    open_page: Callable[..., Page], researcher: User, researcher_client: Client, live_server: Any, tmp_path: Path
) -> None:
    cast.target_class(cast.study("bows", [researcher]), "n01", "bow")
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(cast.png(number))
    page = open_page("/login/")
    sign_in(page, researcher_client, live_server)
    page.goto(f"{live_server.url}/studies/bows/guidelines/")
    expect(page.get_by_role("heading", name="No examples yet")).to_be_visible()
    shown = page.get_by_role("img", name="of bow")
    for answer, files, number in (("They show it", ["0.png", "1.png"], 2), ("They do not show it", ["2.png"], 3)):
        page.get_by_label(answer).check()
        page.get_by_label("Pictures").set_input_files([tmp_path / name for name in files])
        page.get_by_label("Caption").fill("Look at the string.")
        page.get_by_role("button", name="Add").click()
        expect(shown).to_have_count(number)
    pictures = page.locator("#examples img, .preview img")
    expect(pictures).to_have_count(6)
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("naturalWidth", 400)
    expect(page.get_by_text("3 images, 2 of which show it")).to_be_visible()
    page.get_by_role("button", name="Remove example 3 of bow").click()
    expect(page.get_by_text("There is no practice yet")).to_be_visible()
    assert [row.shows_class for row in Example.objects.all()] == [True, True]
