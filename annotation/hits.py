"""HITs: grids put to workers, each with its free slots from the start."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from annotation.errors import CannotImport, CannotLaunch
from annotation.grids import Composition, compose_again
from annotation.models import HIT, IMPORTED, Assignment, Batch, Candidate, Grid, Study, money
from annotation.models.base import look_again
from annotation.platforms.base import LOCAL, SIMULATED, WORKFORCES
from annotation.stats import controls

MAX_RECORDED = 32_767  # workers of one HIT, as many as its column holds
MAX_PAY = 100_000_000  # smallest units for one grid
MAX_BUDGET = 10**15  # smallest units
# In one statement: a batch of ImageNetV2's size has 73,000 slots.
FREE_SLOTS = """
INSERT INTO annotation_assignment (hit_id, is_late)
SELECT hit_id, false FROM unnest(%s::bigint[]) WITH ORDINALITY AS hits (hit_id, place), generate_series(1, %s)
ORDER BY place
"""
CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class Terms:
    """What every HIT of a batch has in common."""

    num_assignments: int = 10
    lease_seconds: int = 1800
    platform: str = "local"
    is_simulated: bool = False
    pay_minor_units: int = 0
    currency: str = ""
    budget_minor_units: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.num_assignments <= 1000:
            raise CannotLaunch(f"{self.num_assignments} workers per HIT: choose 1 to 1,000.")
        if not 1 <= self.lease_seconds <= 7 * 86400:
            raise CannotLaunch(f"A lease of {self.lease_seconds} seconds: choose one second to seven days.")
        if self.platform not in WORKFORCES:
            raise CannotLaunch(f"There is no platform {self.platform!r}; choose one of {', '.join(WORKFORCES)}.")
        if self.platform == SIMULATED and not self.is_simulated:
            raise CannotLaunch("What simulated workers do is marked as simulated, so that nobody takes it for judged.")
        if bool(self.pay_minor_units) != bool(self.currency):
            raise CannotLaunch(money.BOTH)
        if self.currency and not CURRENCY.fullmatch(self.currency):
            raise CannotLaunch(f"{self.currency!r} is no currency: give its three capital letters, such as EUR.")
        if not 0 <= self.pay_minor_units <= MAX_PAY:
            raise CannotLaunch(f"A pay of {self.pay_minor_units} smallest units per grid: choose 1 to {MAX_PAY:,}.")
        if self.budget_minor_units is not None and not (self.is_paid and 1 <= self.budget_minor_units <= MAX_BUDGET):
            raise CannotLaunch("A budget is an amount of 1 or more, of a batch that pays; leave it empty for no cap.")

    @property
    def is_paid(self) -> bool:
        return self.pay_minor_units > 0


@dataclass(frozen=True)
class TopUp:
    """What was launched, and what the researcher should know about it."""

    batch: Batch
    warnings: list[str]


def refuse_quick_launch(platform: str) -> None:
    """Refuse to put all that waits to workers at once where somebody is to look at it first."""
    if platform != LOCAL:
        raise CannotLaunch(
            f"This way is for people of your own. Draft a launch for {platform}: it shows what it costs, and goes live "
            "once it is confirmed (launches/ in the API, Launch on the study's page)."
        )


@transaction.atomic
def launch(*, study: Study, grids: Sequence[Grid], terms: Terms, now: datetime) -> Batch:
    """Put each of these grids, all of the study's or some, to as many workers as the terms say."""
    _refuse_unfit(study, grids)
    batch = Batch.objects.create(
        study=study,
        platform=terms.platform,
        is_simulated=terms.is_simulated,
        num_assignments=terms.num_assignments,
        lease_seconds=terms.lease_seconds,
        pay_minor_units=terms.pay_minor_units,
        currency=terms.currency,
        budget_minor_units=terms.budget_minor_units,
        launched_at=now,
    )
    _put(batch, grids)
    return batch


@transaction.atomic
def add(*, batch: Batch, grids: Sequence[Grid]) -> None:
    """Put more grids to workers under the terms of the batch, which must be open: those that come after its pilot."""
    row = Batch.objects.select_for_update(no_key=True).get(pk=batch.pk)
    if not row.is_open:
        raise CannotLaunch(f"{row} is closed: nothing is added to it.")
    _refuse_unfit(row.study, grids)
    _put(row, grids)


def _put(batch: Batch, grids: Sequence[Grid]) -> None:
    hits = HIT.objects.bulk_create([HIT(batch=batch, grid=grid) for grid in grids], batch_size=1000)
    with connection.cursor() as cursor:
        cursor.execute(FREE_SLOTS, [[hit.pk for hit in hits], batch.num_assignments])
    look_again(HIT, Assignment, num_more=len(hits) * batch.num_assignments)


@transaction.atomic
def record(
    *, study: Study, grids: Sequence[int], num_assignments: int, is_simulated: bool, imported_from: str, now: datetime
) -> dict[int, int]:
    """A closed batch of these grids (ids), for judgements made elsewhere; the id of each grid's HIT.

    Whoever calls fills it in the same transaction: its slots are made as they were filled, none is ever free.
    """
    if num_assignments > MAX_RECORDED:
        raise CannotImport(f"{num_assignments:,} workers judged the same grid; at most {MAX_RECORDED:,} are possible.")
    batch = Batch.objects.create(
        study=study,
        platform=IMPORTED,
        is_simulated=is_simulated,
        num_assignments=num_assignments,
        lease_seconds=1,  # nobody ever holds one
        imported_from=imported_from,
        launched_at=now,
        expired_at=now,
    )
    hits = HIT.objects.bulk_create([HIT(batch=batch, grid_id=pk) for pk in grids], batch_size=1000)
    return {hit.grid_id: hit.pk for hit in hits}


@transaction.atomic
def top_up(*, study: Study, candidate_ids: Collection[int], terms: Terms, now: datetime) -> TopUp:
    """Put candidates that were measured before to as many workers more as the terms say, in new grids."""
    composition = compose_top_up(study=study, candidate_ids=candidate_ids, now=now)
    return TopUp(launch(study=study, grids=composition.grids, terms=terms, now=now), composition.warnings)


@transaction.atomic
def compose_top_up(*, study: Study, candidate_ids: Collection[int], now: datetime) -> Composition:
    """The same grids, which wait: a launch puts them to workers of a platform, after a pilot, or once two agree."""
    composition = compose_again(study=study, candidate_ids=candidate_ids, now=now)
    if not composition.grids:
        raise CannotLaunch("None of these candidates takes part any more; there is nothing to top up.")
    return composition


def _refuse_unfit(study: Study, grids: Sequence[Grid]) -> None:
    if not grids:
        raise CannotLaunch("There are no grids to launch; compose grids first.")
    if any(grid.study_id != study.pk for grid in grids):
        raise CannotLaunch("A grid of another study can't be launched here.")
    if len({grid.pk for grid in grids}) != len(grids):
        raise CannotLaunch("The same grid was given twice; each is launched once per batch.")
    _refuse_without_pictures(study, grids)


def _refuse_without_pictures(study: Study, grids: Sequence[Grid]) -> None:
    if not Candidate.objects.without_picture().filter(study=study).exists():
        return
    num_lacking = len(grids) - Grid.objects.filter(pk__in=[grid.pk for grid in grids]).with_pictures().count()
    if num_lacking:
        raise CannotLaunch(
            f"{num_lacking:,} of the grids have images whose pictures are not here: only judgements of them are, which "
            "import_images completes, or they were taken down."
        )


@dataclass(frozen=True)
class Stopped:
    """HITs that nobody begins any more: how many, how many free slots they had, and how many are at work on one."""

    num_hits: int
    num_free: int
    num_at_work: int


def to_stop(*, grid_ids: Collection[int], now: datetime) -> Stopped:
    """What `stop` would do."""
    rows = HIT.objects.filter(grid__in=grid_ids, stopped_at=None)
    open_slots = Assignment.objects.filter(hit__in=rows, submitted_at=None)
    return Stopped(
        num_hits=rows.count(),
        num_free=open_slots.filter(worker=None).count(),
        num_at_work=open_slots.filter(lease_expires_at__gt=now).count(),
    )


@transaction.atomic
def stop(*, grid_ids: Collection[int], now: datetime) -> Stopped:
    """Let nobody begin these grids any more; who is at work on one may hand it in. Their free slots go."""
    stopped = to_stop(grid_ids=grid_ids, now=now)
    free = Assignment.objects.filter(hit__grid__in=grid_ids, worker=None, submitted_at=None)
    # Whoever is claiming one at this moment keeps it, and is at work.
    locked = free.select_for_update(of=("self",), skip_locked=True)
    HIT.objects.filter(grid__in=grid_ids, stopped_at=None).update(stopped_at=now)
    Assignment.objects.filter(pk__in=list(locked.values_list("pk", flat=True))).delete()
    return stopped


def num_workers_needed(batch: Batch) -> int:
    """How many workers the batch takes, if each does all they can and is shown no image twice."""
    shown = list(batch.hits.order_by("id").values_list("grid__candidate_ids", flat=True))
    return controls.num_workers_needed(shown, batch.num_assignments)


@transaction.atomic
def expire(*, batch: Batch, now: datetime) -> Batch:
    """Close the batch to new claims; who holds a lease may still hand in."""
    row = Batch.objects.select_for_update().get(pk=batch.pk)
    if row.expired_at is None:
        row.expired_at = now
        row.save(update_fields=["expired_at"])
    return row


def pause(*, batch: Batch, now: datetime) -> None:
    """Let nobody of one's own people begin a grid of it until `resume`; who has begun goes on."""
    Batch.objects.filter(pk=batch.pk, paused_at=None, expired_at=None).update(paused_at=now)
    batch.refresh_from_db()


def resume(*, batch: Batch) -> None:
    """Let grids be begun again."""
    Batch.objects.filter(pk=batch.pk).update(paused_at=None)
    batch.refresh_from_db()


def close(*, batch: Batch, now: datetime) -> None:
    """Let nobody take a place any more. It is not over yet for who has one: it expires when `expire` says so."""
    Batch.objects.filter(pk=batch.pk, closing_at=None, expired_at=None).update(closing_at=now, paused_at=None)
    batch.refresh_from_db()


def close_later(*, batch: Batch, now: datetime) -> None:
    """Places could be taken until now, though it is closing: who took the last one has the whole time for it."""
    Batch.objects.filter(pk=batch.pk, closing_at__lt=now, expired_at=None).update(closing_at=now)
    batch.refresh_from_db()


def set_budget(*, batch: Batch, budget_minor_units: int) -> None:
    """What pay, bonuses and fees may come to from now on. Whoever calls holds the batch, and knows what is promised."""
    Batch.objects.filter(pk=batch.pk).update(budget_minor_units=budget_minor_units)
    batch.refresh_from_db()


@transaction.atomic
def widen(*, batch: Batch, num_assignments: int) -> None:
    """Let each grid be judged by so many workers, all in all, which are more than now, under the same terms."""
    row = Batch.objects.select_for_update(no_key=True).get(pk=batch.pk)
    if not row.is_open:
        raise CannotLaunch(f"{row} is closed: nobody is added to it.")
    if not row.num_assignments < num_assignments <= 1000:
        raise CannotLaunch(
            f"{num_assignments} workers for each grid, where it has {row.num_assignments}: choose more, up to 1,000."
        )
    of_batch = list(row.hits.filter(stopped_at=None).order_by("id").values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(FREE_SLOTS, [of_batch, num_assignments - row.num_assignments])
    row.num_assignments = num_assignments
    row.save(update_fields=["num_assignments"])
    batch.num_assignments = num_assignments
