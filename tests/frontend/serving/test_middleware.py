"""Workers' pages pass less than others on their way, and nothing is open by that."""

import pytest
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path

from frontend.middleware import LoginRequired
from tests import pictures

pytestmark = pytest.mark.django_db


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open")


urlpatterns = [path("work/forgotten/", view), path("login/", view, name="login")]


def test_a_view_for_workers_that_forgets_to_say_so_is_closed_even_to_the_signed_in(
    researcher_client: Client, settings: pytest.FixtureRequest
) -> None:
    settings.ROOT_URLCONF = __name__
    settings.LOGIN_URL = "login"
    assert researcher_client.get("/work/forgotten/").headers["Location"] == "/login/?next=/work/forgotten/"


def test_a_view_that_says_it_is_open_needs_no_user() -> None:
    request = RequestFactory().get("/work/x/")
    assert LoginRequired(view).process_view(request, login_not_required(view), (), {}) is None


def test_a_worker_s_page_neither_reads_nor_sets_a_session(researcher_client: Client) -> None:
    pictures.launched()
    answer = researcher_client.get("/work/forged/")
    assert answer.status_code == 404
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert not hasattr(answer.wsgi_request, "session")


def test_every_page_has_the_policy_of_the_settings_and_only_workers_may_be_framed() -> None:
    answers = {address: Client().get(address).headers for address in ("/work/x/", "/login/", "/x/", "/me/x/")}
    policies = {address: set(headers["Content-Security-Policy"].split("; ")) for address, headers in answers.items()}
    assert policies["/login/"] == policies["/x/"] >= {"default-src 'self'", "frame-ancestors 'none'"}
    assert policies["/work/x/"] == policies["/me/x/"]
    assert policies["/work/x/"] ^ policies["/x/"] == {"frame-ancestors *", "frame-ancestors 'none'"}
