"""Who is paid: every place handed in there whose work is handed in here, after a grace period, unless it is held.

Held is a place whose worker the study excludes or serves no more (a decision that nobody has reversed), or who did
fewer grids than the place is paid for; or whose pay was given up. A person then pays it all the same (`pay`), rejects
it, or reverses that.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from annotation import postings
from annotation.errors import CannotPay, OverBudget
from annotation.models import Assignment, Batch, Effect, LedgerEntry, Place, Rejection, WorkerDecision, money
from annotation.payments import bonuses, ledger, rejections
from annotation.platforms.paid import PaidPlatform
from annotation.postings import Round
from annotation.postings.rounds import refuse_other_platform

State, Kind, Step = Place.State, LedgerEntry.Kind, LedgerEntry.Step
GRACE = timedelta(days=1)
AT_ONCE = 500  # places that are looked at together
ASK_AGAIN = timedelta(hours=6)  # of what the platform has refused: each time is a row for ever


@dataclass(kw_only=True)
class Payday(Round):
    """What a round of payments did."""

    held: dict[int, str] = field(default_factory=dict)
    """By the id of a place that would be due: why it waits for a person."""
    missing: int = 0
    """Smallest units by which the budget falls short of what is due."""


def never() -> bool:
    return False


def pay_due(
    *,
    batch: Batch,
    platform: PaidPlatform,
    now: datetime,
    grace: timedelta = GRACE,
    is_time_up: Callable[[], bool] = never,
) -> Payday:
    """Pay what is due, first what was begun before; then tell of rejections. Safe to repeat after being cut short.

    It ends early once `is_time_up` says so, between two calls; `num_left` is then at least one.
    """
    refuse_other_platform(batch, platform.name)
    done = Payday()
    for entry in begun(batch, now=now):
        ask_again(done, entry, platform=platform, now=now)
        if _ends(done, is_time_up):
            return done
    for place in _payable(done, batch, now=now, grace=grace):
        try:
            token = intend(place, now=now)
        except OverBudget as error:
            done.missing += place.posting.cost_of_place if done.missing else error.missing
            continue
        _approve(done, place, token, platform=platform, now=now)
        if _ends(done, is_time_up):
            return done
    if done.missing:
        done.problems.append(
            f"{money.written(done.missing, batch.currency)} more are due than the budget holds: raise it."
        )
    told = rejections.tell(batch=batch, platform=platform, now=now)
    done.problems += told.problems
    done.come_back_after = told.come_back_after
    return done


def begun(batch: Batch, *, now: datetime) -> QuerySet[LedgerEntry]:
    """Payments of which nothing is known yet, without those that the platform has just refused."""
    rows = ledger.unsettled(batch).exclude(token__in=_refused_lately(batch, now))
    return rows.select_related("assignment__place")


def _payable(done: Payday, batch: Batch, *, now: datetime, grace: timedelta) -> Iterator[Place]:
    """What is due and not held; who is held is noted as it is come upon."""
    ids = list(due(batch, now=now, grace=grace).values_list("pk", flat=True))
    for first in range(0, len(ids), AT_ONCE):
        some = list(due(batch, now=now, grace=grace).filter(pk__in=ids[first : first + AT_ONCE]))
        held = why_held(batch, some)
        done.held |= held
        yield from (place for place in some if place.pk not in held)


def _ends(done: Payday, is_time_up: Callable[[], bool]) -> bool:
    if not done.is_over and is_time_up():
        done.num_left = 1
    return done.is_over or done.num_left > 0


def pay(*, place: Place, platform: PaidPlatform, by: Any, now: datetime) -> Payday:
    """A person's word that this place is paid now, though it is held or its grace period runs."""
    done = Payday()
    row = Place.objects.select_related("posting__batch", "assignment").get(pk=place.pk)
    refuse_other_platform(row.posting.batch, platform.name)
    _approve(done, row, intend(row, now=now, by=by), platform=platform, now=now)
    return done


def enter(*, place: Place, by: Any, now: datetime) -> None:
    """Write down what the platform has paid without having been asked: by itself after its time, or by hand there.

    Where no work here goes with the place, it is entered for the place alone, once: also when work comes later. A
    rejection is taken back by it.
    """
    with transaction.atomic():
        rejections.overtaken(place=place, by=by, now=now)  # before the place, as whoever reverses it locks them
        row = Place.objects.select_for_update(of=("self",)).select_related("posting").get(pk=place.pk)
        if row.state != State.APPROVED:
            raise CannotPay("The platform has not paid this place.")
        if row.assignment_id is None:
            ledger.enter(place=row, kind=Kind.APPROVE, amount=_amount_of(row), now=now, by=by)
        else:
            ledger.done(token=intend(row, now=now, by=by), now=now)


def due(batch: Batch, *, now: datetime, grace: timedelta) -> QuerySet[Place]:
    """Places of the batch to be paid, the longest waiting first."""
    rows = due_anywhere(now=now, grace=grace).filter(posting__batch=batch)
    return rows.select_related("posting__batch", "assignment").order_by("submitted_at", "id")


def due_anywhere(*, now: datetime, grace: timedelta = GRACE) -> QuerySet[Place]:
    """Places to be paid, held ones too: handed in on both sides, or whose rejection was reversed."""
    of_place = Rejection.objects.filter(place=OuterRef("pk"))
    under_way = LedgerEntry.objects.unsettled().filter(kind=Kind.APPROVE, assignment=OuterRef("assignment"))
    late = Q(state=State.SUBMITTED, submitted_at__lte=now - grace)
    reversed_ = Q(Exists(of_place), state__in=[State.SUBMITTED, State.REJECTED])
    rows: QuerySet[Place] = Place.objects.filter(late | reversed_, assignment__submitted_at__isnull=False)
    return rows.exclude(Exists(of_place.active())).exclude(Exists(under_way))


def why_held(batch: Batch, places: list[Place]) -> dict[int, str]:
    """By the id of the place, why a person is to look at it first."""
    by_effect = {
        effect: WorkerDecision.objects.workers_with(effect, study_id=batch.study_id)
        for effect in (Effect.EXCLUDE, Effect.STOP)
    }
    done = Assignment.objects.filter(hit__batch=batch, submitted_at__isnull=False).order_by()
    workers = {each.worker_id for each in places if each.posting.num_grids > 1}
    num_done = dict(done.filter(worker__in=workers).values_list("worker").annotate(Count("pk")))
    given_up = _given_up(places)
    held = {}
    for place in places:
        if place.assignment_id in given_up:
            held[place.pk] = f"Its pay was given up: {given_up[place.assignment_id]}"
        elif place.worker_id in by_effect[Effect.EXCLUDE]:
            held[place.pk] = "The worker's judgements are excluded from the study."
        elif place.worker_id in by_effect[Effect.STOP]:
            held[place.pk] = "The study gives the worker no more grids."
        elif place.posting.num_grids > 1 and num_done.get(place.worker_id, 0) < place.posting.num_grids:
            count = num_done.get(place.worker_id, 0)
            held[place.pk] = f"{count} of {place.posting.num_grids} grids are handed in here."
    return held


def _given_up(places: list[Place]) -> dict[int | None, str]:
    """By assignment, why its pay was."""
    ids = [each.assignment_id for each in places]
    rows = LedgerEntry.objects.filter(kind=Kind.APPROVE, step=Step.VOID, assignment__in=ids).order_by("id")
    return dict(rows.values_list("assignment", "note"))


@transaction.atomic
def intend(place: Place, *, now: datetime, by: Any = None) -> str:
    """Write down that the place is to be paid, unless it is rejected; nobody rejects it any more from here on."""
    row = Place.objects.select_for_update(of=("self",)).select_related("posting", "assignment").get(pk=place.pk)
    entered = row.entered.filter(kind=Kind.APPROVE, step=Step.INTENT).first()
    if entered is not None:  # before its work came
        return str(entered.token)
    if row.assignment is None:
        raise CannotPay("Nothing was handed in here for this place, so that there is nothing to pay for.")
    if row.rejections.active().exists():
        raise CannotPay("The place is rejected; reverse that first.")
    if row.state in (State.WORKING, State.RETURNED):
        raise CannotPay(f"The place is {row.get_state_display().lower()} there, so that nothing is owed.")
    return ledger.intend(assignment=row.assignment, kind=Kind.APPROVE, amount=_amount_of(row), now=now, by=by)


def _amount_of(place: Place) -> ledger.Amount:
    return ledger.Amount(minor_units=place.posting.pay_minor_units, fee=place.posting.fee_minor_units)


def ask_again(done: Round, entry: LedgerEntry, *, platform: PaidPlatform, now: datetime) -> None:
    """Of a payment that was begun and not settled: ask by its token, which pays it at most once."""
    if entry.kind == Kind.BONUS:
        bonuses.settle(done, entry, platform=platform, now=now)
    else:
        _approve(done, entry.paid_place, entry.token, platform=platform, now=now)


def _approve(done: Round, place: Place, token: str, *, platform: PaidPlatform, now: datetime) -> None:
    def approve() -> None:
        if place.state != State.APPROVED:
            platform.approve(place.external_id)
        with transaction.atomic():  # the place before the batch, as `intend` locks them
            postings.decided(place=place, state=State.APPROVED, now=now)
            ledger.done(token=token, now=now)

    done.ask(
        approve,
        about=f"The pay for {place.external_id}",
        refused=partial(_refuse, token, now=now),
        uncertain=lambda: None,
    )


def _refuse(token: str, reason: str, *, now: datetime) -> None:
    ledger.refused(token=token, reason=reason, now=now)


def _refused_lately(batch: Batch, now: datetime) -> Any:
    rows = LedgerEntry.objects.filter(batch=batch, step=Step.REFUSED, at__gt=now - ASK_AGAIN)
    return rows.values("token")
