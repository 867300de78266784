"""What a person decides about pay. The intent is written here and now; the next round tells the platform."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from annotation.errors import OverBudget
from annotation.models import Batch, Rejection
from annotation.payments import paying, rejections

AT_ONCE = 500  # places of one request: each takes some milliseconds
NO_GRACE = timedelta(0)


@dataclass(frozen=True, kw_only=True)
class Intended:
    """What came of asking for all that waits."""

    num_intended: int = 0
    num_held: int = 0
    num_left: int = 0
    """Of which nothing was decided yet: ask again."""
    missing: int = 0
    """Smallest units by which the budget falls short."""


def pay_all(*, batch: Batch, by: Any, now: datetime, limit: int = AT_ONCE) -> Intended:
    """All that is handed in on both sides, without waiting for the grace period; what is held stays held."""
    places = list(paying.due(batch, now=now, grace=NO_GRACE))
    held = paying.why_held(batch, places)
    free = [place for place in places if place.pk not in held]
    num_intended = missing = 0
    for place in free[:limit]:
        try:
            paying.intend(place, now=now, by=by)
        except OverBudget as error:
            missing += place.posting.cost_of_place if missing else error.missing
        else:
            num_intended += 1
    return Intended(num_intended=num_intended, num_held=len(held), num_left=max(0, len(free) - limit), missing=missing)


@transaction.atomic
def pay_after_all(*, rejection: Rejection, reason: str, by: Any, now: datetime) -> bool:
    """Reverse a rejection and intend the pay, though the place be held; whether the budget held it.

    Where it did not, the place is due from now on, and is paid once the budget is raised.
    """
    row = rejections.reverse(rejection=rejection, reason=reason, by=by, now=now)
    try:
        paying.intend(row.place, now=now, by=by)
    except OverBudget:
        return False
    return True
