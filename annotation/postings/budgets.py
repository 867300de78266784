"""What a batch may come to cost: every place that can still be taken, and the bonuses."""

from typing import Any

from django.db.models import Count, F, Q, Sum

from annotation.errors import OverBudget
from annotation.models import Batch, LedgerEntry, Place, Posting

State = Posting.State


def promised(batch: Batch) -> int:
    """Pay and fees of all places of what is put up or waits to be; of what is closed, of those that were taken."""
    cost = F("pay_minor_units") + F("fee_minor_units")
    live = batch.postings.filter(state__in=[State.WAITING, State.OPEN, State.PAUSED])
    open_places: int = live.aggregate(total=Sum(cost * F("num_places"), default=0))["total"]
    taken = Count("places", filter=~Q(places__state=Place.State.RETURNED))
    closed = batch.postings.filter(state=State.CLOSED).annotate(num_taken=taken)
    return open_places + sum(each.cost_of_place * each.num_taken for each in closed.filter(num_taken__gt=0))


def bonuses(batch: Batch) -> int:
    """Paid or meant to be, with their fees, less what came back."""
    of_bonuses = LedgerEntry.objects.filter(batch=batch).of_bonuses()
    spent: int = of_bonuses.counting().aggregate(total=Sum("minor_units", default=0))["total"]
    back: int = of_bonuses.filter(kind=LedgerEntry.Kind.REFUND).aggregate(total=Sum("minor_units", default=0))["total"]
    return spent - back


def refuse_over_budget(batch: Batch, *, more: int = 0, what: Any = "What is put up") -> None:
    """Refuse what the budget can't hold together with all that is promised already; nothing has been spent yet."""
    if batch.budget_minor_units is None:
        return
    needed = promised(batch) + bonuses(batch) + more
    missing = needed - batch.budget_minor_units
    if missing > 0:
        raise OverBudget(
            f"{what} may come to {needed} {batch.currency} (smallest units, fees included), {missing} more than "
            f"{batch}'s budget of {batch.budget_minor_units}; raise the budget, or offer fewer places.",
            missing=missing,
        )
