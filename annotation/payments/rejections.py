"""Rejections: that a place is not paid, and why; reversed for 30 days. The only writer of `Rejection`.

The row comes first, and the platform is told after. A reversed rejection makes the place due again, whatever its age.
"""

from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from annotation import postings
from annotation.errors import CannotPay
from annotation.models import Batch, LedgerEntry, Place, Rejection
from annotation.models.ledger import REVERSIBLE_FOR
from annotation.platforms.base import WORKFORCES
from annotation.platforms.paid import PaidPlatform, visible
from annotation.postings import Round

State = Place.State
LONGEST_REASON = 1000  # MTurk takes 1,024 bytes of its own kind, Prolific 2,000 characters


@transaction.atomic
def reject(*, place: Place, reason: str, by: Any, now: datetime) -> Rejection:
    """Decide that the place is not paid; `tell` the platform next. Deciding the same again changes nothing."""
    row = Place.objects.select_for_update(of=("self",)).select_related("posting__batch").get(pk=place.pk)
    standing = row.rejections.active().first()
    if standing is not None:
        if standing.reason != reason.strip():
            raise CannotPay("The place is rejected already, for another reason.")
        return standing
    if not reason.strip():
        raise CannotPay("Give the reason: the worker reads it.")
    _refuse_short(reason.strip(), row.posting.batch.platform)
    if row.state != State.SUBMITTED and not _is_rejected_there(row):
        raise CannotPay(f"The place is {row.get_state_display().lower()} there: only what is handed in is rejected.")
    if (
        LedgerEntry.objects.of_place(row)
        .filter(kind=LedgerEntry.Kind.APPROVE)
        .exclude(token__in=LedgerEntry.objects.filter(step=LedgerEntry.Step.VOID).values("token"))
        .exists()
    ):
        raise CannotPay("Its pay is under way or made already; give that up first, if the platform has not paid.")
    return Rejection.objects.create(place=row, reason=reason.strip(), rejected_by=by, rejected_at=now)


@transaction.atomic
def reverse(*, rejection: Rejection, reason: str, by: Any, now: datetime) -> Rejection:
    """Take it back, within 30 days: the place is due again, and paying it takes back the rejection there."""
    row = Rejection.objects.select_for_update().get(pk=rejection.pk)
    if row.reversed_at is not None:
        raise CannotPay("The rejection was reversed before.")
    if not row.is_reversible_at(now):
        raise CannotPay(f"A rejection can be reversed for {REVERSIBLE_FOR.days} days; pay a bonus instead.")
    if not reason.strip():
        raise CannotPay("Give the reason; it stays in the books.")
    row.reversed_at, row.reversed_by, row.reversal_reason = now, by, reason.strip()
    row.save(update_fields=["reversed_at", "reversed_by", "reversal_reason"])
    return row


def overtaken(*, place: Place, by: Any, now: datetime) -> None:
    """The platform has paid the place all the same, so that it is rejected no more, however long ago that was."""
    standing = Rejection.objects.active().filter(place=place)
    standing.update(reversed_at=now, reversed_by=by, reversal_reason="The platform has paid it.")


def tell(*, batch: Batch, platform: PaidPlatform, now: datetime) -> Round:
    """Tell the platform of the rejections it may not know yet."""
    untold = Rejection.objects.untold().filter(place__posting__batch=batch).select_related("place")
    done = Round()
    for rejection in untold.order_by("id"):
        done.ask(
            partial(_tell_one, rejection, platform=platform, now=now),
            about=f"The rejection of {rejection.place.external_id}",
            refused=lambda why: None,
            uncertain=lambda: None,
        )
        if done.is_over:
            break
    done.num_left = untold.count()
    return done


def shortest_reason(platform: str) -> int:
    """How many characters the platform wants to read."""
    return WORKFORCES[platform].shortest_reason


def _refuse_short(reason: str, platform: str) -> None:
    """By what can be seen of it: a run of line breaks and the like counts once, as it does there."""
    shortest, length = shortest_reason(platform), len(visible(reason))
    if not shortest <= length <= LONGEST_REASON:
        raise CannotPay(
            f"The reason has {length} characters; {platform} takes {shortest} to {LONGEST_REASON}. "
            "Say what was wrong, and where it can be seen."
        )


def _tell_one(rejection: Rejection, *, platform: PaidPlatform, now: datetime) -> None:
    platform.reject(rejection.place.external_id, reason=rejection.reason)
    with transaction.atomic():
        Rejection.objects.filter(pk=rejection.pk).update(told_at=now)
        postings.decided(place=rejection.place, state=State.REJECTED, now=now)


def _is_rejected_there(place: Place) -> bool:
    """By hand, on the platform's own page: the reason can still be written down here."""
    return place.state == State.REJECTED
