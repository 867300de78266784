"""A whole review in a real Chromium, by keyboard: two reviewers, a conflict, a third person, a rebuild, a freeze."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, expect

from annotation import reviews, storage, testsets
from annotation.models import Candidate, Exclusion, Image, Resolution, TestSetReview, Verdict
from tests import cast
from tests.annotation.reviews import reviewed
from tests.browser.accessibility import violations
from tests.browser.test_research_pages import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Enter = Callable[[str], Page]


@pytest.fixture
def review(researcher: User) -> TestSetReview:
    """Two classes of three images each; in the first, two were taken on one day."""
    study = reviewed.study(name="Digits twin", researchers=[researcher])
    for number, image in enumerate(Image.objects.order_by("id")):
        image.rendition_sha256 = storage.put("renditions", cast.png(number, (64, 64), "JPEG"))
        image.save()
    study.target_classes.filter(number=0).update(definition="The digit that is nothing.")
    review = reviewed.under_review(study)
    for number, candidate_id in enumerate(reviewed.images(review)):
        taken = cast.NOW + timedelta(days=number // 2, minutes=number)
        Candidate.objects.filter(pk=candidate_id).update(taken_at=taken)
    return review


@pytest.fixture
def enter(open_page: Callable[..., Page], live_server: Any, review: TestSetReview) -> Enter:
    """A page of a reviewer of this name."""

    def enter_(name: str, **options: Any) -> Page:
        user, is_new = User.objects.get_or_create(username=name)
        if is_new:
            review.test_set.study.reviewers.add(user)
        client = Client()
        client.force_login(user)
        page = open_page("/login/", **options)
        sign_in(page, client, live_server)
        return page

    return enter_


def heading(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def focused(page: Page) -> Any:
    return page.locator("[data-tile]:focus")


def press(page: Page, *keys: str) -> None:
    """Once the script has given an image the focus, or where a field has it."""
    expect(page.locator("[data-tile]:focus, input:focus")).to_be_visible()
    for key in keys:
        page.keyboard.press(key)


def saved(page: Page) -> None:
    expect(page.locator("[data-state]")).to_have_text("Saved")


def test_review_by_keyboard_from_the_first_look_to_the_freeze(
    enter: Enter, live_server: Any, review: TestSetReview
) -> None:
    first, second, _third = reviewed.images(review)
    ann = _first_look(enter, live_server, review)
    ben = enter("ben")
    ben.goto(f"{live_server.url}/reviews/{review.pk}/classes/0/")
    press(ben, "w", "ArrowRight", "ArrowRight", "Enter")
    heading(ben, "one")
    press(ben, "Enter")
    expect(ben.get_by_text("Nothing is left for you to review.")).to_be_visible()

    cleo = enter("cleo")
    cleo.goto(f"{live_server.url}/reviews/{review.pk}/")
    cleo.get_by_role("link", name="Decide 1 conflict").click()
    expect(cleo.locator("[data-tile]")).to_have_count(1)
    press(cleo, "x", "k")
    saved(cleo)
    assert list(Resolution.objects.values_list("candidate", "is_excluded")) == [(second, False)]

    rosa = enter("rosa")
    rosa.goto(f"{live_server.url}/reviews/{review.pk}/")
    expect(rosa.get_by_text("1 agreed exclusion is to be applied")).to_be_visible()
    rosa.get_by_role("button", name="Exclude them and rebuild").press("Enter")
    expect(rosa.get_by_text("digits-twin/easier@r2 is built")).to_be_visible()
    assert list(Exclusion.objects.values_list("candidate", "reason")) == [(first, "wrong_class")]

    after = TestSetReview.objects.get(follows=review)
    for page in (ann, ben):
        _second_look(page, live_server, after)
    rosa.reload()
    expect(rosa.get_by_text("The review is complete")).to_be_visible()
    rosa.get_by_role("button", name="Freeze").press("Enter")
    expect(rosa.get_by_text("digits-twin/easier@r2 is frozen")).to_be_visible()
    after.test_set.refresh_from_db()
    assert testsets.manifest_of(after.test_set)["review"]["num_excluded"] == 1


def _first_look(enter: Enter, live_server: Any, review: TestSetReview) -> Page:
    """Ann excludes two images of zero, thinks again and again, and marks both classes."""
    first, second, third = reviewed.images(review)
    page = enter("ann")
    page.goto(live_server.url)
    page.get_by_role("link", name="Go to your reviews").click()
    page.get_by_role("link", name=f"Digits twin: review {review.pk}").click()
    page.get_by_role("link", name="Review zero").press("Enter")
    heading(page, "zero")
    expect(focused(page)).to_have_id(f"image-{first}")
    press(page, "w", "ArrowRight", "d", "ArrowRight", "r", "u")
    expect(focused(page)).to_have_id(f"image-{third}")
    expect(focused(page)).to_have_attribute("aria-label", "Image 3 of 3: Kept")
    press(page, "ArrowLeft", "x")
    page.keyboard.type("a logo")
    press(page, "Enter")
    expect(focused(page)).to_have_attribute("aria-label", "Image 2 of 3: Excluded: other (a logo)")
    saved(page)
    said = Verdict.objects.order_by("candidate").values_list("candidate", "reason", "note")
    assert list(said) == [(first, "wrong_class", ""), (second, "other", "a logo")]
    press(page, "Enter")
    heading(page, "one")
    press(page, "p")
    page.keyboard.type("Is seven one?")
    page.go_back()
    expect(page.get_by_text("You have marked this class as reviewed")).to_be_visible()
    page.go_forward()
    heading(page, "one")
    focused(page).press("Enter")
    expect(page.get_by_text("Nothing is left for you to review.")).to_be_visible()
    return page


def _second_look(page: Page, live_server: Any, after: TestSetReview) -> None:
    """Only the class with a new image is to be reviewed again."""
    page.goto(f"{live_server.url}/reviews/{after.pk}/")
    expect(page.get_by_text("1 of 2 classes waits for you.")).to_be_visible()
    page.get_by_role("link", name="Review zero").press("Enter")
    expect(page.get_by_text("1 new since the last round")).to_be_visible()
    press(page, "Enter")
    expect(page.get_by_text("Nothing is left for you to review.")).to_be_visible()


def test_a_review_goes_on_when_the_connection_comes_back(enter: Enter, live_server: Any, review: TestSetReview) -> None:
    page = enter("ann")
    page.goto(f"{live_server.url}/reviews/{review.pk}/classes/0/")
    page.context.set_offline(True)
    press(page, "w", "ArrowRight", "d", "Enter")
    expect(page.locator("[data-state]")).to_contain_text("Not saved yet")
    assert not Verdict.objects.exists()
    page.context.set_offline(False)
    heading(page, "one")
    assert Verdict.objects.count() == 2


def test_who_leaves_before_a_word_is_saved_is_asked_first(
    enter: Enter, live_server: Any, review: TestSetReview
) -> None:
    page = enter("ann")
    page.goto(f"{live_server.url}/reviews/{review.pk}/classes/0/")
    page.context.set_offline(True)
    press(page, "w")
    expect(page.locator("[data-state]")).to_contain_text("Not saved yet")
    with page.expect_event("dialog") as question:
        page.close(run_before_unload=True)
    assert question.value.type == "beforeunload"
    question.value.dismiss()
    page.context.set_offline(False)
    saved(page)
    assert Verdict.objects.count() == 1
    with page.expect_event("close"):
        page.close(run_before_unload=True)


def test_a_review_that_is_refused_says_so_and_takes_the_word_back(
    enter: Enter, live_server: Any, review: TestSetReview
) -> None:
    page = enter("ann")
    page.goto(f"{live_server.url}/reviews/{review.pk}/classes/0/")
    ann = User.objects.get(username="ann")
    reviewed.look(review, ann)
    press(page, "w")
    expect(page.locator("[data-state]")).to_contain_text("Open it again to change what you said")
    expect(focused(page)).to_have_attribute("aria-label", "Image 1 of 3: Kept")


def test_a_review_works_without_scripts(enter: Enter, live_server: Any, review: TestSetReview) -> None:
    page = enter("ann", java_script_enabled=False)
    page.goto(f"{live_server.url}/reviews/{review.pk}/classes/0/")
    page.locator("summary").first.click()
    page.get_by_label("Image 1", exact=True).select_option("drawing")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_text("Excluded: drawing").first).to_be_visible()
    page.get_by_label("What is the problem").fill("Two meanings.")
    page.get_by_role("button", name="Problematic").click()
    heading(page, "one")
    assert reviews.places(review=review, by=User.objects.get(username="ann"))[0].num_excluded == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_a_review_break_no_accessibility_rule_and_fit_a_phone(
    enter: Enter, live_server: Any, review: TestSetReview, scheme: str
) -> None:
    ann, ben = (reviewed.person(name) for name in ("anna", "benno"))
    reviewed.look(review, ann, reviewed.images(review)[:1])
    reviewed.look(review, ben, state=reviewed.PROBLEMATIC, note="Two meanings.")
    for name in ("rosa", "ann"):
        page = enter(name, color_scheme=scheme, bypass_csp=True, viewport={"width": 320, "height": 640})
        for path in (
            "",
            f"{review.pk}/",
            f"{review.pk}/classes/0/",
            f"{review.pk}/classes/1/",
            f"{review.pk}/conflicts/",
        ):
            page.goto(f"{live_server.url}/reviews/{path}")
            assert (path, violations(page)) == (path, [])
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
