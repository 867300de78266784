"""The pages of a review: blind for reviewers, whole for researchers, and working without scripts."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotation import candidates, complaints, reviews, storage, testsets
from annotation.models import (
    Candidate,
    ClassReview,
    Complaint,
    Exclusion,
    FrequencyTally,
    Image,
    Resolution,
    SelectionFrequency,
    Study,
    TestSetReview,
    Verdict,
)
from frontend import flow, overview
from tests import cast
from tests.annotation.reviews import reviewed
from tests.annotation.reviews.reviewed import images, look, say

pytestmark = pytest.mark.django_db


@pytest.fixture
def review(researcher: User) -> TestSetReview:
    return reviewed.under_review(reviewed.study(name="Digits twin", researchers=[researcher]))


@pytest.fixture
def ann(review: TestSetReview) -> User:
    return reviewer(review, "ann")


def reviewer(review: TestSetReview, name: str) -> User:
    user = reviewed.person(name)
    review.test_set.study.reviewers.add(user)
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(review: TestSetReview, name: str, *args: Any) -> str:
    return reverse(f"frontend:test-set-review-{name}", args=[review.pk, *args])


def post(user: User, where: str, **data: Any) -> Any:
    return signed_in(user).post(where, data, follow=True)


def test_a_reviewer_finds_their_reviews_and_nothing_else(review: TestSetReview, ann: User) -> None:
    client = signed_in(ann)
    assert "asked for 1 review" in client.get("/").text
    assert "Digits twin: review" in client.get("/reviews/").text
    assert client.get(address(review, "detail")).status_code == 200
    assert client.get("/studies/digits-twin/").status_code == 404


def test_a_stranger_is_asked_for_nothing(review: TestSetReview, stranger: User) -> None:
    assert "No review waits for you" in signed_in(stranger).get("/reviews/").text


def test_pages_of_reviewers_tell_no_strategy_no_frequency_and_no_origin(review: TestSetReview, ann: User) -> None:
    look(review, reviewer(review, "ben"), images(review)[:1], state=reviewed.PROBLEMATIC, note="Two meanings.")
    for name, args in (("detail", ()), ("class", (0,)), ("conflicts", ())):
        text = signed_in(ann).get(address(review, name, *args)).text
        for word in (
            "easier",
            "threshold",
            "9 / 10",
            "frequenc",
            "pool",
            ".png",
            "Two meanings",
            "ben",
            "problematic<",
        ):
            assert word not in text, (name, word)


def test_the_class_page_shows_images_by_date_with_bursts_and_then_originals(review: TestSetReview, ann: User) -> None:
    first, second, third = images(review)
    for candidate_id, days in ((third, 1), (first, 2), (second, 2)):
        Candidate.objects.filter(pk=candidate_id).update(taken_at=cast.NOW + timedelta(days=days))
    page = signed_in(ann).get(address(review, "class", 0))
    assert [shot.candidate.pk for shot in page.context["shots"]] == [third, first, second]
    assert page.text.count("of 2 this day") == 2
    Candidate.objects.filter(pk=third).update(taken_at=None)
    page = signed_in(ann).get(address(review, "class", 0))
    assert [shot.candidate.pk for shot in page.context["shots"]] == [first, second, third]
    assert "Without a date" in page.text
    assert page.text.count('alt="original image"') == 5


def test_an_image_is_excluded_by_form_and_kept_again(review: TestSetReview, ann: User) -> None:
    where = address(review, "verdict", images(review)[0])
    assert "Excluded: drawing" in post(ann, where, verdict="drawing").text
    assert Verdict.objects.get().reason == "drawing"
    post(ann, where, verdict="keep")
    assert not Verdict.objects.exists()


def test_a_script_is_answered_in_json(review: TestSetReview, ann: User) -> None:
    client, json = signed_in(ann), {"Accept": "application/json"}
    where = address(review, "verdict", images(review)[0])
    saved = client.post(where, {"verdict": "other", "note": "A logo."}, headers=json)
    assert saved.json() == {"verdict": "other", "said": "Excluded: other (A logo.)"}
    refused = client.post(where, {"verdict": "other"}, headers=json)
    assert (refused.status_code, refused.json()["what"]) == (409, "Say in a few words what the other reason is.")


def test_an_image_of_another_set_is_not_found(review: TestSetReview, ann: User) -> None:
    original = review.test_set.study.candidates.filter(origin="original")[0].pk
    assert post(ann, address(review, "verdict", original), verdict="keep").status_code == 404


def test_marking_a_class_leads_to_the_next_and_at_last_to_the_review(review: TestSetReview, ann: User) -> None:
    page = post(ann, address(review, "class", 0), mark="reviewed", note="not kept")
    assert page.redirect_chain[-1][0] == address(review, "class", 1)
    page = post(ann, address(review, "class", 1), mark="problematic", note="Two meanings.")
    assert page.redirect_chain[-1][0] == address(review, "detail")
    assert "Nothing is left for you" in page.text
    assert list(ClassReview.objects.order_by("pk").values_list("state", "note")) == [
        ("reviewed", ""),
        ("problematic", "Two meanings."),
    ]


def test_a_problem_without_a_note_is_refused_where_it_was_said(review: TestSetReview, ann: User) -> None:
    page = post(ann, address(review, "class", 0), mark="problematic")
    assert "what the problem with the class is" in page.text
    assert page.redirect_chain[-1][0] == address(review, "class", 0)


def test_a_class_is_opened_again(review: TestSetReview, ann: User) -> None:
    look(review, ann)
    assert "Open it again" in signed_in(ann).get(address(review, "class", 0)).text
    page = post(ann, address(review, "class", 0), mark="open")
    assert "Reviewed, next class" in page.text


def test_pictures_are_shown_to_reviewers_and_only_those_they_need(review: TestSetReview, ann: User) -> None:
    content = cast.png(1, image_format="JPEG")
    Image.objects.update(rendition_sha256=storage.put("renditions", content))
    spare = review.test_set.study.candidates.filter(origin="pool").exclude(pk__in=images(review) + images(review, 1))
    original = review.test_set.study.candidates.filter(origin="original")[0].pk
    client = signed_in(ann)
    assert client.get(address(review, "image", images(review)[0])).content == content
    assert client.get(address(review, "image", original)).status_code == 200
    out = review.test_set.study.candidates.filter(pk=original)
    candidates.exclude(candidates=out, reason=Exclusion.Reason.OFFENSIVE, now=cast.NOW)
    assert client.get(address(review, "image", original)).status_code == 404
    assert client.get(address(review, "image", spare[0].pk)).status_code == 404


def test_a_picture_reported_as_offensive_is_covered(review: TestSetReview, ann: User) -> None:
    first = Candidate.objects.get(pk=images(review)[0])
    batch = cast.batch(review.test_set.study, [cast.grid(first.target_class, [first])])
    held = cast.enrolment(batch.study, cast.worker()).worker
    slot = cast.assignments.claim(batch=batch, worker=held, now=cast.NOW)
    assert slot is not None
    complaints.file(
        assignment_id=slot.pk, worker_id=held.pk, position=0, reason=Complaint.Reason.OFFENSIVE, now=cast.NOW
    )
    assert signed_in(ann).get(address(review, "class", 0)).text.count('class="covered"') == 1


def test_a_third_person_decides_a_conflict_and_its_parties_do_not(review: TestSetReview, ann: User) -> None:
    first, ben, cleo = images(review)[0], reviewer(review, "ben"), reviewer(review, "cleo")
    look(review, ann, [first])
    look(review, ben)
    assert "No conflict waits for you" in signed_in(ann).get(address(review, "conflicts")).text
    assert "for a third person" in post(ann, address(review, "resolve", first), verdict="keep").text
    page = signed_in(cleo).get(address(review, "conflicts")).text
    assert "Undecided" in page
    assert f"{address(review, 'class', 0)}#originals-title" in page
    assert "Excluded" in post(cleo, address(review, "resolve", first), verdict="exclude").text
    assert Resolution.objects.get().is_excluded


def test_a_researcher_sees_how_far_all_are_and_takes_the_next_step(
    review: TestSetReview, researcher: User, ann: User
) -> None:
    ben = reviewer(review, "ben")
    for person in (ann, ben):
        look(review, person, images(review)[:1])
        look(review, person, number=1)
    page = signed_in(researcher).get(address(review, "detail"))
    assert "1 agreed exclusion is to be applied" in page.text
    assert f'<a href="{reverse("frontend:test-set-list", args=["digits-twin"])}" aria-current="true">' in page.text
    assert "100.0" in page.text  # all verdicts agree
    page = post(researcher, address(review, "rebuild"))
    assert "digits-twin/easier@r2 is built" in page.text
    after = TestSetReview.objects.get(follows=review)
    assert "go to the next round" in signed_in(researcher).get(address(review, "detail")).text
    assert "1 class (zero) is not reviewed by 2 people yet" in page.text
    for person in (ann, ben):
        look(after, person)
    assert "The review is complete" in signed_in(researcher).get(address(after, "detail")).text


def test_where_people_are_lacking_the_page_says_so(review: TestSetReview, researcher: User) -> None:
    def said() -> str:
        return str(signed_in(researcher).get(address(review, "detail")).text)

    assert "Each class needs 2 people, and 1 may review" in said()
    ann = reviewer(review, "ann")
    assert "may review:" not in said()
    look(review, ann, images(review)[:1])
    look(review, researcher)
    assert "somebody else" in said()
    assert "add a person" in said()
    cleo = reviewer(review, "cleo")
    assert "add a person" not in said()
    reviews.resolve(review=review, candidate_id=images(review)[0], is_excluded=True, by=cleo, now=cast.NOW)
    assert "somebody else" not in said()


def test_a_third_person_reads_why_they_do_not_review_the_class_and_is_not_counted_for_it(
    review: TestSetReview, researcher: User, ann: User
) -> None:
    first, ben = images(review)[0], reviewer(review, "ben")
    look(review, ann, [first])
    look(review, ben)
    reviews.resolve(review=review, candidate_id=first, is_excluded=True, by=researcher, now=cast.NOW)
    after = reviews.rebuild(review=review, now=cast.NOW)
    page = signed_in(researcher).get(address(after, "class", 0)).text
    assert "You have decided conflicts of this class as the third person" in page
    assert "Enough others" not in page
    progress = signed_in(researcher).get(address(after, "detail")).text
    assert "conflicts decided" in progress
    assert "done by others" not in progress
    assert "may review" not in progress.split("people-title")[0]
    review.test_set.study.reviewers.remove(ben)
    told = "Each class needs 2 people, and 1 may review one of those that are left, as who has decided conflicts"
    assert told in signed_in(researcher).get(address(after, "detail")).text


def test_a_person_is_asked_for_only_where_nobody_may_decide(review: TestSetReview, researcher: User, ann: User) -> None:
    ben = reviewer(review, "ben")
    look(review, ben, images(review)[:1])
    look(review, researcher)
    for person in (ben, researcher):
        look(review, person, number=1)
    review.test_set.study.reviewers.remove(ben)
    assert "add a person" not in signed_in(researcher).get(address(review, "detail")).text
    review.test_set.study.reviewers.remove(ann)
    assert "add a person" in signed_in(researcher).get(address(review, "detail")).text


def test_nothing_of_a_class_is_compared_before_all_have_spoken(
    review: TestSetReview, researcher: User, ann: User
) -> None:
    say(review, ann, images(review)[0])
    look(review, ann, state=reviewed.PROBLEMATIC, note="Two meanings.")
    text = signed_in(researcher).get(address(review, "detail")).text
    assert "1 of 2" in text
    assert "Two meanings" not in text


def test_a_problematic_class_is_sent_back(review: TestSetReview, researcher: User, ann: User) -> None:
    look(review, ann, state=reviewed.PROBLEMATIC, note="Two meanings.")
    look(review, reviewer(review, "ben"))
    assert "Two meanings." in signed_in(researcher).get(address(review, "detail")).text
    assert "is to be reviewed again" in post(researcher, address(review, "send-back", 0)).text
    assert set(ClassReview.objects.values_list("state", flat=True)) == {"unreviewed"}


def test_judgements_are_counted_before_a_set_is_rebuilt_from_them(
    review: TestSetReview, researcher: User, ann: User
) -> None:
    reviewed.agree(review, (ann, reviewer(review, "ben")), images(review)[:1])
    SelectionFrequency.objects.update(num_selected=1)
    FrequencyTally.objects.update(is_stale=True)
    post(researcher, address(review, "rebuild"))
    after = TestSetReview.objects.get(follows=review)
    assert list(after.test_set.images.values_list("num_selected", flat=True)) == [9] * 6


def test_a_review_goes_on_from_that_of_an_earlier_revision(review: TestSetReview, researcher: User, ann: User) -> None:
    look(review, ann)
    before = review.test_set
    reviewed.beside(review)
    where = reverse("frontend:test-set-detail", args=["digits-twin", before.name, 2])
    assert f"{where}#review-title" in signed_in(researcher).get(address(review, "detail")).text
    assert "a review of r1</a>: this one goes on from it" in signed_in(researcher).get(where).text
    post(researcher, reverse("frontend:test-set-review-open", args=["digits-twin", before.name, 2]))
    assert "Under review" in signed_in(researcher).get(where).text
    page = signed_in(ann).get(address(TestSetReview.objects.get(follows=review), "detail")).text
    assert "1 of 2 classes waits for you" in page


def test_a_rebuild_that_is_refused_says_why(review: TestSetReview, researcher: User) -> None:
    assert "would be the same" in post(researcher, address(review, "rebuild")).text


def test_a_review_is_opened_on_the_page_of_its_set(review: TestSetReview, researcher: User) -> None:
    test_set = review.test_set
    review.delete()
    where = reverse("frontend:test-set-detail", args=["digits-twin", test_set.name, test_set.revision])
    assert "Open a review" in signed_in(researcher).get(where).text
    opening = reverse("frontend:test-set-review-open", args=["digits-twin", test_set.name, test_set.revision])
    assert "People per class" in post(researcher, opening, num_reviewers="12").text
    assert not TestSetReview.objects.exists()
    post(researcher, opening, num_reviewers="3")
    assert TestSetReview.objects.get().num_reviewers == 3
    assert "Under review" in signed_in(researcher).get(where).text


def test_counts_of_images_are_shown_once_the_set_is_frozen(review: TestSetReview, researcher: User) -> None:
    test_set = review.test_set
    review.delete()
    where = reverse("frontend:test-set-detail", args=["digits-twin", test_set.name, test_set.revision])
    assert "9 / 10" not in signed_in(researcher).get(where).text
    testsets.freeze(test_set=test_set, now=cast.NOW)
    assert "9 / 10" in signed_in(researcher).get(where).text


def test_reviewers_are_added_by_exact_name_and_removed(review: TestSetReview, researcher: User, stranger: User) -> None:
    study = review.test_set.study
    add, remove = (reverse(f"frontend:reviewer-{verb}", args=[study.slug]) for verb in ("add", "remove"))
    assert "no account of this name" in post(researcher, add, username="STEN", review=review.pk).text
    page = post(researcher, add, username="sten", review=review.pk)
    assert page.redirect_chain[-1][0] == address(review, "detail")
    assert list(study.reviewers.all()) == [stranger]
    assert "may review anyway" in post(researcher, add, username="rosa").text
    post(researcher, remove, username="sten", review="x")
    assert not study.reviewers.exists()
    assert "is no reviewer" in post(researcher, remove, username="sten").text


def test_a_closed_account_is_no_account(review: TestSetReview, researcher: User, stranger: User) -> None:
    User.objects.filter(pk=stranger.pk).update(is_active=False)
    add = reverse("frontend:reviewer-add", args=["digits-twin"])
    assert "no account of this name" in post(researcher, add, username="sten").text


def test_who_is_removed_finds_nothing_and_what_they_said_stays(review: TestSetReview, ann: User) -> None:
    look(review, ann)
    review.test_set.study.reviewers.remove(ann)
    assert signed_in(ann).get(address(review, "detail")).status_code == 404
    assert reviews.places(review=review, by=ann)[0].mine is not None


def test_a_review_comes_before_the_freeze_in_the_flow(review: TestSetReview, researcher: User) -> None:
    study = review.test_set.study
    counted = overview.counts_of(Study.objects.all(), now=cast.NOW)[study.pk]
    assert (counted.num_drafts, counted.num_reviews) == (1, 1)
    complete = replace(counted, num_grids=1, num_sets=overview.NUM_SETS, num_stale=0)
    assert flow.next_step(study, complete).title == "Finish 1 review"
    assert flow.next_step(study, replace(complete, num_reviews=0)).title == "Freeze the test sets"
