import pytest
from django.template.loader import render_to_string
from django.test import Client


def test_an_unknown_address_gets_a_page_that_says_what_to_do(db: None) -> None:
    page = Client().get("/no/such/place/")
    assert page.status_code == 404
    assert "There is nothing here" in page.text
    assert "Content-Security-Policy" in page.headers


def test_a_form_without_its_token_is_refused_with_a_page_that_says_what_to_do(db: None) -> None:
    page = Client(enforce_csrf_checks=True).post("/login/", {"username": "rosa", "password": "guess"})
    assert page.status_code == 403
    assert "nothing was changed" in page.text


def test_the_page_of_a_server_error_needs_neither_request_nor_database() -> None:
    assert "Something broke on our side" in render_to_string("500.html")


@pytest.mark.parametrize("template", ["400.html", "403.html"])
def test_the_other_error_pages_say_what_to_do(template: str) -> None:
    assert "Go to the start" in render_to_string(template)


def test_too_large_a_form_is_refused_with_a_page(db: None) -> None:
    page = Client().post("/login/", {f"field{number}": "" for number in range(2001)})
    assert page.status_code == 400
    assert "nothing was changed" in page.text
