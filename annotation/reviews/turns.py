"""Who changes a review takes turns with all who do, and with the freeze of its set."""

from collections import defaultdict
from typing import Any

from annotation.errors import CannotReview
from annotation.models import Resolution, TargetClass, TestSet, TestSetImage, TestSetReview


def take(review: TestSetReview) -> TestSetReview:
    """The review, locked until this transaction ends, if there is still something to say in it."""
    row: TestSetReview = TestSetReview.objects.select_for_update(no_key=True).get(pk=review.pk)
    # Read after the lock was had: a joined row would be what it was before the wait.
    row.test_set = TestSet.objects.select_related("study").get(pk=row.test_set_id)
    if row.test_set.is_frozen:
        raise CannotReview("The set is frozen: its review is over, and nothing in it changes any more.")
    if TestSetReview.objects.filter(follows=row).exists():
        raise CannotReview("The set has been rebuilt since: the review goes on with the next round.")
    return row


def deciders(review: TestSetReview) -> defaultdict[int, set[int]]:
    """By the id of a class who has decided a conflict in it, in this or another round of the set.

    They know there on which images the reviewers differed, so they are no reviewer of these classes any more.
    """
    of_set = Resolution.objects.filter(
        review__test_set__study=review.test_set.study_id, review__test_set__name=review.test_set.name
    )
    found: defaultdict[int, set[int]] = defaultdict(set)
    for target_class, person in of_set.order_by().values_list("candidate__target_class", "resolved_by").distinct():
        found[target_class].add(person)
    return found


def classes_decided_by(review: TestSetReview, person: Any) -> set[int]:
    """Ids of the classes in which this person has decided a conflict."""
    return {target_class for target_class, people in deciders(review).items() if person.pk in people}


def class_of(review: TestSetReview, candidate_id: int) -> TargetClass:
    """The class for which the set holds the image."""
    images = TestSetImage.objects.select_related("target_class").filter(test_set=review.test_set_id)
    image = images.filter(candidate=candidate_id).first()
    if image is None:
        raise CannotReview(f"Image {candidate_id} is not in the set that is reviewed. Load the page again.")
    found: TargetClass = image.target_class
    return found


def checked_class(review: TestSetReview, target_class: TargetClass) -> None:
    if not TestSetImage.objects.filter(test_set=review.test_set_id, target_class=target_class).exists():
        raise CannotReview(f"The set has no images of {target_class}, so there is nothing to review.")
