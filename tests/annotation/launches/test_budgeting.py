"""Another budget for a batch that is with workers."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from annotation import launches, postings
from annotation.errors import CannotLaunch, OverBudget
from annotation.launches import widening
from annotation.payments import bonuses
from annotation.payments.ledger import Amount
from annotation.platforms.own import OwnPlatform
from tests import cast
from tests.annotation.launches import scenes
from tests.annotation.payments.desks import OUTSIDE
from tests.own_people import take_in

pytestmark = pytest.mark.django_db
OWN = OwnPlatform()


@pytest.fixture
def second_above(settings: Any) -> None:
    """Above 10.00."""
    settings.LAUNCH_SECOND_ABOVE = 10


def test_what_the_budget_refused_goes_on_once_it_is_raised(researcher: User) -> None:
    batch = scenes.live(scenes.study(3), researcher, **scenes.paid(budget_minor_units=650))
    scenes.go_on(batch)
    with pytest.raises(OverBudget):
        widening.widen(batch=batch, num_assignments=3, platform=OWN, now=cast.NOW)
    launches.set_budget(batch=batch, budget_minor_units=900, now=cast.NOW)
    widening.widen(batch=batch, num_assignments=3, platform=OWN, now=cast.NOW)
    assert postings.bound(batch) == batch.budget_minor_units == 900


def test_it_is_never_less_than_what_it_is_bound_to(researcher: User) -> None:
    batch = scenes.live(scenes.study(3), researcher, **scenes.paid(budget_minor_units=650))
    scenes.go_on(batch)
    with pytest.raises(CannotLaunch, match=r"bound to 6\.00 USD"):
        launches.set_budget(batch=batch, budget_minor_units=599, now=cast.NOW)
    launches.set_budget(batch=batch, budget_minor_units=600, now=cast.NOW)
    batch.refresh_from_db()
    assert batch.budget_minor_units == 600


@pytest.mark.usefixtures("second_above")
def test_neither_a_budget_nor_more_workers_pass_what_two_must_agree_to(researcher: User) -> None:
    batch = scenes.live(scenes.study(3), researcher, **scenes.paid())
    scenes.go_on(batch)
    with pytest.raises(CannotLaunch, match="second researcher"):
        launches.set_budget(batch=batch, budget_minor_units=1001, now=cast.NOW)
    launches.set_budget(batch=batch, budget_minor_units=1000, now=cast.NOW)
    with pytest.raises(OverBudget):
        widening.widen(batch=batch, num_assignments=4, platform=OWN, now=cast.NOW)
    assert postings.bound(batch) == 600


@pytest.mark.usefixtures("second_above")
def test_without_a_budget_more_workers_pass_it_as_little(researcher: User) -> None:
    batch = scenes.live(scenes.study(3), researcher, **scenes.paid())
    scenes.go_on(batch)
    with pytest.raises(CannotLaunch, match="second researcher"):
        widening.widen(batch=batch, num_assignments=4, platform=OWN, now=cast.NOW)
    assert postings.bound(batch) == 600


@pytest.mark.usefixtures("second_above")
def test_nor_do_bonuses_but_what_was_paid_by_hand_is_entered(researcher: User) -> None:
    batch = scenes.live(scenes.study(3), researcher, **scenes.paid())
    scenes.go_on(batch)
    cast.handed_in(batch, cast.worker(), cast.NOW)
    [place] = take_in(batch, now=cast.NOW)
    given = {"place": place, "now": cast.NOW, "by": researcher}
    bonuses.intend(amount=Amount(minor_units=400), purpose="care", **given)
    with pytest.raises(CannotLaunch, match="second researcher"):
        bonuses.intend(amount=Amount(minor_units=1), purpose="more", **given)
    assert postings.bound(batch) == 1000
    bonuses.enter(amount=Amount(minor_units=1), purpose="by hand", **given)
    assert postings.bound(batch) == 1001


def test_an_unpaid_batch_needs_none(researcher: User) -> None:
    batch = scenes.live(scenes.study(3), researcher)
    with pytest.raises(CannotLaunch, match="pays nobody"):
        launches.set_budget(batch=batch, budget_minor_units=600, now=cast.NOW)


def test_who_took_a_place_before_it_closed_is_reckoned_with_until_it_is_over(researcher: User, settings: Any) -> None:
    """MTurk lists nobody who is still at work."""
    settings.PUBLIC_URL = "https://twin.example"
    settings.MTURK_ACCESS_KEY = settings.MTURK_SECRET_KEY = "a-key"
    with OUTSIDE["mturk"]() as desk:
        batch = scenes.live(scenes.study(1), researcher, desk.platform(), **scenes.at(desk, lease_seconds=1800))
        scenes.go_on(batch, desk.platform())
        promised = postings.promised(batch)
        launches.close(batch=batch, now=cast.NOW)
        scenes.go_on(batch, desk.platform())
        assert postings.promised(batch) == promised > 0
        scenes.go_on(batch, desk.platform(), now=cast.NOW + timedelta(minutes=30))
        assert postings.promised(batch) == 0
