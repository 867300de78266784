"""Who has looked at accuracies of a study, and since when: what reviewers knew before a set was frozen.

The only writer of `AccuracyLook`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Min

from annotation.models import ClassReview, TestSet, TestSetReview
from evaluation.models import AccuracyLook

# In one statement, however many studies a list of runs is about.
NOTE = """
INSERT INTO evaluation_accuracylook (study_id, person_id, "where", first_at, last_at, num_times)
SELECT study, %s, %s, %s, %s, 1 FROM unnest(%s::bigint[]) study
ON CONFLICT (study_id, person_id, "where") DO UPDATE SET
    first_at = least(evaluation_accuracylook.first_at, excluded.first_at),
    last_at = greatest(evaluation_accuracylook.last_at, excluded.last_at),
    num_times = evaluation_accuracylook.num_times + 1
"""


@dataclass(frozen=True)
class EarlyLook:
    """A person who had been shown accuracies of the study when a set was not frozen yet."""

    name: str
    is_reviewer: bool
    first_at: datetime


def note(*, study_ids: Iterable[int], person: Any, where: AccuracyLook.Where, now: datetime) -> None:
    """This person is being shown accuracies of these studies."""
    with connection.cursor() as cursor:
        cursor.execute(NOTE, [person.pk, where, now, now, sorted(set(study_ids))])


def before_freeze(test_set: TestSet) -> list[EarlyLook]:
    """Who had looked when the set was frozen (until now, for one that is not), the earliest first."""
    rows = AccuracyLook.objects.filter(study=test_set.study_id)
    if test_set.frozen_at is not None:
        rows = rows.filter(first_at__lt=test_set.frozen_at)
    reviewers = _reviewers(test_set)
    people = rows.order_by().values("person", "person__username").annotate(first=Min("first_at"))
    found = [EarlyLook(row["person__username"], row["person"] in reviewers, row["first"]) for row in people]
    return sorted(found, key=lambda look: (look.first_at, look.name))


def _reviewers(test_set: TestSet) -> set[int]:
    """Who has reviewed the set, in any round that led to it."""
    found: set[int] = set()
    each = TestSetReview.objects.filter(test_set=test_set).first()
    while each is not None:
        found |= set(ClassReview.objects.filter(review=each).values_list("reviewer_id", flat=True))
        found |= set(each.resolutions.values_list("resolved_by_id", flat=True))
        each = each.follows
    return found
