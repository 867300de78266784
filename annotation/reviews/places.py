"""Where a person is in a review: the classes, what they have said of each, and which one comes next."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from annotation.models import ClassReview, TargetClass, TestSetReview
from annotation.reviews import turns


@dataclass(frozen=True)
class Place:
    """A class of a review as one person sees it: nothing of what others say."""

    target_class: TargetClass
    num_images: int
    mine: ClassReview | None
    num_excluded: int
    """By this person."""
    has_decided: bool
    """Whether they have been a third person here, who decides conflicts and does not review."""
    is_wanted: bool
    """Whether they may still say something: not enough others have finished it, nor have they decided."""

    @property
    def is_to_do(self) -> bool:
        return self.is_wanted and not (self.mine and self.mine.is_finished)


def places(*, review: TestSetReview, by: Any) -> list[Place]:
    """All classes of the set, in their order."""
    sizes = dict(
        review.test_set.images.order_by().values_list("target_class").annotate(number=Count("pk")).values_list(
            "target_class", "number"
        )
    )  # fmt: skip
    own = ClassReview.objects.filter(review=review, reviewer=by).annotate(num_verdicts=Count("verdicts"))
    mine = {row.target_class_id: row for row in own}
    others = ClassReview.objects.finished().filter(review=review).exclude(reviewer=by)
    decided = turns.classes_decided_by(review, by)
    num_others = dict(others.order_by().values_list("target_class").annotate(Count("pk")))
    return [
        Place(
            target_class=each,
            num_images=sizes[each.pk],
            mine=mine.get(each.pk),
            num_excluded=mine[each.pk].num_verdicts if each.pk in mine else 0,
            has_decided=each.pk in decided,
            is_wanted=num_others.get(each.pk, 0) < review.num_reviewers and each.pk not in decided,
        )
        for each in TargetClass.objects.filter(pk__in=sizes).order_by("number")
    ]


def next_place(*, review: TestSetReview, by: Any, after: TargetClass | None = None) -> Place | None:
    """The class to go on with: the next after this one, or from the start again; none where all is said."""
    to_do = [each for each in places(review=review, by=by) if each.is_to_do and each.target_class != after]
    number = -1 if after is None else after.number
    return next((each for each in to_do if each.target_class.number > number), to_do[0] if to_do else None)
