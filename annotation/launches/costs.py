"""What a launch may come to, before anything is put to anybody. Of the platform only its fee is asked."""

import math
from dataclasses import dataclass, replace
from typing import Any

from annotation.launches import pace
from annotation.models import Assignment, Grid, Launch
from annotation.platforms.base import WORKFORCES
from annotation.platforms.paid import PaidPlatform, Unit
from annotation.postings import needs_second
from annotation.stats import controls

HOUR = 3600


@dataclass(frozen=True, kw_only=True)
class Cost:
    """At most, in the currency's smallest unit."""

    num_hits: int
    num_postings: int
    """Of the platform; none where nobody is paid."""
    num_places: int
    """Over all postings; without any, all slots."""
    num_assignments: int
    """Grids that are judged, over all places."""
    num_workers_needed: int
    """If each does all they can and is shown no image twice."""
    pay: int
    fees: int
    pilot_total: int
    """What of it comes first; 0 without a pilot."""
    currency: str
    budget: int | None
    hourly_rate: int
    """Of a worker who takes as long as expected, or as was measured once there is work."""
    alone: int
    """What who is to confirm it launched without a second of late, beside this."""
    needs_second: bool

    @property
    def total(self) -> int:
        return self.pay + self.fees

    @property
    def over_by(self) -> int:
        """What the budget lacks."""
        return 0 if self.budget is None else max(0, self.total - self.budget)


@dataclass(frozen=True, kw_only=True)
class _Offer:
    """All that would be put up."""

    num_postings: int
    num_places: int
    """Of each posting."""
    pay: int
    """For one place."""
    fee: int

    @property
    def all_places(self) -> int:
        return self.num_postings * self.num_places


def preview(*, launch: Launch, platform: PaidPlatform, alone: int = 0) -> Cost:
    """Of the grids that wait; once it is live, of those of its batch. `alone` is as `postings.committed_alone` says."""
    shown = list(grids_of(launch).values_list("candidate_ids", flat=True))
    cost = price(launch=launch, platform=platform, num_hits=len(shown), alone=alone)
    needed = controls.num_workers_needed(shown, launch.num_assignments)
    # Where a place is several grids, each worker has one.
    return replace(cost, num_workers_needed=max(needed, cost.num_places if _is_whole(launch) else 0))


def price(*, launch: Launch, platform: PaidPlatform, num_hits: int, alone: int = 0) -> Cost:
    """Of so many HITs; the workers that it takes are not counted, which is the larger part of the work."""
    offer = _offer(launch, num_hits, platform)
    total = offer.all_places * (offer.pay + offer.fee)
    return Cost(
        num_hits=num_hits,
        num_postings=offer.num_postings if launch.pay_minor_units else 0,
        num_places=offer.all_places,
        num_assignments=offer.all_places * launch.num_grids,
        num_workers_needed=0,
        pay=offer.all_places * offer.pay,
        fees=offer.all_places * offer.fee,
        pilot_total=_num_places_of_pilot(launch, offer) * (offer.pay + offer.fee),
        currency=launch.currency,
        budget=launch.budget_minor_units,
        hourly_rate=hourly_rate(launch.pay_minor_units, _measured_seconds(launch) or launch.seconds_estimated),
        alone=alone,
        needs_second=bool(total) and needs_second(total + alone, launch.currency),
    )


def grids_of(launch: Launch) -> Any:
    """What it puts to workers: what waits, of its classes, with pictures; once it is live, what its batch has."""
    if launch.batch is not None:
        return Grid.objects.filter(hits__batch=launch.batch).order_by("hits__id")
    waiting = launch.study.grids.waiting().with_pictures().order_by("target_class__number", "number")
    return waiting.filter(target_class__in=launch.target_class_ids) if launch.target_class_ids else waiting


def hourly_rate(pay_minor_units: int, seconds: float) -> int:
    """What who takes so long for a grid earns in an hour; cut off, so that it promises nothing."""
    return int(pay_minor_units * HOUR / seconds)


def _measured_seconds(launch: Launch) -> float | None:
    if launch.batch is None:
        return None
    num_submitted = Assignment.objects.filter(hit__batch=launch.batch, submitted_at__isnull=False).count()
    return pace.median_seconds(launch.batch, num_submitted=num_submitted)


def _offer(launch: Launch, num_hits: int, platform: PaidPlatform) -> _Offer:
    num_places, num_postings = launch.num_assignments, num_hits
    if _is_whole(launch):
        num_places, num_postings = num_hits * launch.num_assignments // launch.num_grids, 1
    pay = launch.pay_minor_units * launch.num_grids
    is_asked = bool(pay and num_postings and num_places)
    fee = _fee_of_place(platform, pay, _numbers_of_places(launch, num_places)) if is_asked else 0
    return _Offer(num_postings=num_postings, num_places=num_places, pay=pay, fee=fee)


def _fee_of_place(platform: PaidPlatform, pay: int, numbers: set[int]) -> int:
    """At most: what a posting is made of by its first places stays so when it gets more."""
    return max(math.ceil(platform.fee(pay_minor_units=pay, num_places=each) / each) for each in numbers)


def _numbers_of_places(launch: Launch, num_places: int) -> set[int]:
    """Of a posting, at first and in the end."""
    if _is_whole(launch) and 0 < launch.num_pilot < num_places:
        return {launch.num_pilot, num_places}
    return {num_places}


def _num_places_of_pilot(launch: Launch, offer: _Offer) -> int:
    if _is_whole(launch):
        return min(launch.num_pilot, offer.num_places)
    return min(launch.num_pilot, offer.num_postings) * offer.num_places


def _is_whole(launch: Launch) -> bool:
    """Whether the whole batch is one posting."""
    return WORKFORCES[launch.platform].unit is Unit.BATCH
