import pytest
from django.contrib.auth.models import User

from annotation import reviews, testsets
from annotation.errors import CannotReview
from annotation.models import ClassReview, Exclusion, Strategy, TestSetReview, Verdict
from tests.annotation.reviews import reviewed
from tests.annotation.reviews.reviewed import PROBLEMATIC, REVIEWED, images, look, say, target_class
from tests.cast import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def review() -> TestSetReview:
    return reviewed.under_review()


@pytest.fixture
def ann(db: None) -> User:
    return reviewed.person("ann")


@pytest.fixture
def ben(db: None) -> User:
    return reviewed.person("ben")


def test_opening_twice_opens_once(review: TestSetReview) -> None:
    again = reviews.open_review(test_set=review.test_set, now=NOW, num_reviewers=3)
    assert (again, again.num_reviewers) == (review, 2)


def test_the_original_is_not_reviewed(review: TestSetReview) -> None:
    original = testsets.import_original(study=review.test_set.study, now=NOW)
    with pytest.raises(CannotReview, match="reviews are of the new sets"):
        reviews.open_review(test_set=original, now=NOW)


def test_a_frozen_set_is_not_reviewed() -> None:
    study = reviewed.study()
    parameters = testsets.Threshold(images_per_class=1)
    built = testsets.build(study=study, strategy=Strategy.THRESHOLD, parameters=parameters, seed=1, now=NOW)
    testsets.freeze(test_set=built, now=NOW)
    with pytest.raises(CannotReview, match="is frozen"):
        reviews.open_review(test_set=built, now=NOW)


@pytest.mark.parametrize("number", [0, 10])
def test_a_review_needs_a_sensible_number_of_people(number: int) -> None:
    with pytest.raises(CannotReview, match="Between 1 and 9"):
        reviewed.under_review(num_reviewers=number)


def test_every_reason_of_a_reviewer_can_be_kept_as_the_reason_of_an_exclusion() -> None:
    assert set(Verdict.Reason.values) <= set(Exclusion.Reason.values)


def test_each_word_is_kept_at_once_and_the_last_one_counts(review: TestSetReview, ann: User) -> None:
    first = images(review)[0]
    say(review, ann, first)
    say(review, ann, first, Verdict.Reason.DRAWING)
    say(review, ann, first, Verdict.Reason.DRAWING)
    assert list(Verdict.objects.values_list("candidate", "reason")) == [(first, "drawing")]
    assert ClassReview.objects.get().state == ClassReview.State.UNREVIEWED


def test_keeping_takes_it_back(review: TestSetReview, ann: User) -> None:
    first = images(review)[0]
    say(review, ann, first)
    for _ in range(2):
        reviews.keep(review=review, candidate_id=first, by=ann, now=NOW)
    assert not Verdict.objects.exists()


def test_another_reason_is_named(review: TestSetReview, ann: User) -> None:
    with pytest.raises(CannotReview, match="what the other reason is"):
        say(review, ann, images(review)[0], Verdict.Reason.OTHER, note="  ")
    assert say(review, ann, images(review)[0], Verdict.Reason.OTHER, note=" a \n logo ").note == "a logo"


def test_a_problem_is_named(review: TestSetReview, ann: User) -> None:
    with pytest.raises(CannotReview, match="what the problem"):
        look(review, ann, state=PROBLEMATIC)
    assert look(review, ann, state=PROBLEMATIC, note="Two meanings.").note == "Two meanings."


def test_notes_are_short(review: TestSetReview, ann: User) -> None:
    with pytest.raises(CannotReview, match="at most 500"):
        look(review, ann, state=PROBLEMATIC, note="x" * 501)


def test_an_image_that_is_not_in_the_set_is_not_judged(review: TestSetReview, ann: User) -> None:
    other = review.test_set.study.candidates.filter(origin="original").first()
    assert other is not None
    with pytest.raises(CannotReview, match="not in the set"):
        say(review, ann, other.pk)


def test_a_finished_class_is_opened_again_before_it_changes(review: TestSetReview, ann: User) -> None:
    look(review, ann)
    with pytest.raises(CannotReview, match="Open it again"):
        say(review, ann, images(review)[0])
    reviews.reopen(review=review, target_class=target_class(review), by=ann)
    say(review, ann, images(review)[0])
    assert ClassReview.objects.get().finished_at is None


def test_marking_twice_is_marking_once_and_a_mark_can_be_changed(review: TestSetReview, ann: User) -> None:
    look(review, ann)
    look(review, ann)
    assert look(review, ann, state=PROBLEMATIC, note="Vague.").state == PROBLEMATIC
    assert ClassReview.objects.count() == 1


def test_once_all_have_spoken_nobody_takes_back_what_they_said(review: TestSetReview, ann: User, ben: User) -> None:
    look(review, ann, images(review)[:1])
    look(review, ben)
    with pytest.raises(CannotReview, match="a third person decides"):
        reviews.reopen(review=review, target_class=target_class(review), by=ben)
    with pytest.raises(CannotReview, match="a third person decides"):
        look(review, ben, state=PROBLEMATIC, note="Now I see.")
    assert look(review, ben).state == REVIEWED


def test_a_class_takes_no_more_reviews_than_it_needs(review: TestSetReview, ann: User, ben: User) -> None:
    cleo = reviewed.person("cleo")
    say(review, cleo, images(review)[0])
    look(review, ann)
    look(review, ben)
    with pytest.raises(CannotReview, match="reviewed by 2 others"):
        look(review, cleo)
    with pytest.raises(CannotReview, match="reviewed by 2 others"):
        say(review, cleo, images(review)[1])


def test_a_class_that_is_sent_back_is_unreviewed_with_all_that_was_said(
    review: TestSetReview, ann: User, ben: User
) -> None:
    look(review, ann, images(review)[:1], state=PROBLEMATIC, note="Vague.")
    look(review, ben)
    assert reviews.send_back(review=review, target_class=target_class(review)) == 2
    assert set(ClassReview.objects.values_list("state", flat=True)) == {"unreviewed"}
    assert Verdict.objects.count() == 1
    assert look(review, ann).state == REVIEWED


def test_a_person_sees_where_they_are_and_nothing_of_others(review: TestSetReview, ann: User, ben: User) -> None:
    look(review, ben, images(review)[:2])
    say(review, ann, images(review)[0])
    zero, one = reviews.places(review=review, by=ann)
    assert (zero.num_images, zero.num_excluded, zero.is_to_do) == (3, 1, True)
    assert (one.mine, one.num_excluded, one.is_to_do) == (None, 0, True)


def test_the_next_class_follows_and_starts_over_at_the_end(review: TestSetReview, ann: User, ben: User) -> None:
    zero, one = target_class(review, 0), target_class(review, 1)

    def next_class(after: object = None) -> object:
        place = reviews.next_place(review=review, by=ann, after=after)  # type: ignore[arg-type]
        return place and place.target_class

    assert (next_class(), next_class(zero), next_class(one)) == (zero, one, zero)
    look(review, ann, number=1)
    assert (next_class(one), next_class(zero)) == (zero, None)
    look(review, ann)
    assert next_class() is None


def test_who_may_take_part_finds_the_review(review: TestSetReview, ann: User, ben: User, admin: User) -> None:
    review.test_set.study.reviewers.add(ann)
    review.test_set.study.researchers.add(ben)
    for user, number in ((ann, 1), (ben, 1), (admin, 1), (reviewed.person("cleo"), 0)):
        assert TestSetReview.objects.reviewable_by(user).count() == number
    assert TestSetReview.objects.visible_to(ann).count() == 0
