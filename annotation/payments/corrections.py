"""What a person sets right in the books: a payment that the platform does not make, and money that came back."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from annotation.errors import CannotPay
from annotation.models import Batch, LedgerEntry, Place
from annotation.payments import ledger

State, Kind, Step = Place.State, LedgerEntry.Kind, LedgerEntry.Step


def refused(place: Place) -> QuerySet[LedgerEntry]:
    """Payments of this place that the platform has said no to, and is asked for again and again.

    A bonus that it was asked for since, and has not said no to again, may have been paid.
    """
    of_place = LedgerEntry.objects.of_place(place)
    no = of_place.filter(step=Step.REFUSED).values("token")
    rows = of_place.unsettled().exclude(kind=Kind.FEE).filter(token__in=no).exclude(order__ordered_at__isnull=False)
    # Paid there meanwhile: the next round settles it.
    return rows.exclude(kind=Kind.APPROVE) if place.state == State.APPROVED else rows


@transaction.atomic
def give_up(*, place: Place, reason: str, by: Any, now: datetime) -> int:
    """Settle that what was refused is not paid, and how many payments that is; the amounts are free again.

    The place is held from then on: a person pays it anew, rejects it, or makes up for it by a bonus.
    """
    row = Place.objects.select_for_update(of=("self",)).select_related("posting").get(pk=place.pk)
    Batch.objects.select_for_update(no_key=True).get(pk=row.posting.batch_id)  # so that nothing is ordered meanwhile
    tokens = list(refused(row).values_list("token", flat=True))
    if not tokens:
        raise CannotPay("The platform has not said no to a payment of this place, so that it may have made it.")
    for token in tokens:
        ledger.void(token=token, reason=reason, now=now, by=by)
    return len(tokens)


def refundable(place: Place) -> QuerySet[LedgerEntry]:
    """Payments of this place that were made and of which nothing has come back."""
    of_place = LedgerEntry.objects.of_place(place)
    made = of_place.filter(step=Step.DONE, kind__in=[Kind.APPROVE, Kind.BONUS])
    return made.exclude(token__in=of_place.filter(kind=Kind.REFUND).values("token")).order_by("id")


def refund(*, place: Place, token: str, minor_units: int, reason: str, by: Any, now: datetime) -> None:
    """Write down that the platform has given back a part of a payment, fee included, or all of it: once for each."""
    if not LedgerEntry.objects.of_place(place).filter(token=token, step=Step.DONE).exists():
        raise CannotPay("That is no payment that was made for this place.")
    ledger.refund(token=token, minor_units=minor_units, reason=reason, now=now, by=by)
