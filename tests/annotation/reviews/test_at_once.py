"""Reviewers, third persons and researchers who click at the same moment, on real connections."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from annotation import reviews, testsets
from annotation.errors import AnnotationError, CannotReview
from annotation.models import ClassReview, Exclusion, Resolution, TestSet, TestSetReview, Verdict
from tests.annotation.reviews import reviewed
from tests.annotation.reviews.reviewed import agree, images, look, say
from tests.at_once import at_once, wait_until_somebody_waits
from tests.cast import NOW

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def review() -> TestSetReview:
    return reviewed.under_review()


def people(number: int) -> list[User]:
    return [reviewed.person(f"person {each}") for each in range(number)]


def told(call: Callable[[], Any]) -> Callable[[], str]:
    """What it was refused with, if it was."""

    def tell() -> str:
        try:
            call()
        except AnnotationError as error:
            return str(error)
        return ""

    return tell


def test_a_double_click_is_one_verdict(review: TestSetReview) -> None:
    [ann] = people(1)
    first = images(review)[0]
    at_once([lambda: say(review, ann, first)] * 5)
    assert (ClassReview.objects.count(), Verdict.objects.count()) == (1, 1)


def test_two_people_say_different_things_at_once_and_both_are_kept(review: TestSetReview) -> None:
    ann, ben = people(2)
    first, second, _ = images(review)
    at_once([lambda: say(review, ann, first), lambda: say(review, ben, second)] * 2)
    found = set(Verdict.objects.values_list("class_review__reviewer", "candidate"))
    assert found == {(ann.pk, first), (ben.pk, second)}


def test_of_five_who_finish_a_class_at_once_two_count(review: TestSetReview) -> None:
    refusals = at_once([told(lambda each=each: look(review, each)) for each in people(5)])  # type: ignore[misc]
    assert sorted(map(bool, refusals)) == [False, False, True, True, True]
    assert ClassReview.objects.finished().count() == 2


def test_a_conflict_is_decided_once(review: TestSetReview) -> None:
    ann, ben, *others = people(5)
    first = images(review)[0]
    look(review, ann, [first])
    look(review, ben)

    def decide(by: User, is_excluded: bool) -> Callable[[], Any]:
        return lambda: reviews.resolve(review=review, candidate_id=first, is_excluded=is_excluded, by=by, now=NOW)

    at_once([told(decide(by, number % 2 == 0)) for number, by in enumerate(others)])
    assert Resolution.objects.count() == 1


def test_rebuilding_five_times_at_once_makes_one_round(review: TestSetReview) -> None:
    agree(review, people(2), images(review)[:1])
    made = at_once([lambda: reviews.rebuild(review=review, now=NOW)] * 5)
    assert len({each.pk for each in made}) == 1
    assert (TestSet.objects.count(), TestSetReview.objects.count(), Exclusion.objects.count()) == (2, 2, 1)


def test_a_review_is_opened_once(review: TestSetReview) -> None:
    test_set = review.test_set
    review.delete()
    at_once([lambda: reviews.open_review(test_set=test_set, now=NOW)] * 5)
    assert TestSetReview.objects.count() == 1


def test_nothing_is_said_while_the_set_is_being_frozen(review: TestSetReview) -> None:
    ann, ben = people(2)
    agree(review, [ann, ben])

    def send_back() -> int:
        try:
            return reviews.send_back(review=review, target_class=reviewed.target_class(review))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            testsets.freeze(test_set=review.test_set, now=NOW)
            later = other.submit(send_back)
            wait_until_somebody_waits()
        with pytest.raises(CannotReview, match="its review is over"):
            later.result(20)


def test_rebuilding_and_freezing_at_once_wait_in_no_circle(review: TestSetReview) -> None:
    agree(review, people(2), images(review)[:1])
    test_set = review.test_set
    calls = [
        told(lambda: reviews.rebuild(review=review, now=NOW)),
        told(lambda: testsets.freeze(test_set=test_set, now=NOW)),
    ]
    rebuilt, frozen = at_once(calls)
    assert rebuilt == ""
    assert "review" in frozen or "excluded" in frozen


def test_no_word_is_lost_while_the_review_of_the_next_revision_is_opened(review: TestSetReview) -> None:
    first, by = images(review)[0], people(4)
    anew = reviewed.beside(review)
    calls = [told(lambda each=each: say(review, each, first)) for each in by]  # type: ignore[misc]
    *refusals, opened = at_once([*calls, told(lambda: reviews.open_review(test_set=anew, now=NOW))])
    assert opened == ""
    after = Verdict.objects.filter(class_review__review__follows=review)
    heard = {each.pk for each, refusal in zip(by, refusals, strict=True) if not refusal}
    assert set(after.values_list("class_review__reviewer", flat=True)) == heard
    assert all("goes on with the next round" in refusal for refusal in refusals if refusal)


def test_one_round_follows_where_two_revisions_come_at_once(review: TestSetReview) -> None:
    agree(review, people(2), images(review)[:1])
    before = review.test_set
    anew = reviewed.beside(review)
    calls = [
        told(lambda: reviews.open_review(test_set=anew, now=NOW)),
        told(lambda: reviews.rebuild(review=review, now=NOW)),
        told(lambda: testsets.freeze(test_set=before, now=NOW)),
    ]
    opened, rebuilt, frozen = at_once(calls)
    assert TestSetReview.objects.filter(follows=review).count() == 1
    assert (opened, rebuilt) in [
        ("", ""),
        ("The next round of its last review has just been opened. Load the page again.", ""),
    ]
    assert "review" in frozen or "excluded" in frozen
