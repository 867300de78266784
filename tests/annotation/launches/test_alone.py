"""What one person launched without a second counts together, so that many small launches are not free of it."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User

from annotation import launches, postings
from annotation.errors import CannotLaunch
from annotation.launches import widening
from annotation.models import Batch, Launch, Study
from annotation.payments import bonuses
from annotation.payments.ledger import Amount
from annotation.platforms.own import OwnPlatform
from tests import cast
from tests.annotation.launches import scenes
from tests.at_once import at_once
from tests.own_people import take_in

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
OWN = OwnPlatform()


@pytest.fixture(autouse=True)
def second_above(settings: Any) -> None:
    """Above 10.00; each launch below comes to 6.00."""
    settings.LAUNCH_SECOND_ABOVE = 10


@pytest.fixture
def other(researcher: User) -> Study:
    return scenes.study(3, slug="letters", researchers=[researcher])


def again(study: Study, by: User, **plan: Any) -> Launch:
    """Another launch, of three more grids."""
    scenes.add_grids(study.target_classes.get(), 3)
    return scenes.confirm(scenes.draft(study, by, **scenes.paid(**plan)), by)


def test_the_second_small_launch_waits_for_a_second_researcher(study: Study, researcher: User, stranger: User) -> None:
    assert scenes.confirm(scenes.draft(study, researcher, **scenes.paid()), researcher).state == Launch.State.LIVE
    waits = again(study, researcher)
    assert (waits.state, Batch.objects.count()) == (Launch.State.CONFIRMED, 1)
    study.researchers.add(stranger)
    live = launches.second(launch=waits, cost=600, by=stranger, platform=OWN, now=cast.NOW)
    assert live.state == Launch.State.LIVE


def test_over_all_studies_and_for_each_person_alone(
    study: Study, other: Study, researcher: User, stranger: User
) -> None:
    scenes.live(study, researcher, **scenes.paid())
    assert scenes.confirm(scenes.draft(other, researcher, **scenes.paid()), researcher).batch is None
    assert scenes.confirm(scenes.draft(other, stranger, **scenes.paid()), stranger).batch is not None


@pytest.mark.parametrize("plan", [{"currency": "EUR"}, {"pay_minor_units": 0, "currency": ""}])
def test_another_currency_is_another_sum_and_what_is_unpaid_needs_nobody(
    study: Study, researcher: User, plan: dict[str, Any]
) -> None:
    scenes.live(study, researcher, **scenes.paid())
    assert again(study, researcher, **plan).state == Launch.State.LIVE


def test_what_two_agreed_to_uses_up_nothing(study: Study, researcher: User, stranger: User) -> None:
    study.researchers.add(stranger)
    waits = scenes.confirm(scenes.draft(study, researcher, **scenes.paid(pay_minor_units=200)), researcher)
    launches.second(launch=waits, cost=1200, by=stranger, platform=OWN, now=cast.NOW)
    assert again(study, researcher).state == Launch.State.LIVE


def test_on_top_of_what_two_agreed_to_one_may_spend_no_more_than_alone(
    study: Study, other: Study, researcher: User, stranger: User
) -> None:
    study.researchers.add(stranger)
    waits = scenes.confirm(scenes.draft(study, researcher, **scenes.paid(pay_minor_units=200)), researcher)
    live = launches.second(launch=waits, cost=1200, by=stranger, platform=OWN, now=cast.NOW)
    launches.set_budget(batch=live.batch, budget_minor_units=2200, now=cast.NOW)
    with pytest.raises(CannotLaunch, match=r"10\.01 USD on top of what two have agreed to are more than 10 USD"):
        launches.set_budget(batch=live.batch, budget_minor_units=2201, now=cast.NOW)
    scenes.go_on(live.batch)
    widening.widen(batch=live.batch, num_assignments=3, platform=OWN, now=cast.NOW)
    assert launches.committed_alone(by=researcher, currency="USD", now=cast.NOW) == 600
    assert scenes.confirm(scenes.draft(other, researcher, **scenes.paid()), researcher).batch is None


@pytest.mark.parametrize(
    ("after", "is_closed", "num_taken", "alone"),
    [
        (timedelta(0), False, 0, 600),
        (9 * DAY, False, 0, 600),  # open: all of it can still be taken
        (timedelta(0), True, 0, 0),
        (timedelta(hours=23), True, 2, 200),
        (DAY, True, 2, 0),
    ],
)
def test_it_counts_as_long_as_it_is_open_and_for_a_day(
    study: Study, researcher: User, after: timedelta, is_closed: bool, num_taken: int, alone: int
) -> None:
    batch = scenes.live(study, researcher, **scenes.paid())
    scenes.go_on(batch)
    for number in range(num_taken):
        cast.handed_in(batch, cast.worker(f"w{number}"), cast.NOW)
    take_in(batch, now=cast.NOW)
    if is_closed:
        launches.close(batch=batch, now=cast.NOW)
        scenes.go_on(batch)
    assert launches.committed_alone(by=researcher, currency="USD", now=cast.NOW + after) == alone


def test_of_a_pilot_the_rest_counts_too(study: Study, researcher: User) -> None:
    scenes.live(study, researcher, **scenes.paid(num_pilot=1))
    assert launches.committed_alone(by=researcher, currency="USD", now=cast.NOW) == 600


def test_more_workers_a_budget_and_a_bonus_are_held_against_the_same_sum(
    study: Study, other: Study, researcher: User
) -> None:
    first = scenes.live(study, researcher, **scenes.paid(pay_minor_units=60))
    second = scenes.live(other, researcher, **scenes.paid(budget_minor_units=640))
    for batch in (first, second):
        scenes.go_on(batch)
    beside = r"with 3\.60 USD that they launched alone of late, are more than 10 USD"
    with pytest.raises(CannotLaunch, match=beside):
        launches.set_budget(batch=second, budget_minor_units=641, now=cast.NOW)
    launches.set_budget(batch=second, budget_minor_units=600, now=cast.NOW)  # less is always possible
    with pytest.raises(CannotLaunch, match="second researcher"):
        widening.widen(batch=first, num_assignments=3, platform=OWN, now=cast.NOW)
    cast.handed_in(first, cast.worker(), cast.NOW)
    [place] = take_in(first, now=cast.NOW)
    given = {"place": place, "now": cast.NOW, "by": researcher}
    bonuses.intend(amount=Amount(minor_units=40), purpose="care", **given)
    with pytest.raises(CannotLaunch, match=r"with 6\.00 USD that they launched alone"):
        bonuses.intend(amount=Amount(minor_units=1), purpose="more", **given)


def test_a_bonus_makes_an_old_batch_count_for_a_day(study: Study, researcher: User) -> None:
    batch = scenes.live(study, researcher, **scenes.paid())
    scenes.go_on(batch)
    cast.handed_in(batch, cast.worker(), cast.NOW)
    [place] = take_in(batch, now=cast.NOW)
    launches.close(batch=batch, now=cast.NOW)
    scenes.go_on(batch)
    later = cast.NOW + 3 * DAY
    bonuses.intend(place=place, amount=Amount(minor_units=700), purpose="care", by=researcher, now=later)
    assert launches.committed_alone(by=researcher, currency="USD", now=later + DAY / 2) == 800
    assert launches.committed_alone(by=researcher, currency="USD", now=later + DAY) == 0


def test_the_preview_says_how_much_is_used_up(study: Study, researcher: User) -> None:
    launch = scenes.draft(study, researcher, **scenes.paid())
    cost = launches.preview(launch=launch, platform=OWN, alone=400)
    assert (cost.alone, cost.needs_second) == (400, False)
    assert launches.preview(launch=launch, platform=OWN, alone=401).needs_second


@pytest.mark.django_db(transaction=True)
def test_two_launches_at_once_do_not_pass_together(researcher: User) -> None:
    drafts = [
        scenes.draft(scenes.study(3, slug=slug, researchers=[researcher]), researcher, **scenes.paid())
        for slug in ("a", "b", "c")
    ]
    states = at_once([partial(lambda each: scenes.confirm(each, researcher).state, each) for each in drafts])
    assert sorted(states) == ["confirmed", "confirmed", "live"]
    assert postings.committed_alone(by=researcher, currency="USD", now=cast.NOW) == 600
