"""What each person says: image by image, at once kept, then the whole class as reviewed or problematic.

The only writer of `ClassReview` and `Verdict`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from annotation.errors import CannotReview
from annotation.models import ClassReview, TargetClass, TestSetReview, Verdict
from annotation.models.review import MAX_NOTE
from annotation.reviews import turns

State = ClassReview.State


@transaction.atomic
def exclude(
    *, review: TestSetReview, candidate_id: int, reason: Verdict.Reason, by: Any, now: datetime, note: str = ""
) -> Verdict:
    """This person would exclude the image; the last reason they give counts."""
    words = _checked(note)
    if reason == Verdict.Reason.OTHER and not words:
        raise CannotReview("Say in a few words what the other reason is.")
    mine = _mine(review, candidate_id, by, now)
    fields = {"reason": reason, "note": words, "given_at": now}
    verdict, _is_new = Verdict.objects.update_or_create(class_review=mine, candidate_id=candidate_id, defaults=fields)
    return verdict


@transaction.atomic
def keep(*, review: TestSetReview, candidate_id: int, by: Any, now: datetime) -> None:
    """This person would keep the image, as they would any that they say nothing about."""
    mine = _mine(review, candidate_id, by, now)
    Verdict.objects.filter(class_review=mine, candidate=candidate_id).delete()


@transaction.atomic
def finish(
    *, review: TestSetReview, target_class: TargetClass, state: State, by: Any, now: datetime, note: str = ""
) -> ClassReview:
    """They have looked at all images of the class: it is reviewed, or there is a problem with it as a whole."""
    words = _checked(note)
    if state == State.UNREVIEWED:
        raise CannotReview("Mark the class as reviewed or as problematic; `reopen` takes either back.")
    if state == State.PROBLEMATIC and not words:
        raise CannotReview("Say in a few words what the problem with the class is.")
    row = turns.take(review)
    turns.checked_class(row, target_class)
    _check_it_is_wanted(row, target_class, by)
    mine = _begun(row, target_class, by, now)
    if (mine.state, mine.note) == (state, words):
        return mine
    if mine.is_finished and _is_complete(row, target_class):
        raise CannotReview(_too_late(target_class))
    mine.state, mine.note, mine.finished_at = state, words, now
    mine.save(update_fields=["state", "note", "finished_at"])
    return mine


@transaction.atomic
def reopen(*, review: TestSetReview, target_class: TargetClass, by: Any) -> None:
    """Go on with a class that they had finished, while others are still to finish it.

    After that the images on which they differ are known to be conflicts: those are for a third person.
    """
    row = turns.take(review)
    mine = ClassReview.objects.finished().filter(review=row, target_class=target_class, reviewer=by)
    if not mine.exists():
        return
    if _is_complete(row, target_class):
        raise CannotReview(_too_late(target_class))
    _unfinish(mine)


@transaction.atomic
def send_back(*, review: TestSetReview, target_class: TargetClass) -> int:
    """Ask all who have finished a class to look again, say after a problem was mended; what they said is kept."""
    row = turns.take(review)
    return _unfinish(ClassReview.objects.finished().filter(review=row, target_class=target_class))


def carry_over(*, old: TestSetReview, new: TestSetReview, images: Mapping[int, set[int]]) -> None:
    """What was said in one round, for the next: all of it about classes whose images are the same as before.

    `images` are the candidates of each class in the new set. A class with other images is unreviewed again;
    what was said about those that are still there is kept.
    """
    before: dict[int, set[int]] = {}
    for target_class, candidate in old.test_set.images.values_list("target_class_id", "candidate_id"):
        before.setdefault(target_class, set()).add(candidate)
    taken_over: dict[int, ClassReview] = {}
    for each in ClassReview.objects.filter(review=old, target_class__in=list(images)).order_by("id"):
        row = ClassReview(
            review=new, target_class_id=each.target_class_id, reviewer_id=each.reviewer_id, begun_at=each.begun_at
        )
        if images[each.target_class_id] == before[each.target_class_id]:
            row.state, row.note, row.finished_at = each.state, each.note, each.finished_at
        taken_over[each.pk] = row
    ClassReview.objects.bulk_create(taken_over.values())
    still_there = set().union(*images.values())
    Verdict.objects.bulk_create(
        Verdict(
            class_review=taken_over[each.class_review_id], candidate_id=each.candidate_id,
            reason=each.reason, note=each.note, given_at=each.given_at,
        )
        for each in Verdict.objects.filter(class_review__in=taken_over).order_by("id")
        if each.candidate_id in still_there
    )  # fmt: skip


def _mine(review: TestSetReview, candidate_id: int, by: Any, now: datetime) -> ClassReview:
    """This person's open review of the image's class; in turn, so that nothing is said in a round that is over."""
    row = turns.take(review)
    target_class = turns.class_of(row, candidate_id)
    _check_it_is_wanted(row, target_class, by)
    mine = _begun(row, target_class, by, now)
    if mine.is_finished:
        raise CannotReview(f"You have marked {target_class} as {mine.state}. Open it again to change what you said.")
    return mine


def _begun(review: TestSetReview, target_class: TargetClass, by: Any, now: datetime) -> ClassReview:
    row, _is_new = ClassReview.objects.get_or_create(
        review=review, target_class=target_class, reviewer=by, defaults={"begun_at": now}
    )
    return row


def _check_it_is_wanted(review: TestSetReview, target_class: TargetClass, by: Any) -> None:
    """Nobody reviews what enough others have, nor where they have been a third person: they know the conflicts."""
    if target_class.pk in turns.classes_decided_by(review, by):
        raise CannotReview(f"You have decided conflicts of {target_class} as a third person; somebody else reviews it.")
    finished = ClassReview.objects.finished().filter(review=review, target_class=target_class)
    if finished.exclude(reviewer=by).count() >= review.num_reviewers:
        raise CannotReview(
            f"{target_class} has been reviewed by {review.num_reviewers} others; go on with another class."
        )


def _is_complete(review: TestSetReview, target_class: TargetClass) -> bool:
    finished = ClassReview.objects.finished().filter(review=review, target_class=target_class)
    return finished.count() >= review.num_reviewers


def _unfinish(rows: Any) -> int:
    number: int = rows.update(state=State.UNREVIEWED, finished_at=None)
    return number


def _too_late(target_class: TargetClass) -> str:
    return (
        f"{target_class} has all its reviews, so that what you said stands. Where you differ, a third person decides; "
        "a researcher of the study can ask all of you to look again."
    )


def _checked(note: str) -> str:
    words = " ".join(note.replace("\x00", "").split())
    if len(words) > MAX_NOTE:
        raise CannotReview(f"The note has {len(words)} characters; at most {MAX_NOTE} are possible.")
    return words
