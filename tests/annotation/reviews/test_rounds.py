import pytest
from django.contrib.auth.models import User

from annotation import candidates, reviews, testsets
from annotation.counting.verdicts import tally
from annotation.errors import CannotReview
from annotation.models import Candidate, ClassReview, Exclusion, Resolution, TestSet, TestSetReview
from tests.annotation.reviews import reviewed
from tests.annotation.reviews.reviewed import PROBLEMATIC, agree, images, look, say, target_class
from tests.cast import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def review() -> TestSetReview:
    return reviewed.under_review()


@pytest.fixture
def people(db: None) -> list[User]:
    return [reviewed.person(name) for name in ("ann", "ben")]


def states(review: TestSetReview, number: int) -> list[str]:
    rows = ClassReview.objects.filter(review=review, target_class__number=number)
    return sorted(rows.values_list("state", flat=True))


def rebuild(review: TestSetReview) -> TestSetReview:
    return reviews.rebuild(review=review, now=NOW)


def test_rebuilding_replaces_what_is_excluded_and_asks_again_about_classes_that_changed(
    review: TestSetReview, people: list[User]
) -> None:
    gone, *stay = images(review)
    agree(review, people, [gone])
    after = rebuild(review)
    assert after.test_set.revision == 2
    assert (after.follows, after.number) == (review, 2)
    assert set(stay) < set(images(after))
    assert gone not in images(after)
    assert len(images(after)) == 3
    assert images(after, 1) == images(review, 1)
    assert (states(after, 0), states(after, 1)) == (["unreviewed"] * 2, ["reviewed"] * 2)
    assert Exclusion.objects.get().reason == "wrong_class"


def test_the_loop_ends_with_a_frozen_set(review: TestSetReview, people: list[User]) -> None:
    agree(review, people, images(review)[:1])
    after = rebuild(review)
    for person in people:
        look(after, person)
    frozen = testsets.freeze(test_set=after.test_set, now=NOW)
    counted = testsets.manifest_of(frozen)["review"]
    assert (counted["num_rounds"], counted["num_excluded"]) == (2, 1)
    assert (counted["num_images"], counted["num_images_excluded_by"]) == (7, [6, 0, 1])


def test_a_second_click_comes_to_the_same_round(review: TestSetReview, people: list[User]) -> None:
    agree(review, people, images(review)[:1])
    assert rebuild(review) == rebuild(review)
    assert review.test_set.study.test_sets.count() == 2


def test_what_was_said_about_images_that_stay_is_kept(review: TestSetReview, people: list[User]) -> None:
    gone, doubtful, _ = images(review)
    cleo = reviewed.person("cleo")
    agree(review, people[:1], [gone, doubtful])
    agree(review, people[1:], [gone])
    reviews.resolve(review=review, candidate_id=doubtful, is_excluded=False, by=cleo, now=NOW)
    after = rebuild(review)
    for person in people:
        look(after, person)
    counted = tally(after).classes[0]
    assert (counted.conflicts(), counted.unresolved()) == ([doubtful], [])
    assert Resolution.objects.get(review=after).resolved_by == cleo


def test_nothing_is_said_any_more_in_a_round_that_is_over(review: TestSetReview, people: list[User]) -> None:
    agree(review, people, images(review)[:1])
    rebuild(review)
    with pytest.raises(CannotReview, match="next round"):
        say(review, people[0], images(review)[1])
    assert TestSetReview.objects.going_on().get().follows == review


def test_a_set_that_nothing_was_taken_from_is_not_rebuilt(review: TestSetReview, people: list[User]) -> None:
    agree(review, people)
    with pytest.raises(CannotReview, match="would be the same"):
        rebuild(review)


def test_a_set_is_rebuilt_too_where_another_review_excluded_its_images(
    review: TestSetReview, people: list[User]
) -> None:
    Exclusion.objects.create(candidate_id=images(review)[0], reason="duplicate", excluded_at=NOW)
    assert images(rebuild(review)) != images(review)


def test_a_problem_stays_with_a_class_whose_images_stay(review: TestSetReview, people: list[User]) -> None:
    look(review, people[0], number=1, state=PROBLEMATIC, note="Two meanings.")
    look(review, people[1], number=1)
    for person in people:
        look(review, person, images(review)[:1])
    after = rebuild(review)
    assert states(after, 1) == ["problematic", "reviewed"]
    assert "1 class (one) is problematic" in "; ".join(tally(after).missing())
    reviews.send_back(review=after, target_class=target_class(after, 1))
    assert states(after, 1) == ["unreviewed"] * 2


def test_unfinished_work_goes_on_in_the_next_round(review: TestSetReview, people: list[User]) -> None:
    for person in people:
        look(review, person, images(review)[:1])
    begun = images(review, 1)[0]
    say(review, people[0], begun)
    after = rebuild(review)
    assert list(ClassReview.objects.get(review=after, target_class__number=1).verdicts.values_list("candidate")) == [
        (begun,)
    ]


def test_nobody_is_asked_to_look_at_what_is_not_here(review: TestSetReview) -> None:
    test_set = reviewed.beside(review)
    Candidate.objects.filter(pk=images(review)[0]).update(image=None)
    with pytest.raises(CannotReview, match=r"The pictures of 1 images of digits-twin/easier@r2 are not here"):
        reviews.open_review(test_set=test_set, now=NOW)


def without(review: TestSetReview, candidate_id: int) -> TestSetReview:
    """An image is excluded, the set is rebuilt beside its review, and a review of that is opened."""
    rows = Candidate.objects.filter(pk=candidate_id)
    candidates.exclude(candidates=rows, reason=Exclusion.Reason.OFFENSIVE, now=NOW)
    return reviews.open_review(test_set=testsets.rebuild(test_set=review.test_set, now=NOW), now=NOW)


def test_a_set_that_was_rebuilt_beside_its_review_is_reviewed_from_where_that_was(
    review: TestSetReview, people: list[User]
) -> None:
    gone, doubtful, _ = images(review)
    say(review, people[0], doubtful)
    agree(review, people)
    after = without(review, gone)
    assert (after.follows, after.number) == (review, 2)
    assert (states(after, 0), states(after, 1)) == (["unreviewed"] * 2, ["reviewed"] * 2)
    assert [each.candidate_id for each in after.class_reviews.first().verdicts.all()] == [doubtful]
    assert list(TestSetReview.objects.going_on()) == [after]
    with pytest.raises(CannotReview, match="goes on with the next round"):
        say(review, people[0], doubtful)


def test_the_next_revision_of_a_frozen_set_is_reviewed_where_it_changed(
    review: TestSetReview, people: list[User]
) -> None:
    agree(review, people)
    testsets.freeze(test_set=review.test_set, now=NOW)
    after = without(review, images(review)[0])
    assert [place.is_to_do for place in reviews.places(review=after, by=people[0])] == [True, False]


def test_two_revisions_do_not_follow_the_same_round(review: TestSetReview) -> None:
    between, last = (reviewed.beside(review, seed) for seed in (2, 3))
    assert reviews.open_review(test_set=last, now=NOW).follows == review
    assert reviews.open_review(test_set=between, now=NOW).follows is None


def rebuilt_without(review: TestSetReview) -> TestSet:
    """What the review comes to as well, built beside it."""
    agree(review, [reviewed.person("cleo"), reviewed.person("dora")], images(review)[:1])
    reviews.apply(review=review, now=NOW)
    return testsets.rebuild(test_set=review.test_set, now=NOW)


def test_a_review_that_comes_to_a_set_under_review_goes_on_there(review: TestSetReview) -> None:
    after = TestSetReview.objects.create(test_set=rebuilt_without(review), opened_at=NOW)
    assert rebuild(review) == after
    assert TestSet.objects.count() == 2


def test_a_review_that_comes_to_a_frozen_set_says_so(review: TestSetReview) -> None:
    testsets.freeze(test_set=rebuilt_without(review), now=NOW)
    with pytest.raises(CannotReview, match="easier@r2 holds what this would be rebuilt to, and is frozen"):
        rebuild(review)


def test_a_manifest_counts_images_that_more_people_saw_in_an_earlier_round(people: list[User]) -> None:
    review = reviewed.under_review(num_reviewers=3)
    gone = images(review)[0]
    agree(review, [*people, reviewed.person("cleo")], [gone])
    reviews.apply(review=review, now=NOW)
    after = reviews.open_review(test_set=testsets.rebuild(test_set=review.test_set, now=NOW), now=NOW, num_reviewers=2)
    for each in people:
        look(after, each)
    counted = testsets.manifest_of(testsets.freeze(test_set=after.test_set, now=NOW))["review"]
    assert counted["num_images_excluded_by"] == [6, 0, 0, 1]
