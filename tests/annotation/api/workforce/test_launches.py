"""Launches and running batches as a program sees them, and how each refuses."""

import json
from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation import tasks
from annotation.models import Batch, Launch, Study
from tests import cast
from tests.annotation.launches import scenes

pytestmark = pytest.mark.django_db
PAID = {"pay_minor_units": 100, "currency": "EUR", "num_assignments": 2, "budget_minor_units": 600}


@pytest.fixture
def study(researcher: User) -> Study:
    return scenes.study(3, researchers=[researcher])


@pytest.fixture
def second(study: Study, stranger: User, stranger_client: Client) -> Client:
    """Another researcher of the study."""
    study.researchers.add(stranger)
    return stranger_client


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The batches of which a round was asked for."""
    batches: list[int] = []
    monkeypatch.setattr(tasks, "enqueue_round", batches.append)
    return batches


def call(client: Client, method: str, path: str, **body: Any) -> Any:
    return client.generic(method, f"/api/v1/{path}", json.dumps(body), "application/json")


def told(client: Client, method: str, path: str, **body: Any) -> Any:
    response = call(client, method, path, **body)
    assert response.status_code < 300, response.content
    return response.json()


def live(client: Client, study: Study, **plan: Any) -> tuple[int, int]:
    """The ids of a launch and of its batch."""
    pk = told(client, "POST", "launches/", study=study.slug, **plan)["id"]
    cost = told(client, "GET", f"launches/{pk}/preview/")["total"]
    return pk, told(client, "POST", f"launches/{pk}/confirmation/", typed=study.name, cost=cost)["batch"]


def test_a_launch_is_drafted_changed_previewed_and_confirmed(researcher_client: Client, study: Study) -> None:
    draft = told(researcher_client, "POST", "launches/", study=study.slug, **PAID, num_pilot=1)
    assert (draft["state"], draft["batch"], draft["made_by"], draft["budget_minor_units"]) == (
        "draft",
        None,
        "rosa",
        600,
    )
    path = f"launches/{draft['id']}/"
    changed = told(researcher_client, "PATCH", path, title="Find the zeros", target_class_ids=[])
    assert (changed["title"], changed["pay_minor_units"], changed["num_pilot"]) == ("Find the zeros", 100, 1)
    cost = told(researcher_client, "GET", f"{path}preview/")
    assert (cost["num_hits"], cost["total"], cost["pilot_total"], cost["over_by"]) == (3, 600, 200, 0)
    said = told(researcher_client, "POST", f"{path}confirmation/", typed=study.name, cost=600)
    assert (said["state"], said["confirmed_by"], said["is_pilot"]) == ("live", "rosa", True)
    assert told(researcher_client, "GET", f"launches/?study={study.slug}")["results"][0] == said
    batch = told(researcher_client, "GET", f"batches/{said['batch']}/")
    assert (batch["num_hits"], batch["budget_minor_units"], batch["platform"]) == (1, 600, "local")


def test_a_running_batch_pauses_goes_on_and_closes(researcher_client: Client, study: Study, asked: list[int]) -> None:
    _, batch = live(researcher_client, study, **PAID, num_pilot=1)
    path = f"batches/{batch}/"
    assert told(researcher_client, "POST", f"{path}pause/")["paused_at"] is not None
    assert told(researcher_client, "POST", f"{path}resumption/")["paused_at"] is None
    assert told(researcher_client, "POST", f"{path}rest/")["num_hits"] == 3
    scenes.go_on(Batch.objects.get())
    figures = told(researcher_client, "GET", f"{path}figures/")
    assert (figures["num_hits"], figures["num_open"], figures["promised"]) == (3, 3, 600)
    assert figures["spend"]["budget"] == 600
    assert told(researcher_client, "POST", f"{path}closing/")["expired_at"] is not None
    assert call(researcher_client, "POST", f"{path}pause/").status_code == HTTPStatus.CONFLICT
    assert asked == [batch] * 5  # live, paused, resumed, the rest, closed


def test_each_grid_gets_more_workers(researcher_client: Client, study: Study, asked: list[int]) -> None:
    _, batch = live(researcher_client, study, **PAID | {"budget_minor_units": 900})
    assert told(researcher_client, "POST", f"batches/{batch}/workers/", num_assignments=3)["num_slots"] == 9
    fewer = call(researcher_client, "POST", f"batches/{batch}/workers/", num_assignments=2)
    assert (fewer.status_code, fewer.json()["type"]) == (HTTPStatus.CONFLICT, "urn:twinset:cannot-launch")
    assert asked == [batch] * 2


def test_everything_stops_at_once(researcher_client: Client, study: Study, asked: list[int]) -> None:
    _, batch = live(researcher_client, study, **PAID)
    assert told(researcher_client, "POST", f"studies/{study.slug}/closing/") == {"batches": [batch]}
    assert asked == [batch] * 2
    assert told(researcher_client, "GET", f"batches/{batch}/")["expired_at"] is not None
    assert told(researcher_client, "POST", f"studies/{study.slug}/closing/") == {"batches": []}


def test_a_second_researcher_agrees(researcher_client: Client, second: Client, study: Study, settings: Any) -> None:
    settings.LAUNCH_SECOND_ABOVE = 5
    pk, batch = live(researcher_client, study, **PAID)
    assert batch is None
    refused = call(researcher_client, "POST", f"launches/{pk}/second/", cost=600)
    assert (refused.status_code, refused.json()["type"]) == (HTTPStatus.CONFLICT, "urn:twinset:cannot-launch")
    assert call(second, "POST", f"launches/{pk}/second/").status_code == HTTPStatus.BAD_REQUEST
    assert told(second, "POST", f"launches/{pk}/second/", cost=600)["seconded_by"] == "sten"
    assert Batch.objects.count() == 1


def test_what_is_withdrawn_does_not_go_live(researcher_client: Client, study: Study) -> None:
    pk = told(researcher_client, "POST", "launches/", study=study.slug)["id"]
    assert told(researcher_client, "POST", f"launches/{pk}/withdrawal/")["state"] == "withdrawn"
    refused = call(researcher_client, "POST", f"launches/{pk}/confirmation/", typed=study.name, cost=0)
    assert refused.status_code == HTTPStatus.CONFLICT


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"num_grids": 0}, HTTPStatus.BAD_REQUEST),
        ({"nonsense": 1}, HTTPStatus.BAD_REQUEST),
        ({"made_by": 1}, HTTPStatus.BAD_REQUEST),
        ({"platform": "imported"}, HTTPStatus.BAD_REQUEST),
        ({"budget_minor_units": 100}, HTTPStatus.CONFLICT),
        ({"platform": "mturk"}, HTTPStatus.CONFLICT),
        ({"target_class_ids": [10**6]}, HTTPStatus.CONFLICT),
    ],
)
def test_what_can_not_be_is_refused(
    researcher_client: Client, study: Study, body: dict[str, Any], status: HTTPStatus
) -> None:
    assert call(researcher_client, "POST", "launches/", study=study.slug, **body).status_code == status
    pk = told(researcher_client, "POST", "launches/", study=study.slug)["id"]
    assert call(researcher_client, "PATCH", f"launches/{pk}/", **body).status_code == status
    assert Launch.objects.count() == 1


def test_launches_of_others_do_not_exist(stranger_client: Client, study: Study, researcher: User) -> None:
    launch = scenes.draft(study, researcher)
    assert call(stranger_client, "POST", "launches/", study=study.slug).status_code == HTTPStatus.BAD_REQUEST
    for method, what in (
        ("GET", ""),
        ("PATCH", ""),
        ("GET", "preview/"),
        ("POST", "confirmation/"),
        ("POST", "second/"),
    ):
        assert call(stranger_client, method, f"launches/{launch.pk}/{what}").status_code == HTTPStatus.NOT_FOUND
    batch = scenes.live(study, researcher)
    for verb in ("pause", "resumption", "rest", "closing"):
        assert call(stranger_client, "POST", f"batches/{batch.pk}/{verb}/").status_code == HTTPStatus.NOT_FOUND
    batch.refresh_from_db()
    assert batch.is_open


def test_a_platform_without_keys_can_not_be_asked(researcher_client: Client, study: Study) -> None:
    plan = {"platform": "mturk", "pay_minor_units": 50, "currency": "USD"}
    pk = told(researcher_client, "POST", "launches/", study=study.slug, **plan)["id"]
    refused = call(researcher_client, "GET", f"launches/{pk}/preview/")
    assert refused.status_code == HTTPStatus.CONFLICT
    assert "MTURK_ACCESS_KEY" in refused.json()["detail"]


def test_the_quick_launch_is_for_ones_own_people(researcher_client: Client, study: Study) -> None:
    refused = call(researcher_client, "POST", "batches/", study=study.slug, platform="prolific")
    assert refused.status_code == HTTPStatus.CONFLICT
    assert "Draft a launch for prolific" in refused.json()["detail"]
    assert not Batch.objects.exists()


def test_a_batch_of_a_platform_outside_has_no_link(researcher_client: Client, study: Study) -> None:
    batch = cast.batch(study, [], platform="mturk", pay_minor_units=5, currency="USD")
    cast.workers.invite_everyone(study=study, now=cast.NOW, platform="mturk")
    assert told(researcher_client, "GET", f"batches/{batch.pk}/")["invitation_url"] is None
    assert told(researcher_client, "GET", "invitations/")["results"] == []  # who comes by a posting follows no link
