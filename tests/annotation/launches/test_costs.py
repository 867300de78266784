"""What a launch may come to, to the last smallest unit."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from annotation import launches, postings
from annotation.launches import costs
from annotation.models import Study
from annotation.platforms.own import OwnPlatform
from tests import cast
from tests.annotation.launches import scenes
from tests.annotation.payments.desks import Desk

pytestmark = pytest.mark.django_db


def test_ones_own_people_cost_their_pay(study: Study, researcher: User) -> None:
    plan = scenes.paid(budget_minor_units=500, seconds_estimated=90, num_pilot=1)
    cost = launches.preview(launch=scenes.draft(study, researcher, **plan), platform=OwnPlatform())
    assert (cost.num_hits, cost.num_postings, cost.num_places, cost.num_assignments) == (3, 3, 6, 6)
    assert (cost.pay, cost.fees, cost.total, cost.pilot_total, cost.over_by) == (600, 0, 600, 200, 100)
    assert (cost.hourly_rate, cost.num_workers_needed, cost.needs_second) == (4_000, 2, False)


def test_unpaid_costs_nothing_and_is_never_put_up(study: Study, researcher: User) -> None:
    cost = launches.preview(launch=scenes.draft(study, researcher), platform=OwnPlatform())
    assert (cost.num_postings, cost.num_places, cost.total, cost.needs_second) == (0, 6, 0, False)


def test_the_preview_is_what_will_be_promised(study: Study, researcher: User, desk: Desk) -> None:
    launch = scenes.draft(study, researcher, **scenes.at(desk))
    cost = launches.preview(launch=launch, platform=desk.platform())
    batch = scenes.confirm(launch, researcher, desk.platform()).batch
    assert batch is not None
    assert cost.fees > 0
    assert postings.promised(batch) == cost.total
    assert (batch.postings.count(), cost.num_places) == (cost.num_postings, 6)
    launch.refresh_from_db()
    assert launches.preview(launch=launch, platform=desk.platform()).total == cost.total


def test_grids_that_fill_no_place_are_not_paid_for(researcher: User, desk: Desk) -> None:
    if desk.name != "prolific":
        pytest.skip("a place is one grid")
    study = scenes.study(5, researchers=[researcher])
    launch = scenes.draft(study, researcher, **scenes.at(desk, num_grids=3, num_assignments=2))
    cost = launches.preview(launch=launch, platform=desk.platform())
    assert (cost.num_places, cost.num_assignments, cost.pay) == (3, 9, 900)


def test_classes_are_chosen(study: Study, researcher: User) -> None:
    other = cast.target_class(study, "1", "one")
    scenes.add_grids(other, 2)
    launch = scenes.draft(study, researcher, target_class_ids=(other.pk,))
    assert launches.preview(launch=launch, platform=OwnPlatform()).num_hits == 2
    assert launches.preview(launch=scenes.draft(study, researcher), platform=OwnPlatform()).num_hits == 5


@pytest.mark.parametrize(
    ("total", "currency", "is_needed"),
    [(50_000, "USD", False), (50_001, "USD", True), (500, "JPY", False), (501, "JPY", True), (500_001, "KWD", True)],
)
def test_a_second_is_needed_above_an_amount_of_whole_units(total: int, currency: str, is_needed: bool) -> None:
    assert costs.needs_second(total, currency) == is_needed


def test_after_a_pilot_the_hourly_rate_is_what_was_measured(study: Study, researcher: User) -> None:
    batch = scenes.live(study, researcher, **scenes.paid(num_pilot=1, seconds_estimated=120))
    held = batch.hits.get().assignments.first()
    assert held is not None
    worker = cast.worker()
    cast.enrolment(study, worker)
    cast.handed_in(batch, worker, cast.NOW)
    type(held).objects.filter(worker=worker).update(claimed_at=cast.NOW.replace(hour=11, minute=59))
    cost = launches.preview(launch=study.launches.get(), platform=OwnPlatform())
    assert cost.hourly_rate == 100 * 60


def test_what_waits_is_found_in_a_bounded_number_of_queries(
    study: Study, researcher: User, django_assert_max_num_queries: Any
) -> None:
    launch = scenes.draft(study, researcher, **scenes.paid())
    with django_assert_max_num_queries(3):
        launches.preview(launch=launch, platform=OwnPlatform())
