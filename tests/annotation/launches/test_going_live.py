"""A launch is confirmed, by two where it may come to much, and becomes one batch."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from annotation import launches, postings
from annotation.errors import CannotLaunch, OverBudget
from annotation.launches import going_live
from annotation.models import Batch, Grid, Invitation, Launch, Study
from annotation.platforms.own import OwnPlatform
from annotation.platforms.paid import PlatformBusy
from tests import cast
from tests.annotation.launches import scenes
from tests.annotation.payments.desks import Desk

pytestmark = pytest.mark.django_db


def test_what_is_confirmed_is_live(study: Study, researcher: User) -> None:
    live = scenes.confirm(scenes.draft(study, researcher), researcher)
    assert live.state == Launch.State.LIVE
    assert live.batch is not None
    assert (live.batch.hits.count(), live.batch.num_assignments, live.confirmed_cost) == (3, 2, 0)
    assert not Grid.objects.filter(study=study).waiting().exists()
    assert Invitation.objects.filter(study=study, platform="local", is_simulated=False).count() == 1
    assert scenes.go_on(live.batch) == postings.Round()


def test_the_simulated_crowd_is_marked_as_such(study: Study, researcher: User) -> None:
    batch = scenes.live(study, researcher, platform="simulated")
    assert batch.is_simulated
    assert study.invitations.get().is_simulated


def test_workers_from_outside_have_a_way_in_without_a_link(study: Study, researcher: User, desk: Desk) -> None:
    batch = scenes.live(study, researcher, desk.platform(), **scenes.at(desk))
    assert study.invitations.get().platform == desk.name
    assert cast.enrolment(study, desk.worker()).invitation == study.invitations.get()
    assert desk.num_up == 0
    assert scenes.go_on(batch, desk.platform()).problems == []
    assert desk.num_up == batch.postings.filter(state="open").count() == (3 if desk.name == "mturk" else 1)


def test_workers_read_what_was_drafted(study: Study, researcher: User, desk: Desk) -> None:
    plan = scenes.at(desk, title="Find the zeros", description="Six grids.", lease_seconds=1000, seconds_estimated=100)
    text = launches.text_of(scenes.live(study, researcher, desk.platform(), **plan))
    assert (text.title, text.address, text.seconds_allowed) == ("Find the zeros", "https://twin.example/start/", 1000)
    assert (text.completion_code != "") == (desk.name == "prolific")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"typed": "digits"}, "Type the name of the study, 'digits-twin'"),
        ({"cost": 599}, r"it may come to 6\.00 USD now"),
        ({"platform": OwnPlatform("simulated")}, "for the platform local, not for simulated"),
    ],
)
def test_who_confirms_has_seen_what_they_confirm(
    study: Study, researcher: User, change: dict[str, Any], says: str
) -> None:
    launch = scenes.draft(study, researcher, **scenes.paid())
    said = {"typed": study.name, "cost": 600, "platform": OwnPlatform()} | change
    with pytest.raises(CannotLaunch, match=says):
        launches.confirm(launch=launch, **said, by=researcher, now=cast.NOW)
    assert not Batch.objects.exists()


def test_more_than_the_budget_never_goes_live(study: Study, researcher: User, desk: Desk) -> None:
    launch = scenes.draft(study, researcher, **scenes.at(desk, budget_minor_units=600))
    with pytest.raises(OverBudget, match=r"more than the budget of 6\.00") as refusal:
        scenes.confirm(launch, researcher, desk.platform())
    assert refusal.value.missing > 0
    assert not Batch.objects.exists()


def test_nothing_waits_or_too_little_for_a_place(study: Study, researcher: User, desk: Desk) -> None:
    if desk.name == "prolific":
        launch = scenes.draft(study, researcher, **scenes.at(desk, num_grids=7))
        with pytest.raises(CannotLaunch, match="fewer than the 7 of one place"):
            scenes.confirm(launch, researcher, desk.platform())
    scenes.live(study, researcher)
    with pytest.raises(CannotLaunch, match="No grid of these classes waits"):
        scenes.confirm(scenes.draft(study, researcher), researcher)


def test_a_platform_without_keys_is_refused(study: Study, researcher: User, desk: Desk, settings: Any) -> None:
    settings.MTURK_SECRET_KEY = settings.PROLIFIC_TOKEN = ""
    with pytest.raises(CannotLaunch, match="keys are not set up"):
        scenes.confirm(scenes.draft(study, researcher, **scenes.at(desk)), researcher, desk.platform())


def test_workers_from_outside_start_at_a_safe_address(
    study: Study, researcher: User, desk: Desk, settings: Any
) -> None:
    settings.PUBLIC_URL = "http://twin.example"
    with pytest.raises(CannotLaunch, match="https"):
        scenes.confirm(scenes.draft(study, researcher, **scenes.at(desk)), researcher, desk.platform())
    assert not Batch.objects.exists()


def test_above_an_amount_another_researcher_agrees(
    study: Study, researcher: User, stranger: User, settings: Any
) -> None:
    settings.LAUNCH_SECOND_ABOVE = 5
    launch = scenes.draft(study, researcher, **scenes.paid())
    agree = {"launch": launch, "cost": 600, "platform": OwnPlatform(), "now": cast.NOW}
    with pytest.raises(CannotLaunch, match="Nobody has confirmed"):
        launches.second(by=stranger, **agree)
    assert scenes.confirm(launch, researcher).state == Launch.State.CONFIRMED
    with pytest.raises(CannotLaunch, match="confirmed this launch yourself"):
        launches.second(by=researcher, **agree)
    with pytest.raises(CannotLaunch, match="Only a researcher of the study"):
        launches.second(by=stranger, **agree)
    assert not Batch.objects.exists()
    study.researchers.add(stranger)
    live = launches.second(by=stranger, **agree)
    assert (live.state, live.confirmed_by, live.seconded_by) == (Launch.State.LIVE, researcher, stranger)


def test_nobody_agrees_to_another_cost(study: Study, researcher: User, stranger: User, settings: Any) -> None:
    settings.LAUNCH_SECOND_ABOVE = 5
    study.researchers.add(stranger)
    launch = scenes.confirm(scenes.draft(study, researcher, **scenes.paid()), researcher)
    scenes.add_grids(study.target_classes.get(), 1)
    agree = {"launch": launch, "by": stranger, "platform": OwnPlatform(), "now": cast.NOW}
    with pytest.raises(CannotLaunch, match=r"it may come to 8\.00 USD now. Confirm it again"):
        launches.second(cost=600, **agree)
    scenes.confirm(launch, researcher)
    with pytest.raises(CannotLaunch, match="another cost than you were shown"):
        launches.second(cost=600, **agree)
    launches.second(cost=800, **agree)
    assert Batch.objects.get().hits.count() == 4


def test_what_was_cut_short_is_finished_by_going_on(
    study: Study, researcher: User, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch = scenes.draft(study, researcher, **scenes.at(desk))
    cost = launches.preview(launch=launch, platform=desk.platform())

    def busy(**asked: Any) -> int:
        raise PlatformBusy("Come again.")

    with monkeypatch.context() as patch:
        patch.setattr(postings, "prepare", busy)
        batch = scenes.confirm(launch, researcher, desk.platform()).batch
        assert batch is not None
        waits = scenes.go_on(batch, desk.platform())
        assert waits.is_over
        assert waits.num_left > 0
    assert not batch.postings.exists()
    assert scenes.go_on(batch, desk.platform()).num_done == cost.num_postings
    assert desk.num_up == cost.num_postings


def test_what_is_changed_while_it_is_confirmed_does_not_go_live(
    study: Study, researcher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By another window, between the look at its cost and the lock."""
    launch = scenes.draft(study, researcher, **scenes.paid())

    def changed_meanwhile(**asked: Any) -> Any:
        Launch.objects.update(currency="GBP")
        return price(**asked)

    price = going_live.price
    monkeypatch.setattr(going_live, "price", changed_meanwhile)
    with pytest.raises(CannotLaunch, match="changed at this moment"):
        launches.confirm(launch=launch, typed=study.name, cost=600, by=researcher, platform=OwnPlatform(), now=cast.NOW)
    assert not Batch.objects.exists()
