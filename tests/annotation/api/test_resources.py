"""What every list has in common: pages, typed filters, no query per row, nothing of other studies."""

from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import cast
from tests.whole_study import WholeStudy, whole_study

LISTS = [
    "studies", "target-classes", "candidates", "grids", "batches", "invitations", "frequencies",
    "test-sets", "classifiers", "runs", "reports",
]  # fmt: skip


@pytest.fixture
def whole(researcher: User) -> WholeStudy:
    return whole_study(researchers=[researcher])


def results(client: Client, noun: str, **query: Any) -> list[dict[str, Any]]:
    response = client.get(f"/api/v1/{noun}/", query)
    assert response.status_code == HTTPStatus.OK, response.content
    rows: list[dict[str, Any]] = response.json()["results"]
    return rows


@pytest.mark.parametrize("noun", LISTS)
def test_a_list_shows_the_study_to_its_people_only(
    researcher_client: Client, stranger_client: Client, whole: WholeStudy, noun: str
) -> None:
    assert results(researcher_client, noun)
    assert results(stranger_client, noun) == []


@pytest.mark.parametrize("noun", LISTS)
def test_a_longer_list_takes_no_more_queries(
    researcher_client: Client, researcher: User, whole: WholeStudy, noun: str
) -> None:
    with CaptureQueriesContext(
        connection,
    ) as before:
        num_before = len(results(researcher_client, noun))
    for number in range(3):
        whole_study(f"another-{number}", [researcher])
    with CaptureQueriesContext(connection) as after:
        assert len(results(researcher_client, noun)) > num_before
    assert len(after) == len(before)


def test_pages_follow_each_other_by_id(researcher_client: Client, researcher: User) -> None:
    slugs = [cast.study(f"study-{number}", [researcher]).slug for number in range(5)]
    address, seen = "/api/v1/studies/?page_size=2", []
    while address:
        page = researcher_client.get(address).json()
        seen += [row["slug"] for row in page["results"]]
        address = page["next"]
    assert seen == slugs


@pytest.mark.parametrize(
    "query",
    [
        {"target_class__study__researchers__password__startswith": "pbkdf2"},
        {"limit": "5"},
        {"study": "not a slug"},
        {"study": "\0"},
        {"origin": "elsewhere"},
        {"origin": ""},
        {"page_size": "0"},
        {"page_size": "100000"},
        {"page_size": "x"},
    ],
)
def test_a_parameter_that_is_not_offered_is_refused(researcher_client: Client, db: None, query: dict[str, str]) -> None:
    response = researcher_client.get("/api/v1/candidates/", query)
    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert set(response.json()["errors"]) == set(query)


@pytest.mark.parametrize("cursor", ["x", "cD14", "cD0lMDA=", "cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5"])
def test_a_cursor_that_is_none_of_ours_is_not_found(researcher_client: Client, cursor: str) -> None:
    response = researcher_client.get("/api/v1/candidates/", {"cursor": cursor})
    assert response.status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    ("noun", "query", "num"),
    [
        ("candidates", {"study": "digits-twin"}, 3),
        ("candidates", {"study": "nowhere"}, 0),
        ("candidates", {"target_class": "0", "origin": "pool"}, 2),
        ("candidates", {"target_class": "1"}, 0),
        ("frequencies", {"study": "digits-twin", "origin": "original"}, 1),
        ("frequencies", {"target_class": "1"}, 0),
        ("test-sets", {"is_frozen": "true"}, 2),
        ("test-sets", {"is_frozen": "false", "name": "easier"}, 1),
        ("runs", {"state": "finished", "study": "digits-twin"}, 2),
        ("runs", {"classifier": "999999999"}, 0),
    ],
)
def test_filters_narrow_a_list(
    researcher_client: Client, whole: WholeStudy, noun: str, query: dict[str, str], num: int
) -> None:
    assert len(results(researcher_client, noun, **query)) == num
