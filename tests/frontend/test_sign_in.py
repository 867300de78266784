from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from knox.models import AuthToken

pytestmark = pytest.mark.django_db

WRONG = {"username": "rosa", "password": "wrong"}
RIGHT = {"username": "rosa", "password": "correct horse battery"}


def test_the_sign_in_page_is_open_to_everybody() -> None:
    page = Client().get("/login/")
    assert page.status_code == 200
    assert "Sign in" in page.text


def test_a_wrong_password_is_named_and_lets_nobody_in(researcher: User) -> None:
    client = Client()
    page = client.post("/login/", {"username": "rosa", "password": "wrong"})
    assert "correct username and password" in page.text
    assert "_auth_user_id" not in client.session


def test_signing_out_needs_a_post(researcher_client: Client) -> None:
    assert researcher_client.get("/logout/").status_code == 405
    assert researcher_client.post("/logout/").headers["Location"] == "/login/"
    assert "_auth_user_id" not in researcher_client.session


def test_a_page_that_counts_on_by_itself_is_loaded_anew_when_the_session_has_ended() -> None:
    answer = Client().get("/studies/any/runs/", headers={"HX-Request": "true"}, follow=True)
    assert answer.headers["HX-Refresh"] == "true"
    assert answer.content == b""


@pytest.fixture
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No window ends while a test counts."""
    monkeypatch.setattr("frontend.signing_in.time.time", lambda: 1_000_000_000.0)


@pytest.mark.parametrize("address", ["/login/", "/admin/login/"])
@pytest.mark.usefixtures("_still")
def test_who_tries_passwords_one_after_another_is_stopped_and_nobody_elsewhere(admin: User, address: str) -> None:
    wrong, right = ({"username": "ada", "password": password} for password in ("wrong", "correct horse battery"))
    for _ in range(10):
        assert "correct" in Client().post(address, wrong).text
    client = Client()
    refused = client.post(address, right)
    assert "Wait 1 minute, then try again" in refused.text
    assert "_auth_user_id" not in client.session
    elsewhere = Client(REMOTE_ADDR="203.0.113.7")
    elsewhere.post(address, right)
    assert "_auth_user_id" in elsewhere.session


@pytest.mark.usefixtures("_still")
def test_a_name_is_not_tried_from_many_addresses(researcher: User) -> None:
    for number in range(60):
        Client(REMOTE_ADDR=f"203.0.113.{number}").post("/login/", WRONG)
    refused = Client(REMOTE_ADDR="203.0.113.99").post("/login/", RIGHT)
    assert refused.status_code == 429
    assert "That was tried too often" in refused.text


@pytest.mark.usefixtures("_still")
def test_who_is_right_may_sign_in_as_often_as_they_like(researcher: User) -> None:
    for _ in range(12):
        assert Client().post("/login/", RIGHT).status_code == 302


def test_without_redis_people_can_still_sign_in(researcher: User, settings: Any) -> None:
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1"}}
    assert Client().post("/login/", RIGHT).status_code == 302


def changed(client: Client, *, old: str = "correct horse battery", new: str = "quiet otter harbour") -> Any:
    return client.post("/password/", {"old_password": old, "new_password1": new, "new_password2": new}, follow=True)


def test_a_person_changes_their_password_and_is_signed_out_elsewhere(
    researcher_client: Client, researcher: User
) -> None:
    elsewhere = Client()
    elsewhere.force_login(researcher)
    _, token = AuthToken.objects.create(user=researcher)
    page = changed(researcher_client)
    assert "Your password is changed" in page.text
    assert researcher_client.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302
    assert Client().get("/api/v1/studies/", headers={"Authorization": f"Token {token}"}).status_code == 401
    assert Client().post("/login/", RIGHT | {"password": "quiet otter harbour"}).status_code == 302


@pytest.mark.parametrize(
    ("given", "told"),
    [({"old": "wrong"}, "entered incorrectly"), ({"new": "short"}, "too short"), ({"new": "password"}, "too common")],
)
def test_a_password_is_not_changed_without_the_old_one_or_to_a_weak_one(
    researcher_client: Client, researcher: User, given: dict[str, str], told: str
) -> None:
    assert told in changed(researcher_client, **given).text
    assert Client().post("/login/", RIGHT).status_code == 302
