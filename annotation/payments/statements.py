"""The statement of a batch: where each place stands, what was paid for it, and the sums, which are the ledger's own."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    IntegerField,
    Min,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from annotation import postings
from annotation.models import Assignment, Batch, Effect, LedgerEntry, Place, Rejection, Worker, WorkerDecision
from annotation.payments import ledger, paying
from annotation.payments.ledger import Spend

State, Kind, Step = Place.State, LedgerEntry.Kind, LedgerEntry.Step
CHUNK = 1000


class Standing(StrEnum):
    """Of a place, in the order in which a person looks at them."""

    HELD = "held"
    PAID_THERE = "paid there"
    REJECTED_THERE = "rejected there"
    NO_WORK = "no work here"
    REFUSED = "refused"
    DUE = "due"
    WAITING = "waiting"
    UNDER_WAY = "under way"
    PAID = "paid"
    REJECTED = "rejected"
    WORKING = "working"
    RETURNED = "returned"


FOR_A_PERSON = (Standing.HELD, Standing.PAID_THERE, Standing.REJECTED_THERE, Standing.NO_WORK)


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Of a batch, in its currency's smallest unit."""

    pay: int
    bonuses: int
    spend: Spend
    bound: int
    """By all places that can be taken or are, and by bonuses, fees included."""

    @property
    def unsettled(self) -> int:
        """Meant to be paid, with fees, and not known to be."""
        return self.spend.committed - (self.spend.paid + self.spend.fees - self.spend.refunded)

    @property
    def promised(self) -> int:
        """Of places that nobody has decided about yet: what they may still come to, with fees."""
        return max(0, self.bound - self.spend.committed)

    @property
    def left(self) -> int | None:
        """Of the budget, beside all that is paid, meant to be, or promised; None without one."""
        budget = self.spend.budget
        return None if budget is None else max(0, budget - self.spend.committed - self.promised)


@dataclass(frozen=True, kw_only=True)
class Group:
    """The places that stand alike."""

    num: int
    cost: int
    """Pay and fees, in smallest units."""
    first_due_at: datetime | None


@dataclass(kw_only=True)
class Row:
    """One place."""

    place: Place
    pseudonym: str
    standing: Standing
    due_at: datetime | None
    why: str = ""
    """Why it is held, was rejected or was refused."""
    rejection: Rejection | None = None
    """The one that stands, or the last that was reversed."""
    done: dict[str, int] = field(default_factory=dict)
    unsettled: int = 0
    bonuses: list[LedgerEntry] = field(default_factory=list)
    """Intended ones: what was said of them, paid or not."""

    @property
    def gets(self) -> int:
        """The worker, of what was paid."""
        return self.done.get(Kind.APPROVE, 0) + self.done.get(Kind.BONUS, 0)


def sums(batch: Batch) -> Sums:
    by_kind = dict(
        LedgerEntry.objects.filter(batch=batch, step=Step.DONE)
        .order_by()
        .values_list("kind")
        .annotate(total=Sum("minor_units"))
    )
    return Sums(
        pay=by_kind.get(Kind.APPROVE, 0),
        bonuses=by_kind.get(Kind.BONUS, 0),
        spend=ledger.spend(batch),
        bound=postings.bound(batch),
    )


def places(batch: Batch, *, now: datetime) -> Any:
    """Those of the batch with their `standing`, as `Standing` names it."""
    of_place = Rejection.objects.filter(place=OuterRef("pk"))
    pay = LedgerEntry.objects.filter(batch=batch, kind=Kind.APPROVE, assignment=OuterRef("assignment"))
    entered = LedgerEntry.objects.filter(place=OuterRef("pk"), kind=Kind.APPROVE, step=Step.DONE)
    begun = pay.unsettled()
    no = LedgerEntry.objects.filter(token=OuterRef("token"), step=Step.REFUSED)
    standing = Case(
        When(Exists(of_place.active()) & ~Q(state=State.APPROVED), then=Value(Standing.REJECTED)),
        When(Exists(pay.filter(step=Step.DONE)), then=Value(Standing.PAID)),
        When(Exists(entered), then=Value(Standing.PAID)),
        When(Exists(begun.filter(Exists(no))), then=Value(Standing.REFUSED)),
        When(Exists(begun), then=Value(Standing.UNDER_WAY)),
        When(state=State.APPROVED, then=Value(Standing.PAID_THERE)),
        When(state=State.RETURNED, then=Value(Standing.RETURNED)),
        When(state=State.WORKING, then=Value(Standing.WORKING)),
        When(assignment=None, then=Value(Standing.NO_WORK)),
        When(~Exists(of_place), state=State.REJECTED, then=Value(Standing.REJECTED_THERE)),
        When(_held(batch) | Q(Exists(pay.filter(step=Step.VOID))), then=Value(Standing.HELD)),
        When(Exists(of_place) | Q(submitted_at__lte=now - paying.GRACE), then=Value(Standing.DUE)),
        default=Value(Standing.WAITING),
        output_field=CharField(),
    )
    rows = Place.objects.filter(posting__batch=batch).select_related("posting__batch", "worker", "assignment__hit")
    return rows.annotate(standing=standing)


def _held(batch: Batch) -> Q:
    """As `paying.why_held` says in words."""
    decided: set[int] = set()
    for effect in (Effect.EXCLUDE, Effect.STOP):
        decided |= WorkerDecision.objects.workers_with(effect, study_id=batch.study_id)
    done = Assignment.objects.filter(hit__batch=batch, submitted_at__isnull=False, worker=OuterRef("worker"))
    num_done = Subquery(
        done.order_by().values("worker").annotate(num=Count("pk")).values("num"), output_field=IntegerField()
    )
    is_short = Q(posting__num_grids__gt=Coalesce(num_done, 0)) & Q(posting__num_grids__gt=1)
    return Q(worker__in=decided) | is_short


def groups(batch: Batch, *, now: datetime) -> dict[Standing, Group]:
    """Where its places stand; only what there is, in the order of `Standing`."""
    cost = F("posting__pay_minor_units") + F("posting__fee_minor_units")
    rows = places(batch, now=now).order_by().values_list("standing")
    found = {
        standing: Group(num=num, cost=total, first_due_at=first and first + paying.GRACE)
        for standing, num, total, first in rows.annotate(num=Count("pk"), cost=Sum(cost), first=Min("submitted_at"))
    }
    return {standing: found[standing] for standing in Standing if standing in found}


def num_unplaced(batch: Batch) -> int:
    """Workers who handed in here, and of whom the platform has told nothing yet."""
    served = Place.objects.filter(posting__batch=batch, assignment__isnull=False).values("worker")
    alone = Assignment.objects.filter(hit__batch=batch, submitted_at__isnull=False, place=None)
    if batch.postings.filter(hit=None).exists():
        alone = alone.exclude(worker__in=served)
    return alone.values("worker").distinct().count()


def rows_of(batch: Batch, found: Sequence[Any], *, now: datetime) -> list[Row]:
    """These places, which `places` gave, with their money and reasons."""
    ids = [each.assignment_id for each in found if each.assignment_id]
    done, bonuses, unsettled = _money(batch, found)
    rejected = {each.place_id: each for each in Rejection.objects.filter(place__in=[each.pk for each in found])}
    refused = _refusals(batch, ids)
    held = paying.why_held(batch, [each for each in found if each.standing == Standing.HELD])
    rows = []
    for place in found:
        standing, rejection = Standing(place.standing), rejected.get(place.pk)
        why = {
            Standing.HELD: held.get(place.pk, ""),
            Standing.REFUSED: refused.get(place.assignment_id, ""),
            Standing.REJECTED: rejection.reason if rejection else "",
        }
        rows.append(
            Row(
                place=place,
                pseudonym=Worker.pseudonym_in(batch.study_id, place.worker_id) if place.worker_id else "",
                standing=standing,
                due_at=place.submitted_at + paying.GRACE if standing in (Standing.WAITING, Standing.DUE) else None,
                why=why.get(standing, ""),
                rejection=rejection,
                done=done.get(place.pk, {}),
                unsettled=unsettled.get(place.pk, 0),
                bonuses=bonuses.get(place.pk, []),
            )
        )
    return rows


def all_rows(batch: Batch, *, now: datetime) -> Iterator[Row]:
    """Every place, some at a time."""
    last = 0
    while chunk := list(places(batch, now=now).filter(pk__gt=last).order_by("pk")[:CHUNK]):
        yield from rows_of(batch, chunk, now=now)
        last = chunk[-1].pk


def _money(
    batch: Batch, found: Sequence[Any]
) -> tuple[dict[int, dict[str, int]], dict[int, list[LedgerEntry]], dict[int, int]]:
    """By place: what is done of each kind, the bonuses, and what is not settled."""
    with_work = {each.assignment_id: each.pk for each in found if each.assignment_id}
    rows = LedgerEntry.objects.filter(batch=batch)
    of_work, entered = rows.filter(assignment__in=list(with_work)), rows.filter(place__in=[each.pk for each in found])
    done: dict[int, dict[str, int]] = defaultdict(dict)
    bonuses: dict[int, list[LedgerEntry]] = defaultdict(list)
    open_ones: dict[int, int] = defaultdict(int)
    for of_them, name, place_of in ((of_work, "assignment", with_work.__getitem__), (entered, "place", int)):
        kinds = of_them.filter(step=Step.DONE).order_by().values_list(name, "kind")
        for paid_for, kind, total in kinds.annotate(total=Sum("minor_units")):
            so_far = done[place_of(paid_for)]
            so_far[kind] = so_far.get(kind, 0) + total
        for entry in of_them.counting().filter(kind=Kind.BONUS).order_by("id"):
            bonuses[place_of(getattr(entry, f"{name}_id"))].append(entry)
        for paid_for, total in of_them.unsettled().order_by().values_list(name).annotate(total=Sum("minor_units")):
            open_ones[place_of(paid_for)] += total
    return done, bonuses, open_ones


def _refusals(batch: Batch, ids: list[int]) -> dict[int, str]:
    """By assignment, what the platform said last."""
    rows = LedgerEntry.objects.filter(batch=batch, assignment__in=ids, step=Step.REFUSED, kind=Kind.APPROVE)
    return dict(rows.order_by("id").values_list("assignment", "note"))
