"""A set of two classes under review, and people who look at it."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User

from annotation import reviews, testsets
from annotation.models import ClassReview, Origin, Strategy, Study, TargetClass, TestSet, TestSetReview, Verdict
from tests import cast
from tests.cast import NOW

REVIEWED, PROBLEMATIC = ClassReview.State.REVIEWED, ClassReview.State.PROBLEMATIC
NUM_IMAGES = 3


def study(slug: str = "digits-twin", num_classes: int = 2, num_spare: int = 3, **fields: Any) -> Study:
    """Each class has originals and as many good candidates as a set needs, and some to spare."""
    row = cast.study(slug, **fields)
    for number in range(num_classes):
        target_class = cast.target_class(row, str(number), ["zero", "one", "two"][number])
        for _ in range(NUM_IMAGES + num_spare):
            cast.measured(target_class, Origin.POOL, 9)
        for _ in range(5):
            cast.measured(target_class, Origin.ORIGINAL, 9)
    return row


def under_review(of: Study | None = None, num_reviewers: int = 2) -> TestSetReview:
    """The easier set of a study, just opened for review."""
    parameters = testsets.Threshold(images_per_class=NUM_IMAGES)
    test_set = testsets.build(study=of or study(), strategy=Strategy.THRESHOLD, parameters=parameters, seed=1, now=NOW)
    return reviews.open_review(test_set=test_set, now=NOW, num_reviewers=num_reviewers)


def beside(review: TestSetReview, seed: int = 2) -> TestSet:
    """A revision with the same images that was built beside the review."""
    parameters = testsets.Threshold(images_per_class=NUM_IMAGES)
    before = review.test_set
    return testsets.build(
        study=before.study, strategy=Strategy.THRESHOLD, parameters=parameters, seed=seed, now=NOW, keep_from=before
    )


def person(name: str) -> User:
    return User.objects.create_user(name)


def images(review: TestSetReview, number: int = 0) -> list[int]:
    """The candidates of a class, in the order of the set."""
    rows = review.test_set.images.filter(target_class__number=number).order_by("number")
    return list(rows.values_list("candidate_id", flat=True))


def target_class(review: TestSetReview, number: int = 0) -> TargetClass:
    return review.test_set.study.target_classes.get(number=number)


def look(
    review: TestSetReview, by: User, excluded: Iterable[int] = (), number: int = 0, state: Any = REVIEWED, **fields: Any
) -> ClassReview:
    """This person excludes these images as of the wrong class, and marks the class."""
    for candidate_id in excluded:
        say(review, by, candidate_id)
    return reviews.finish(
        review=review, target_class=target_class(review, number), state=state, by=by, now=NOW, **fields
    )


def say(
    review: TestSetReview, by: User, candidate_id: int, reason: Verdict.Reason = Verdict.Reason.WRONG_CLASS, **note: str
) -> Verdict:
    return reviews.exclude(review=review, candidate_id=candidate_id, reason=reason, by=by, now=NOW, **note)


def agree(review: TestSetReview, people: Iterable[User], excluded: Iterable[int] = ()) -> None:
    """All of them look at all classes and exclude the same images of the first."""
    excluded = list(excluded)
    for each in people:
        for row in review.test_set.study.target_classes.order_by("number"):
            look(review, each, excluded if row.number == 0 else (), number=row.number)
