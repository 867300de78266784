import json

import pytest
from django.contrib.auth.models import User

from annotation import candidates, reviews, storage, testsets
from annotation.errors import CannotBuild, CannotReview
from annotation.models import BulkExclusion, Candidate, Exclusion, TestSetReview
from tests.annotation.reviews import reviewed
from tests.annotation.reviews.reviewed import PROBLEMATIC, agree, images, look
from tests.cast import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def review() -> TestSetReview:
    return reviewed.under_review()


@pytest.fixture
def people(db: None) -> list[User]:
    return [reviewed.person(name) for name in ("ann", "ben")]


def why_not(review: TestSetReview) -> str:
    with pytest.raises(CannotBuild) as refusal:
        testsets.freeze(test_set=review.test_set, now=NOW)
    return str(refusal.value)


def test_a_set_is_not_frozen_before_every_class_is_reviewed_by_all(review: TestSetReview, people: list[User]) -> None:
    agree(review, people[:1])
    assert "2 classes (zero, one) are not reviewed by 2 people yet" in why_not(review)
    look(review, people[1], number=1)
    assert "1 class (zero) is not reviewed by 2 people yet" in why_not(review)


def test_a_problematic_class_is_mended_first(review: TestSetReview, people: list[User]) -> None:
    agree(review, people[:1])
    look(review, people[1], number=1)
    look(review, people[1], state=PROBLEMATIC, note="Two meanings.")
    assert "1 class (zero) is problematic" in why_not(review)


def test_conflicts_and_agreed_exclusions_come_first(review: TestSetReview, people: list[User]) -> None:
    first, second, _ = images(review)
    agree(review, people[:1], [first, second])
    agree(review, people[1:], [first])
    told = why_not(review)
    assert "1 conflict waits for a third person" in told
    assert "1 agreed exclusion is to be applied" in told


def test_excluded_images_are_replaced_first(review: TestSetReview, people: list[User]) -> None:
    agree(review, people, images(review)[:1])
    reviews.apply(review=review, now=NOW)
    assert "rebuild it" in why_not(review)


def test_a_complete_review_lets_the_set_be_frozen_and_ends(review: TestSetReview, people: list[User]) -> None:
    agree(review, people)
    testsets.freeze(test_set=review.test_set, now=NOW)
    with pytest.raises(CannotReview, match="its review is over"):
        look(review, people[0])
    with pytest.raises(CannotReview, match="its review is over"):
        reviews.send_back(review=review, target_class=reviewed.target_class(review))
    assert not TestSetReview.objects.going_on().exists()


def test_the_manifest_counts_the_review_and_names_nobody(review: TestSetReview, people: list[User]) -> None:
    first = images(review)[0]
    agree(review, people[:1], [first])
    agree(review, people[1:])
    reviews.resolve(review=review, candidate_id=first, is_excluded=False, by=reviewed.person("cleo"), now=NOW)
    frozen = testsets.freeze(test_set=review.test_set, now=NOW)
    manifest = storage.get("manifests", frozen.content_sha256)
    assert json.loads(manifest)["review"] == {
        "num_reviewers": 2,
        "num_rounds": 1,
        "num_classes": 2,
        "num_classes_reviewed": 2,
        "num_images": 6,
        "num_images_excluded_by": [5, 1, 0],
        "num_conflicts": 1,
        "num_excluded": 0,
    }
    assert not any(each.username.encode() in manifest for each in people)


def test_a_set_that_nobody_reviews_says_so() -> None:
    review = reviewed.under_review()
    review.delete()
    frozen = testsets.freeze(test_set=review.test_set, now=NOW)
    assert testsets.manifest_of(frozen)["review"] is None


def test_building_anew_does_not_get_round_a_review(people: list[User]) -> None:
    review = reviewed.under_review()
    agree(review, people, images(review)[:1])
    anew = reviewed.beside(review)
    with pytest.raises(CannotBuild, match=r"is under review, and .*@r2 follows it without one"):
        testsets.freeze(test_set=anew, now=NOW)


def test_what_people_agree_on_outlives_what_a_stage_had_said(people: list[User]) -> None:
    review = reviewed.under_review()
    gone = Candidate.objects.filter(pk=images(review)[0])
    agree(review, people, [images(review)[0]])
    candidates.exclude(candidates=gone, reason=Exclusion.Reason.DUPLICATE, now=NOW, stage="duplicates")
    reviews.apply(review=review, now=NOW)
    exclusion = Exclusion.objects.get()
    assert (exclusion.reason, exclusion.stage) == ("wrong_class", "")


def test_what_people_agree_on_outlives_that_many_were_excluded_at_once(people: list[User]) -> None:
    review = reviewed.under_review()
    gone = images(review)[0]
    agree(review, people, [gone])
    many = BulkExclusion.objects.create(
        study=review.test_set.study, reason="other", criteria={}, num_excluded=1, made_at=NOW
    )
    Exclusion.objects.create(candidate_id=gone, reason="other", excluded_at=NOW, bulk=many)
    reviews.apply(review=review, now=NOW)
    exclusion = Exclusion.objects.get()
    assert (exclusion.reason, exclusion.bulk) == ("wrong_class", None)
