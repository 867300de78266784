"""Whether there are people enough for a review: the researchers and reviewers of its study."""

from dataclasses import dataclass

from annotation.counting.verdicts import Tally
from annotation.models import TestSetReview
from annotation.reviews import turns


@dataclass(frozen=True)
class People:
    """Who may take part, by numbers."""

    num_active: int
    num_for_each: int
    """Of the class that has the fewest and is not reviewed by enough: who has finished it, or still may."""
    lacks_third: bool
    """Whether a conflict is left that nobody of them may decide, as all have reviewed its class."""


def people(*, review: TestSetReview, counted: Tally) -> People:
    """Who decides conflicts of a class is no reviewer of it any more."""
    study = review.test_set.study
    of_study = study.researchers.filter(is_active=True).union(study.reviewers.filter(is_active=True))
    active = set(of_study.values_list("pk", flat=True))
    deciders = turns.deciders(review)
    short = [each for each in counted.classes if not each.is_complete]
    for_each = [active - deciders[each.target_class.pk] | set(each.reviewer_ids) for each in short]
    return People(
        num_active=len(active),
        num_for_each=min(map(len, for_each), default=len(active)),
        lacks_third=any(each.unresolved() and active <= set(each.reviewer_ids) for each in counted.classes),
    )
