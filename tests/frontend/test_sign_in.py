import pytest
from django.contrib.auth.models import User
from django.test import Client

pytestmark = pytest.mark.django_db


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
