import numpy as np
import pytest
from django.contrib.auth.models import User

from annotation import reviews
from annotation.counting.verdicts import tally
from annotation.errors import CannotReview
from annotation.models import Resolution, TestSetReview, Verdict
from tests.annotation.reviews import reviewed
from tests.annotation.reviews.reviewed import agree, images, look, say, target_class
from tests.cast import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def review() -> TestSetReview:
    return reviewed.under_review()


@pytest.fixture
def people(db: None) -> list[User]:
    return [reviewed.person(name) for name in ("ann", "ben", "cleo")]


def resolve(review: TestSetReview, candidate_id: int, by: User, *, is_excluded: bool = True) -> Resolution:
    return reviews.resolve(review=review, candidate_id=candidate_id, is_excluded=is_excluded, by=by, now=NOW)


def test_nothing_is_compared_before_all_have_spoken(review: TestSetReview, people: list[User]) -> None:
    look(review, people[0], images(review)[:1])
    say(review, people[1], images(review)[1])
    counted = tally(review).classes[0]
    assert (counted.conflicts(), counted.to_exclude()) == ([], {})


def test_images_on_which_they_differ_are_conflicts_and_others_are_agreed(
    review: TestSetReview, people: list[User]
) -> None:
    both, one_of_them, neither = images(review)
    look(review, people[0], [both, one_of_them])
    look(review, people[1], [both])
    counted = tally(review).classes[0]
    assert (counted.conflicts(), counted.to_exclude()) == ([one_of_them], {both: "wrong_class"})
    assert counted.num_excluding() == {both: 2, one_of_them: 1, neither: 0}


def test_different_reasons_are_no_conflict_and_the_one_most_give_is_kept(people: list[User]) -> None:
    review = reviewed.under_review(num_reviewers=3)
    first, second, _ = images(review)
    for person, reasons in zip(people, ["unclear", "drawing", "drawing"], strict=True):
        say(review, person, first, Verdict.Reason(reasons))
    for person, reasons in zip(people, ["rotated", "unclear", "drawing"], strict=True):
        say(review, person, second, Verdict.Reason(reasons))
    for person in people:
        look(review, person)
    assert tally(review).classes[0].to_exclude() == {first: "drawing", second: "unclear"}


def test_a_third_person_decides_a_conflict(review: TestSetReview, people: list[User]) -> None:
    first, second, _ = images(review)
    look(review, people[0], [first, second])
    look(review, people[1])
    resolve(review, first, people[2])
    resolve(review, second, people[2], is_excluded=False)
    counted = tally(review).classes[0]
    assert (counted.unresolved(), list(counted.to_exclude())) == ([], [first])


def test_nobody_decides_a_conflict_they_are_part_of(review: TestSetReview, people: list[User]) -> None:
    first = images(review)[0]
    look(review, people[0], [first])
    look(review, people[1])
    for person in people[:2]:
        assert reviews.conflicts_for(review=review, by=person) == []
        with pytest.raises(CannotReview, match="third person"):
            resolve(review, first, person)
    assert [each.conflicts() for each in reviews.conflicts_for(review=review, by=people[2])] == [[first]]


def test_what_is_no_conflict_is_not_decided(review: TestSetReview, people: list[User]) -> None:
    look(review, people[0], images(review)[:1])
    with pytest.raises(CannotReview, match="no conflict"):
        resolve(review, images(review)[0], people[2])


def test_the_person_may_think_again_but_nobody_overrules_them(review: TestSetReview, people: list[User]) -> None:
    first, dora = images(review)[0], reviewed.person("dora")
    look(review, people[0], [first])
    look(review, people[1])
    resolve(review, first, people[2])
    resolve(review, first, people[2], is_excluded=False)
    assert not resolve(review, first, dora, is_excluded=False).is_excluded
    with pytest.raises(CannotReview, match="Somebody else"):
        resolve(review, first, dora)
    assert Resolution.objects.get().resolved_by == people[2]


def test_applying_waits_for_the_conflicts(review: TestSetReview, people: list[User]) -> None:
    first = images(review)[0]
    look(review, people[0], [first])
    look(review, people[1])
    with pytest.raises(CannotReview, match="1 image is in conflict"):
        reviews.apply(review=review, now=NOW)
    resolve(review, first, people[2])
    assert [reviews.apply(review=review, now=NOW, by=people[2]) for _ in range(2)] == [1, 0]
    exclusion = review.test_set.study.candidates.get(pk=first).exclusion
    assert (exclusion.reason, exclusion.excluded_by) == ("wrong_class", people[2])


def test_classes_that_not_all_have_finished_are_not_applied(review: TestSetReview, people: list[User]) -> None:
    look(review, people[0], images(review)[:1])
    assert reviews.apply(review=review, now=NOW) == 0


def test_agreement_is_by_class_and_over_all(review: TestSetReview, people: list[User]) -> None:
    first, second, _ = images(review)
    look(review, people[0], [first, second])
    look(review, people[1], [first])
    for person in people[:2]:
        look(review, person, number=1)
    found = reviews.agreements(tally(review), seed=1)
    assert found.overall is not None
    assert (found.overall.num_units, found.overall.raw) == (6, pytest.approx(5 / 6))
    zero, one = (found.by_class[target_class(review, number).pk] for number in (0, 1))
    assert zero.raw == pytest.approx(2 / 3)
    assert zero.alpha == pytest.approx(1 - 5 * 1 / (3 * 3))  # one mismatch among three said in, three said out
    assert one.raw == 1
    assert np.isnan(one.alpha)


def test_one_reviewer_agrees_with_nobody(people: list[User]) -> None:
    review = reviewed.under_review(num_reviewers=1)
    look(review, people[0])
    assert reviews.agreements(tally(review), seed=1).overall is None


def test_who_was_the_third_person_does_not_review_the_class_later(people: list[User]) -> None:
    review = reviewed.under_review()
    doubtful = images(review)[0]
    agree(review, people[:1], [doubtful])
    agree(review, people[1:2])
    cleo = people[2]
    reviews.resolve(review=review, candidate_id=doubtful, is_excluded=False, by=cleo, now=NOW)
    reviews.send_back(review=review, target_class=target_class(review))
    with pytest.raises(CannotReview, match="as a third person"):
        reviews.keep(review=review, candidate_id=doubtful, by=cleo, now=NOW)
