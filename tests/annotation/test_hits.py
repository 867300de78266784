from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from annotation import assignments, hits
from annotation.errors import BatchClosed, CannotLaunch
from annotation.models import Assignment, Grid
from annotation.models.money import minor_units
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def grid() -> Grid:
    target_class = cast.target_class(cast.study())
    return cast.grid(target_class, [cast.candidate(target_class) for _ in range(4)])


def test_launching_makes_free_slots(grid: Grid, now: datetime) -> None:
    batch = hits.launch(study=grid.study, grids=[grid], terms=hits.Terms(num_assignments=10), now=now)
    assert Assignment.objects.filter(hit__batch=batch, worker=None).count() == 10


def test_what_can_t_be_launched_is_refused(grid: Grid, now: datetime) -> None:
    with pytest.raises(CannotLaunch, match="compose grids first"):
        hits.launch(study=grid.study, grids=[], terms=hits.Terms(), now=now)
    with pytest.raises(CannotLaunch, match="another study"):
        hits.launch(study=cast.study("other"), grids=[grid], terms=hits.Terms(), now=now)
    with pytest.raises(CannotLaunch, match="twice"):
        hits.launch(study=grid.study, grids=[grid, grid], terms=hits.Terms(), now=now)


def test_the_pay_is_kept_with_the_batch(grid: Grid, now: datetime) -> None:
    terms = hits.Terms(pay_minor_units=minor_units(Decimal("0.30"), "EUR"), currency="EUR")
    batch = hits.launch(study=grid.study, grids=[grid], terms=terms, now=now)
    assert (batch.pay_minor_units, batch.currency, batch.is_paid) == (30, "EUR", True)


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        ({"pay_minor_units": 30}, "both the pay and its currency"),
        ({"currency": "EUR"}, "both the pay and its currency"),
        ({"pay_minor_units": 30, "currency": "eur"}, "three capital letters"),
        ({"pay_minor_units": 30, "currency": "EURO"}, "three capital letters"),
        ({"pay_minor_units": 30, "currency": "EUR\n"}, "three capital letters"),
        ({"pay_minor_units": -30, "currency": "EUR"}, "choose 1 to"),
        ({"pay_minor_units": hits.MAX_PAY + 1, "currency": "EUR"}, "choose 1 to"),
    ],
)
def test_pay_that_nobody_could_be_paid_is_refused(terms: dict[str, Any], why: str) -> None:
    with pytest.raises(CannotLaunch, match=why):
        hits.Terms(**terms)


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [("0.30", "EUR", 30), ("0.3", "EUR", 30), ("500", "JPY", 500), ("1.125", "KWD", 1125), ("0", "", 0)],
)
def test_amounts_become_smallest_units(amount: str, currency: str, units: int) -> None:
    assert minor_units(Decimal(amount), currency) == units


@pytest.mark.parametrize(
    ("amount", "currency"), [("0.305", "EUR"), ("0.5", "JPY"), ("NaN", "EUR"), ("Infinity", "EUR"), ("1", "")]
)
def test_amounts_without_a_coin_are_refused(amount: str, currency: str) -> None:
    with pytest.raises(CannotLaunch):
        minor_units(Decimal(amount), currency)


@pytest.mark.parametrize(
    "terms", [{"num_assignments": 0}, {"lease_seconds": 0}, {"platform": "pigeon"}], ids=lambda terms: next(iter(terms))
)
def test_impossible_terms_are_refused(terms: dict[str, int]) -> None:
    with pytest.raises(CannotLaunch):
        hits.Terms(**terms)  # type: ignore[arg-type]


def test_an_expired_batch_takes_no_claims_but_what_is_held_may_be_handed_in(grid: Grid, now: datetime) -> None:
    batch = hits.launch(study=grid.study, grids=[grid], terms=hits.Terms(), now=now)
    early, late = cast.worker("early"), cast.worker("late")
    held = assignments.claim(batch=batch, worker=early, now=now)
    batch = hits.expire(batch=batch, now=now)
    with pytest.raises(BatchClosed):
        assignments.claim(batch=batch, worker=late, now=now)
    assert held is not None
    done = assignments.submit(assignment_id=held.pk, worker_id=early.pk, selected=[0], not_seen=[], now=now)
    assert done.is_submitted


def test_a_batch_says_how_many_people_it_takes_when_nobody_is_shown_an_image_twice(now: datetime) -> None:
    target_class = cast.target_class(cast.study())
    shared, *others = [cast.candidate(target_class) for _ in range(5)]
    grids = [cast.grid(target_class, [shared, other]) for other in others[:2]]
    apart = [cast.grid(target_class, [other]) for other in others[2:]]
    assert hits.num_workers_needed(cast.batch(target_class.study, grids, num_assignments=3)) == 6
    assert hits.num_workers_needed(cast.batch(target_class.study, apart, num_assignments=3)) == 3
