"""Confirming a launch: by its study's name, at the cost that was shown, above an amount by two people."""

from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation import launches, tasks
from annotation.models import Batch, Launch, Study
from tests import cast
from tests.annotation.payments import desks
from tests.frontend.launches import scenes
from tests.frontend.launches.scenes import NAME, address

pytestmark = pytest.mark.django_db
COST = {"typed": NAME, "cost": "500"}


@pytest.fixture(autouse=True)
def rounds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Of which batches the queue is asked for a round."""
    asked: list[int] = []
    monkeypatch.setattr(tasks, "enqueue_round", asked.append)
    return asked


@pytest.fixture
def sol(db: None) -> User:
    return User.objects.create_user("sol")


@pytest.fixture
def launch(researcher: User, sol: User) -> Launch:
    return scenes.drafted(scenes.study(researcher, sol), researcher, num_pilot=2)


@pytest.fixture
def second_client(sol: User) -> Client:
    client = Client()
    client.force_login(sol)
    return client


def confirm(client: Client, launch: Launch, **changed: str) -> Any:
    return client.post(address("launch-confirm", launch.pk), COST | changed)


def test_the_page_says_all_of_it_and_what_it_costs_at_most(researcher_client: Client, launch: Launch) -> None:
    page = researcher_client.get(address("launch-detail", launch.pk)).text
    for told in ("Find the bows", "0.50\N{NO-BREAK SPACE}EUR per accepted grid", "5.00\N{NO-BREAK SPACE}EUR", NAME):
        assert told in page
    assert "Put up the pilot of 2 HITs – at most 2.00\N{NO-BREAK SPACE}EUR" in page


def test_the_name_and_the_cost_make_it_go_live(researcher_client: Client, launch: Launch, rounds: list[int]) -> None:
    page = confirm(researcher_client, launch)
    batch = Batch.objects.get()
    assert page.headers["Location"] == address("batch-detail", batch.pk)
    assert rounds == [batch.pk]
    assert batch.hits.count() == 2  # the pilot
    assert researcher_client.get(address("launch-detail", launch.pk)).headers["Location"] == page.headers["Location"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"typed": "Twin of the boats"}, "Type the name of the study"),
        ({"typed": ""}, "Type the name of the study"),
        ({"cost": "499"}, "The cost has changed"),
        ({"cost": "nothing"}, "The cost has changed"),
    ],
)
def test_anything_else_keeps_it_a_draft_and_says_why(
    researcher_client: Client, launch: Launch, rounds: list[int], changed: dict[str, str], told: str
) -> None:
    page = confirm(researcher_client, launch, **changed)
    assert page.status_code == 400
    assert told in page.text
    assert f'value="{(COST | changed)["typed"]}"' in page.text
    assert (Batch.objects.count(), rounds) == (0, [])


def test_a_second_click_launches_nothing_twice(researcher_client: Client, launch: Launch) -> None:
    confirm(researcher_client, launch)
    assert confirm(researcher_client, launch).status_code in (302, 400)
    assert Batch.objects.count() == 1


@pytest.fixture
def waits(researcher_client: Client, launch: Launch, settings: Any) -> Launch:
    """Confirmed by one, above the amount for which it takes two."""
    settings.LAUNCH_SECOND_ABOVE = 4
    confirm(researcher_client, launch)
    launch.refresh_from_db()
    return launch


def test_above_an_amount_nothing_goes_live_by_one_person(
    researcher_client: Client, waits: Launch, rounds: list[int]
) -> None:
    assert (waits.state, Batch.objects.count(), rounds) == (Launch.State.CONFIRMED, 0, [])
    page = researcher_client.get(address("launch-detail", waits.pk)).text
    assert "<li>sol</li>" in page
    assert "Second and launch" not in page
    refused = researcher_client.post(address("launch-second", waits.pk), {"cost": "500"})
    assert refused.status_code == 400
    assert "another researcher" in refused.text
    assert not Batch.objects.exists()


def test_another_researcher_seconds_it(second_client: Client, waits: Launch, sol: User, rounds: list[int]) -> None:
    page = second_client.get(address("launch-detail", waits.pk)).text
    assert ("Second and launch" in page, '<input type="hidden" name="cost" value="500">' in page) == (True, True)
    refused = second_client.post(address("launch-second", waits.pk), {"cost": "400"})
    assert "at another cost than you were shown" in refused.text
    second_client.post(address("launch-second", waits.pk), {"cost": "500"})
    batch = Batch.objects.get()
    assert (batch.launch.seconded_by, rounds) == (sol, [batch.pk])


def test_alone_in_a_study_one_is_told_whom_to_ask(researcher_client: Client, waits: Launch, sol: User) -> None:
    waits.study.researchers.remove(sol)
    assert "Nobody else takes part in this study" in researcher_client.get(address("launch-detail", waits.pk)).text


def test_what_one_launched_alone_before_counts_too(researcher_client: Client, launch: Launch, settings: Any) -> None:
    settings.LAUNCH_SECOND_ABOVE = 8
    confirm(researcher_client, launch)
    bow = launch.study.target_classes.get(name="bow")
    cast.grid(bow, [cast.candidate(bow)])  # with the three that come after the pilot: 4.00
    again = scenes.drafted(launch.study, launch.made_by)
    told = "You launched 5.00\N{NO-BREAK SPACE}EUR alone, which is still open or less than a day old."
    assert told in researcher_client.get(address("launch-detail", again.pk)).text
    shown = researcher_client.post(address("launch-preview"), scenes.TYPED, headers={"HX-Request": "true"}).text
    assert "With 5.00\N{NO-BREAK SPACE}EUR that you launched alone" in shown
    confirm(researcher_client, again, cost="400")
    again.refresh_from_db()
    assert (again.state, Batch.objects.count()) == (Launch.State.CONFIRMED, 1)


def test_changing_it_takes_the_confirmation_back(researcher_client: Client, waits: Launch) -> None:
    edit = address("launch-edit", waits.pk)
    assert "rosa has confirmed it" in researcher_client.get(edit).text
    researcher_client.post(edit, scenes.TYPED)
    waits.refresh_from_db()
    assert waits.state == Launch.State.DRAFT


def test_what_is_withdrawn_can_neither_be_changed_nor_confirmed(researcher_client: Client, launch: Launch) -> None:
    researcher_client.post(address("launch-withdraw", launch.pk))
    assert "Find the bows" not in researcher_client.get(address("grid-list")).text
    assert researcher_client.get(address("launch-edit", launch.pk)).status_code == 302
    assert "withdrawn" in confirm(researcher_client, launch).text
    assert not Batch.objects.exists()


def test_a_stranger_confirms_nothing(stranger: User, launch: Launch) -> None:
    client = Client()
    client.force_login(stranger)
    for name in ("confirm", "second", "withdraw"):
        assert client.post(address(f"launch-{name}", launch.pk), COST).status_code == 404
    assert not Batch.objects.exists()


@pytest.mark.parametrize("name", ["mturk", "prolific"])
def test_at_a_platform_its_fee_is_part_of_what_is_confirmed(
    researcher_client: Client, launch: Launch, settings: Any, name: str
) -> None:
    settings.PUBLIC_URL = "https://twin.example"
    plan = launches.Plan(platform=name, pay_minor_units=50, currency="USD", num_assignments=2, lease_seconds=3600)
    launches.change(launch=launch, plan=plan, now=cast.NOW)
    with desks.OUTSIDE[name]() as desk:
        {"mturk": scenes.at_mturk, "prolific": scenes.at_prolific}[name](settings, desk)
        shown = researcher_client.get(address("launch-detail", launch.pk)).text
        assert desk.num_up == 0
        cost = shown.split('name="cost" value="')[1].split('"')[0]
        assert int(cost) > 500
        confirm(researcher_client, launch, cost=cost)
    batch = Batch.objects.get()
    assert (batch.platform, batch.launch.confirmed_cost) == (name, int(cost))
    assert batch.postings.count() == (5 if name == "mturk" else 1)


@pytest.mark.parametrize(
    ("name", "currency", "told"),
    [
        ("mturk", "USD", "The account at Mechanical Turk holds 10,000.00\N{NO-BREAK SPACE}USD."),
        ("prolific", "GBP", "The account at Prolific holds 10,000.00\N{NO-BREAK SPACE}GBP."),
        ("prolific", "USD", "The account at Prolific pays in GBP: what is put up in USD would be refused."),
    ],
)
def test_the_account_there_is_looked_at_before_anybody_confirms(
    researcher_client: Client, launch: Launch, settings: Any, name: str, currency: str, told: str
) -> None:
    settings.PUBLIC_URL = "https://twin.example"
    plan = launches.Plan(platform=name, pay_minor_units=50, currency=currency, num_assignments=2, lease_seconds=3600)
    launches.change(launch=launch, plan=plan, now=cast.NOW)
    with desks.OUTSIDE[name]() as desk:
        {"mturk": scenes.at_mturk, "prolific": scenes.at_prolific}[name](settings, desk)
        assert told in researcher_client.get(address("launch-detail", launch.pk)).text
        launches.change(launch=launch, plan=replace(plan, pay_minor_units=500_000), now=cast.NOW)
        page = researcher_client.get(address("launch-detail", launch.pk)).text
        assert ("Add money there first." in page) == (currency != "USD" or name == "mturk")


def test_out_of_reach_it_is_said_and_not_confirmed(researcher_client: Client, launch: Launch, settings: Any) -> None:
    settings.MTURK_ACCESS_KEY = ""
    Launch.objects.update(platform="mturk", currency="USD")
    page = researcher_client.get(address("launch-detail", launch.pk)).text
    # what MTurk takes is known without asking it; that its keys are missing is said on confirming
    assert confirm(researcher_client, launch).status_code == 400
    assert "MTURK_ACCESS_KEY" in page or "MTURK_ACCESS_KEY" in confirm(researcher_client, launch).text
    study: Study = launch.study
    assert not study.batches.exists()
