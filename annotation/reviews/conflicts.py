"""Images that some reviewers exclude and others keep: a third person decides. The only writer of `Resolution`."""

from datetime import datetime
from typing import Any

from django.db import transaction

from annotation.counting.verdicts import ClassTally, tally
from annotation.errors import CannotReview
from annotation.models import Resolution, TestSetReview
from annotation.reviews import turns


@transaction.atomic
def resolve(*, review: TestSetReview, candidate_id: int, is_excluded: bool, by: Any, now: datetime) -> Resolution:
    """Exclude the image or keep it; by somebody who has not reviewed its class."""
    row = turns.take(review)
    counted = tally(row).of_class(turns.class_of(row, candidate_id).pk)
    if counted is None or candidate_id not in counted.conflicts():
        raise CannotReview(f"There is no conflict about image {candidate_id}. Load the page again.")
    if by.pk in counted.reviewer_ids:
        raise CannotReview(f"You have reviewed {counted.target_class} yourself: its conflicts are for a third person.")
    resolution, is_new = Resolution.objects.get_or_create(
        review=row,
        candidate_id=candidate_id,
        defaults={"is_excluded": is_excluded, "resolved_by": by, "resolved_at": now},
    )
    if is_new or resolution.is_excluded == is_excluded:
        return resolution
    if resolution.resolved_by_id != by.pk:
        raise CannotReview(f"Somebody else has decided about image {candidate_id} already.")
    if candidate_id in counted.excluded:
        raise CannotReview(f"Image {candidate_id} is excluded from the study already.")
    resolution.is_excluded, resolution.resolved_at = is_excluded, now
    resolution.save(update_fields=["is_excluded", "resolved_at"])
    return resolution


def conflicts_for(*, review: TestSetReview, by: Any) -> list[ClassTally]:
    """The classes with conflicts that this person may decide about: those that they have not reviewed."""
    return [each for each in tally(review).classes if each.conflicts() and by.pk not in each.reviewer_ids]


def carry_over(*, old: TestSetReview, new: TestSetReview, candidate_ids: set[int]) -> None:
    """Decisions about images that are in the next revision too: nobody is asked twice."""
    rows = Resolution.objects.filter(review=old, candidate__in=candidate_ids).order_by("id")
    Resolution.objects.bulk_create(
        Resolution(
            review=new, candidate_id=each.candidate_id, is_excluded=each.is_excluded,
            resolved_by_id=each.resolved_by_id, resolved_at=each.resolved_at,
        )
        for each in rows
    )  # fmt: skip
