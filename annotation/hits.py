"""HITs: grids put to workers, each with its free slots from the start."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from annotation.errors import CannotImport, CannotLaunch
from annotation.grids import compose_again
from annotation.models import HIT, IMPORTED, Assignment, Batch, Candidate, Grid, Study, money
from annotation.platforms.base import PLATFORMS
from annotation.stats import controls

MAX_RECORDED = 32_767  # workers of one HIT, as many as its column holds
MAX_PAY = 100_000_000  # smallest units for one grid
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

    def __post_init__(self) -> None:
        if not 1 <= self.num_assignments <= 1000:
            raise CannotLaunch(f"{self.num_assignments} workers per HIT: choose 1 to 1,000.")
        if not 1 <= self.lease_seconds <= 7 * 86400:
            raise CannotLaunch(f"A lease of {self.lease_seconds} seconds: choose one second to seven days.")
        if self.platform not in PLATFORMS:
            raise CannotLaunch(f"There is no platform {self.platform!r}; choose one of {', '.join(PLATFORMS)}.")
        if bool(self.pay_minor_units) != bool(self.currency):
            raise CannotLaunch(money.BOTH)
        if self.currency and not CURRENCY.fullmatch(self.currency):
            raise CannotLaunch(f"{self.currency!r} is no currency: give its three capital letters, such as EUR.")
        if not 0 <= self.pay_minor_units <= MAX_PAY:
            raise CannotLaunch(f"A pay of {self.pay_minor_units} smallest units per grid: choose 1 to {MAX_PAY:,}.")


@dataclass(frozen=True)
class TopUp:
    """What was launched, and what the researcher should know about it."""

    batch: Batch
    warnings: list[str]


@transaction.atomic
def launch(*, study: Study, grids: Sequence[Grid], terms: Terms, now: datetime) -> Batch:
    """Put each grid to as many workers as the terms say."""
    if not grids:
        raise CannotLaunch("There are no grids to launch; compose grids first.")
    if any(grid.study_id != study.pk for grid in grids):
        raise CannotLaunch("A grid of another study can't be launched here.")
    if len({grid.pk for grid in grids}) != len(grids):
        raise CannotLaunch("The same grid was given twice; each is launched once per batch.")
    _refuse_without_pictures(study, grids)
    batch = Batch.objects.create(
        study=study,
        platform=terms.platform,
        is_simulated=terms.is_simulated,
        num_assignments=terms.num_assignments,
        lease_seconds=terms.lease_seconds,
        pay_minor_units=terms.pay_minor_units,
        currency=terms.currency,
        launched_at=now,
    )
    hits = HIT.objects.bulk_create([HIT(batch=batch, grid=grid) for grid in grids], batch_size=1000)
    slots = [Assignment(hit=hit) for hit in hits for _ in range(terms.num_assignments)]
    Assignment.objects.bulk_create(slots, batch_size=2000)
    return batch


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
    composition = compose_again(study=study, candidate_ids=candidate_ids, now=now)
    if not composition.grids:
        raise CannotLaunch("None of these candidates takes part any more; there is nothing to top up.")
    return TopUp(launch(study=study, grids=composition.grids, terms=terms, now=now), composition.warnings)


def _refuse_without_pictures(study: Study, grids: Sequence[Grid]) -> None:
    if not Candidate.objects.without_picture().filter(study=study).exists():
        return
    num_lacking = len(grids) - Grid.objects.filter(pk__in=[grid.pk for grid in grids]).with_pictures().count()
    if num_lacking:
        raise CannotLaunch(
            f"{num_lacking:,} of the grids have images whose pictures are not here, only judgements of them; "
            "import_images supplies the pictures."
        )


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
