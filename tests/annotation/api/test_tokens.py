"""Tokens: asked for with a password, counted, expiring, revocable."""

import base64
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.throttling import SimpleRateThrottle

TOKENS = "/api/v1/tokens/"
PASSWORD = "correct horse battery"


def basic(username: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()}


def ask(client: Client, username: str, password: str = PASSWORD) -> Any:
    return client.post(TOKENS, {"username": username, "password": password}, "application/json")


def studies_with(client: Client, token: str) -> int:
    return client.get("/api/v1/studies/", headers={"Authorization": f"Token {token}"}).status_code


def test_a_password_in_the_body_gets_a_token_that_works(client: Client, researcher: User) -> None:
    response = ask(client, researcher.username)
    assert response.status_code == HTTPStatus.CREATED
    assert studies_with(client, response.json()["token"]) == HTTPStatus.OK


def test_a_password_in_the_header_gets_a_token(client: Client, researcher: User) -> None:
    response = client.post(TOKENS, headers=basic(researcher.username, PASSWORD))
    assert studies_with(client, response.json()["token"]) == HTTPStatus.OK


@pytest.mark.parametrize(("username", "password"), [("rosa", "wrong"), ("nobody", PASSWORD), ("ro\0sa", "x"), ("", "")])
def test_a_wrong_password_gets_none(client: Client, researcher: User, username: str, password: str) -> None:
    response = client.post(TOKENS, headers=basic(username, password))
    assert response.status_code == HTTPStatus.UNAUTHORIZED
    assert response["WWW-Authenticate"].startswith("Basic")
    assert not AuthToken.objects.exists()


def test_a_closed_account_gets_none(client: Client, researcher: User) -> None:
    User.objects.update(is_active=False)
    assert ask(client, researcher.username).status_code == HTTPStatus.UNAUTHORIZED


def test_a_token_ends_with_its_account(client: Client, researcher: User) -> None:
    token = ask(client, researcher.username).json()["token"]
    User.objects.update(is_active=False)
    assert studies_with(client, token) == HTTPStatus.UNAUTHORIZED


def test_a_token_expires(client: Client, researcher: User) -> None:
    response = ask(client, researcher.username).json()
    assert response["expires_at"] > timezone.now().isoformat()
    AuthToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert studies_with(client, response["token"]) == HTTPStatus.UNAUTHORIZED


def test_a_revoked_token_is_worth_nothing_and_others_stay(client: Client, researcher: User) -> None:
    first, second = (ask(client, researcher.username).json()["token"] for _ in range(2))
    response = client.delete(f"{TOKENS}current/", headers={"Authorization": f"Token {first}"})
    assert response.status_code == HTTPStatus.NO_CONTENT
    assert studies_with(client, first) == HTTPStatus.UNAUTHORIZED
    assert studies_with(client, second) == HTTPStatus.OK


def test_a_session_has_no_token_to_revoke(researcher_client: Client) -> None:
    assert researcher_client.delete(f"{TOKENS}current/").status_code == HTTPStatus.NOT_FOUND


def test_only_a_hash_of_the_token_is_kept(client: Client, researcher: User) -> None:
    token = ask(client, researcher.username).json()["token"]
    row = AuthToken.objects.get()
    assert token not in (row.digest, row.token_key)


def test_a_person_holds_a_limited_number(client: Client, researcher: User) -> None:
    for _ in range(20):
        AuthToken.objects.create(user=researcher)
    assert ask(client, researcher.username).status_code == HTTPStatus.CONFLICT
    AuthToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert ask(client, researcher.username).status_code == HTTPStatus.CREATED


@pytest.mark.parametrize("header", ["Token", "Token a b", "Token \xff\xfe", "Token " + "0" * 5000, "Bearer x"])
def test_a_token_that_is_none_is_refused(client: Client, db: None, header: str) -> None:
    response = client.get("/api/v1/studies/", headers={"Authorization": header})
    assert response.status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("scope", ["tokens_per_address", "tokens_per_username"])
def test_guessing_is_slowed_down(client: Client, researcher: User, scope: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rates = {"tokens_per_address": "1000/day", "tokens_per_username": "1000/day", scope: "3/day"}
    monkeypatch.setattr(SimpleRateThrottle, "timer", lambda self: 1_000_010.0)  # no day ends meanwhile
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", rates)
    tried = [ask(client, researcher.username, "wrong").status_code for _ in range(3)]
    assert tried == [HTTPStatus.UNAUTHORIZED] * 3
    assert ask(client, researcher.username).status_code == HTTPStatus.TOO_MANY_REQUESTS


def test_an_address_in_a_header_does_not_help_a_guesser(
    client: Client, researcher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = {"tokens_per_address": "1/day", "tokens_per_username": "1000/day"}
    monkeypatch.setattr(SimpleRateThrottle, "timer", lambda self: 1_000_010.0)  # no day ends meanwhile
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", rates)
    tried = [
        client.post(TOKENS, headers=basic("rosa", "wrong") | {"X-Forwarded-For": f"10.0.0.{number}"}).status_code
        for number in range(2)
    ]
    assert tried == [HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS]
