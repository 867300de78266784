from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.test import Client

from annotation.api import parsers


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


def large_file(settings: Any) -> SimpleUploadedFile:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 5000
    return SimpleUploadedFile("large.bin", b"0" * 5001)


@pytest.mark.parametrize("address", ["/login/", "/admin/login/", "/join/"])
def test_who_is_nobody_here_uploads_nothing_large(address: str, settings: Any, db: None) -> None:
    page = Client().post(address, {"code": "x", "file": large_file(settings)})
    assert page.status_code == 400
    assert "nothing was changed" in page.text


def test_who_signed_in_uploads_no_more_than_is_taken(
    researcher_client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "nothing was changed" not in researcher_client.post("/studies/new/", {"file": large_file(settings)}).text
    monkeypatch.setattr(parsers, "MAX_UPLOAD_BYTES", 5000)
    assert "nothing was changed" in researcher_client.post("/studies/new/", {"file": large_file(settings)}).text
