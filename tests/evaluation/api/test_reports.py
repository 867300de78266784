"""A program asks for a report, follows how far it is, and reads it."""

from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation.models import Study
from evaluation import tasks
from evaluation.models import AccuracyLook, Report
from tests.evaluation import reported


@pytest.fixture
def study(researcher: User) -> Study:
    return reported.scored_study(reported.SIX, [researcher])[0]


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ids of reports that messages ask for."""
    messages: list[int] = []
    monkeypatch.setattr(tasks.build_report, "delay", messages.append)
    return messages


def ask(client: Client, **fields: Any) -> Any:
    return client.post("/api/v1/reports/", {"study": "digits-twin", **fields}, "application/json")


def test_a_report_is_asked_for_then_built_then_read(researcher_client: Client, study: Study, asked: list[int]) -> None:
    response = ask(researcher_client)
    assert response.status_code == HTTPStatus.CREATED, response.content
    told = response.json()
    assert (told["state"], told["content"], told["is_simulated"], told["built_at"]) == ("building", {}, None, None)
    assert told["selection"] == {"test_sets": [], "classifiers": [], "families_once": False}
    assert asked == [told["id"]]
    assert ask(researcher_client).json()["id"] == told["id"]
    tasks.build_report(told["id"])
    told = researcher_client.get(f"/api/v1/reports/{told['id']}/").json()
    assert (told["state"], told["is_simulated"]) == ("built", False)
    assert told["num_steps"] == told["num_steps_done"] > 0
    assert told["content"]["headline"]["num_classifiers"] == 6


def test_sets_and_classifiers_are_chosen_by_name(researcher_client: Client, study: Study) -> None:
    chosen = {"test_sets": ["digits-twin/original@r1", "digits-twin/easier@r1"], "classifiers": ["tree", "forest"]}
    told = ask(researcher_client, **chosen, families_once=True).json()
    assert told["selection"] == {
        "test_sets": ["digits-twin/easier@r1", "digits-twin/original@r1"],
        "classifiers": ["forest", "tree"],
        "families_once": True,
    }
    tasks.build_report(told["id"])
    content = Report.objects.get().content
    assert [each["name"] for each in content["test_sets"]] == ["original", "easier"]
    assert [each["name"] for each in content["classifiers"]] == ["forest", "tree"]


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"test_sets": ["digits-twin/calibrated@r9"]}, "has no test set 'digits-twin/calibrated@r9'"),
        ({"classifiers": ["nobody"]}, "has no classifier 'nobody'"),
    ],
)
def test_an_unknown_choice_is_refused_with_what_it_is(
    researcher_client: Client, study: Study, asked: list[int], fields: dict[str, Any], refusal: str
) -> None:
    response = ask(researcher_client, **fields)
    assert response.status_code == HTTPStatus.CONFLICT
    assert response.json()["type"] == "urn:twinset:cannot-report"
    assert refusal in response.json()["detail"]
    assert asked == []


def test_only_who_is_shown_accuracies_is_noted(researcher_client: Client, study: Study) -> None:
    pk = ask(researcher_client).json()["id"]
    assert researcher_client.get(f"/api/v1/reports/{pk}/").status_code == HTTPStatus.OK
    assert not AccuracyLook.objects.exists()
    tasks.build_report(pk)
    assert researcher_client.get(f"/api/v1/reports/{pk}/").status_code == HTTPStatus.OK
    assert AccuracyLook.objects.get().where == AccuracyLook.Where.API_REPORTS


def test_a_stranger_can_ask_for_none(stranger: User, study: Study, asked: list[int]) -> None:
    client = Client()
    client.force_login(stranger)
    assert ask(client).status_code == HTTPStatus.BAD_REQUEST
    assert asked == []
