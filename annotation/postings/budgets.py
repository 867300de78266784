"""What a batch may come to cost: every place that can still be taken, and bonuses; and what one person may alone."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Exists, F, OuterRef, Q, Sum

from annotation.errors import CannotLaunch, OverBudget
from annotation.models import Batch, Launch, LedgerEntry, Place, Posting, money
from annotation.models.posting import PlaceQuerySet
from annotation.platforms.base import WORKFORCES
from annotation.platforms.paid import Unit

State = Posting.State
TOGETHER = timedelta(days=1)  # within which one person's launches count as one, be they closed already


def promised(batch: Batch) -> int:
    """Pay and fees of all places of what is put up or waits to be; of what is closed, of those that were taken.

    Who took one before it closed has their time still, and no platform tells of all of them: until the batch expires,
    all places of what was put up count. A rejected place counts only while another worker may get it.
    """
    cost = F("pay_minor_units") + F("fee_minor_units")
    is_live = Q(state__in=[State.WAITING, State.OPEN, State.PAUSED])
    if batch.expired_at is None:
        is_live |= Q(state=State.CLOSED) & ~Q(external_id="")
    live = batch.postings.filter(is_live)
    over = batch.postings.filter(state=State.CLOSED).exclude(is_live)
    open_places: int = live.aggregate(total=Sum(cost * F("num_places"), default=0))["total"]
    rejected = Place.objects.filter(posting__batch=batch).rejected()
    taken = Place.objects.filter(posting__in=over).exclude(state=Place.State.RETURNED).exclude(pk__in=rejected)
    is_given_anew = WORKFORCES[batch.platform].unit is Unit.BATCH
    lost = rejected.none() if is_given_anew else rejected.filter(posting__in=live)
    return open_places + _cost(taken) - _cost(lost)


def _cost(places: PlaceQuerySet) -> int:
    of_each = F("posting__pay_minor_units") + F("posting__fee_minor_units")
    total: int = places.aggregate(total=Sum(of_each, default=0))["total"]
    return total


def bonuses(batch: Batch) -> int:
    """Paid or meant to be, with their fees, less what came back."""
    of_bonuses = LedgerEntry.objects.filter(batch=batch).of_bonuses()
    spent: int = of_bonuses.counting().aggregate(total=Sum("minor_units", default=0))["total"]
    back: int = of_bonuses.filter(kind=LedgerEntry.Kind.REFUND).aggregate(total=Sum("minor_units", default=0))["total"]
    return spent - back


def bound(batch: Batch) -> int:
    """What it may come to by all that is put up and given on top, whatever workers do."""
    return promised(batch) + bonuses(batch)


def refuse_over_budget(batch: Batch, *, more: int = 0, what: Any = "What is put up") -> None:
    """Refuse what the budget can't hold together with all that is promised already; nothing has been spent yet."""
    if batch.budget_minor_units is None:
        return
    needed = bound(batch) + more
    missing = needed - batch.budget_minor_units
    if missing > 0:
        more_than, budget = money.written(missing, batch.currency), batch.budget_minor_units
        raise OverBudget(
            f"{what} may come to {money.written(needed, batch.currency)}, fees included: {more_than} more than "
            f"{batch}'s budget of {money.written(budget, batch.currency)}. Raise the budget, or offer fewer places.",
            missing=missing,
        )


def needs_second(total: int, currency: str) -> bool:
    """Whether a second researcher has to agree to as much."""
    most = Decimal(settings.LAUNCH_SECOND_ABOVE).scaleb(money.num_decimals(currency))
    return bool(currency) and total > most


def committed_alone(*, by: Any, currency: str, now: datetime, besides: Batch | None = None) -> int:
    """What batches may come to that this person launched, over all studies, beyond what a second agreed to.

    Those count that are open, and those that were launched, or given a bonus of, within the last day: so many small
    launches need a second researcher as one large launch does.
    """
    if not currency:
        return 0
    since = now - TOGETHER
    given = LedgerEntry.objects.filter(batch=OuterRef("pk"), kind=LedgerEntry.Kind.BONUS, at__gt=since)
    lately = Q(expired_at=None) | Q(launched_at__gt=since) | Q(Exists(given))
    launched = Batch.objects.filter(launch__confirmed_by=by, is_simulated=False)
    rows = launched.filter(lately, currency=currency).select_related("launch")
    return sum(max(0, _agreed(batch) - _by_two(batch.launch)) for batch in rows if batch != besides)


def take_turns(person_id: int) -> None:
    """Until the end of the transaction, nobody else reckons what this person may launch alone."""
    get_user_model().objects.select_for_update(no_key=True).get(pk=person_id)


def refuse_without_second(
    batch: Batch, minor_units: int, *, now: datetime, instead: str = "launch what is more as a batch of its own"
) -> None:
    """Refuse an amount of this batch that two people must agree to, with all that its one researcher launched alone.

    What two have agreed to is no longer theirs alone; only what comes on top of it is.
    """
    launch = Launch.objects.filter(batch=batch).select_related("confirmed_by").first()
    if launch is None or launch.confirmed_by is None or minor_units <= _by_two(launch):
        return
    alone = minor_units - _by_two(launch)
    take_turns(launch.confirmed_by.pk)
    others = committed_alone(by=launch.confirmed_by, currency=batch.currency, now=now, besides=batch)
    if needs_second(alone + others, batch.currency):
        most = Decimal(settings.LAUNCH_SECOND_ABOVE)
        beside = f", with {money.written(others, batch.currency)} that they launched alone of late," if others else ""
        top = " on top of what two have agreed to" if alone < minor_units else ""
        raise CannotLaunch(
            f"{money.written(alone, batch.currency)}{top}{beside} are more than {most:,f} {batch.currency}, which "
            f"{launch.confirmed_by} may not spend without a second researcher; {instead}."
        )


def _by_two(launch: Launch) -> int:
    """What a second researcher has agreed to, too."""
    return max(launch.confirmed_cost or 0, launch.budget_minor_units or 0) if launch.seconded_by_id else 0


def _agreed(batch: Batch) -> int:
    """What it may come to, the rest of a pilot included as long as it is open."""
    confirmed = batch.launch.confirmed_cost or 0
    return max(confirmed, bound(batch)) if batch.expired_at is None else bound(batch)
