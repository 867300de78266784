"""Every refusal is a problem: one shape, one media type."""

import json
from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.throttling import SimpleRateThrottle

from annotation.api import problems
from annotation.api.throttling import UserThrottle
from annotation.errors import CannotBuild, MissingContent
from evaluation.errors import CannotRequest

STUDIES = "/api/v1/studies/"


def problem(response: Any, status: HTTPStatus) -> dict[str, Any]:
    """The body, once it is sure that it is a problem of this status."""
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = json.loads(response.content)
    assert body["status"] == status
    assert body["title"] == status.phrase
    assert body["detail"]
    return body


def test_who_is_not_signed_in_is_asked_to(client: Client, db: None) -> None:
    response = client.get(STUDIES)
    problem(response, HTTPStatus.UNAUTHORIZED)
    assert response["WWW-Authenticate"] == "Token"


def test_a_session_without_its_form_token_is_refused(researcher: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(researcher)
    body = problem(client.post(STUDIES, {}, "application/json"), HTTPStatus.FORBIDDEN)
    assert "CSRF" in body["detail"]


def test_an_unknown_row_is_not_found(researcher_client: Client) -> None:
    problem(researcher_client.get("/api/v1/batches/12345678901234567890/"), HTTPStatus.NOT_FOUND)


@pytest.mark.parametrize("path", ["", "v1/", "v1/nothing/", "v1/studies", "v2/studies/"])
def test_an_unknown_address_is_not_found(researcher_client: Client, path: str) -> None:
    problem(researcher_client.post(f"/api/{path}"), HTTPStatus.NOT_FOUND)


def test_an_unknown_address_tells_strangers_nothing(client: Client, db: None) -> None:
    problem(client.get("/api/v1/nothing/"), HTTPStatus.UNAUTHORIZED)


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_a_method_that_is_not_offered_is_refused(researcher_client: Client, method: str) -> None:
    response = getattr(researcher_client, method)("/api/v1/batches/")
    problem(response, HTTPStatus.METHOD_NOT_ALLOWED)
    assert "GET" in response["Allow"]


def test_a_format_that_is_not_offered_is_refused(researcher_client: Client) -> None:
    problem(researcher_client.get(STUDIES, headers={"Accept": "text/csv"}), HTTPStatus.NOT_ACCEPTABLE)


def test_a_body_of_another_type_is_refused(researcher_client: Client) -> None:
    problem(researcher_client.post(STUDIES, "slug=x", "text/plain"), HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000, b'{"seed": NaN}'])
def test_json_that_is_none_is_refused(researcher_client: Client, body: bytes) -> None:
    told = problem(researcher_client.post(STUDIES, body, "application/json"), HTTPStatus.BAD_REQUEST)
    assert told["detail"].startswith("JSON parse error")


@pytest.mark.parametrize("body", ["[]", "null", '"text"', "1e999"])
def test_json_that_is_no_object_is_refused(researcher_client: Client, body: str) -> None:
    told = problem(researcher_client.post(STUDIES, body, "application/json"), HTTPStatus.BAD_REQUEST)
    assert told["errors"]


def test_a_body_that_is_too_large_is_not_read(researcher_client: Client, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    body = json.dumps({"slug": "x" * 100})
    problem(researcher_client.post(STUDIES, body, "application/json"), HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def test_invalid_values_are_told_by_field(researcher_client: Client) -> None:
    response = researcher_client.post(STUDIES, {"slug": "not a slug"}, "application/json")
    assert set(problem(response, HTTPStatus.BAD_REQUEST)["errors"]) == {"slug", "name"}


def test_who_asks_too_often_is_told_when_to_come_back(
    researcher_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", {UserThrottle.scope: "2/day"})
    monkeypatch.setattr(SimpleRateThrottle, "timer", lambda self: 1_000_010.0)  # no day ends meanwhile
    assert [researcher_client.get(STUDIES).status_code for _ in range(2)] == [200, 200]
    response = researcher_client.get(STUDIES)
    problem(response, HTTPStatus.TOO_MANY_REQUESTS)
    assert 0 < int(response["Retry-After"]) <= 86400


def test_without_the_cache_requests_go_uncounted(researcher_client: Client, settings: Any) -> None:
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1"}}
    assert researcher_client.get(STUDIES).status_code == HTTPStatus.OK


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [
        (CannotBuild("Too few images."), HTTPStatus.CONFLICT, "cannot-build"),
        (CannotRequest("Not frozen."), HTTPStatus.CONFLICT, "cannot-request"),
        (MissingContent("Gone."), HTTPStatus.NOT_FOUND, "missing-content"),
    ],
)
def test_a_broken_rule_is_named(error: Exception, status: HTTPStatus, name: str) -> None:
    body = problem(problems.exception_handler(error, {}), status)
    assert body["detail"] == str(error)
    assert body["type"] == f"urn:twinset:{name}"


def test_other_errors_stay_errors() -> None:
    assert problems.exception_handler(RuntimeError("a bug"), {}) is None


def test_a_failure_of_ours_is_a_problem_for_programs_and_a_page_for_people(rf: Any) -> None:
    body = problem(problems.server_error(rf.get(STUDIES)), HTTPStatus.INTERNAL_SERVER_ERROR)
    assert "logged" in body["detail"]
    assert problems.server_error(rf.get("/"))["Content-Type"].startswith("text/html")
