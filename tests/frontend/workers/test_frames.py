"""Workers' pages may stand in a frame of another site; nothing else may."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation import workers
from annotation.models import Batch, Enrolment
from annotation.platforms import local
from tests import cast, pictures

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch() -> Batch:
    return pictures.launched(num_images=6, num_grids=2)


def ancestors(response: HttpResponse) -> str:
    policy = dict(part.strip().split(" ", 1) for part in response.headers["Content-Security-Policy"].split(";"))
    return policy["frame-ancestors"]


def can_be_framed(response: HttpResponse) -> bool:
    return ancestors(response) == "*" and "X-Frame-Options" not in response.headers


def test_every_page_of_a_worker_can_be_framed(batch: Batch) -> None:
    client = Client()
    pages = [client.get(cast.join(batch)), client.post(cast.join(batch))]
    grid = pages[-1].headers["Location"]
    pages += [client.get(grid), client.post(grid), client.post(grid, {"selected": 1})]
    pages += [
        client.get(pages[-1].headers["Location"]),
        client.get(f"/me/{local.enrolment_token(Enrolment.objects.get())}/"),
    ]
    assert [page.status_code for page in pages] == [200, 303, 200, 400, 303, 200, 200]
    assert all(can_be_framed(page) for page in pages)


def test_refusals_can_be_framed_too(batch: Batch) -> None:
    invitation = workers.invite(study=batch.study, name="Students", now=timezone.now())
    workers.withdraw(invitation=invitation, now=timezone.now())
    gone = Client().get(f"/join/{local.invitation_token(invitation)}/")
    forged, not_offered = Client().get("/work/forged/"), Client().get("/work/forged/draft/")
    assert [page.status_code for page in (gone, forged, not_offered)] == [410, 404, 405]
    assert all(can_be_framed(page) for page in (gone, forged, not_offered))


def test_the_rest_of_a_worker_s_policy_stays(batch: Batch) -> None:
    policy = Client().get(cast.join(batch)).headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "form-action 'self'" in policy


@pytest.mark.parametrize("name", ["study-list", "study-create"])
def test_no_page_of_a_researcher_can_be_framed(researcher_client: Client, name: str) -> None:
    page = researcher_client.get(reverse(f"frontend:{name}"))
    assert (ancestors(page), page.headers["X-Frame-Options"]) == ("'none'", "DENY")


@pytest.mark.parametrize("address", ["/login/", "/no/such/place/", "/admin/login/"])
def test_no_page_for_everybody_can_be_framed(db: None, address: str) -> None:
    page = Client().get(address)
    assert (ancestors(page), page.headers["X-Frame-Options"]) == ("'none'", "DENY")


def test_the_sites_that_may_frame_are_a_setting(batch: Batch, settings: Any) -> None:
    settings.WORKER_FRAME_ANCESTORS = ["https://panel.example", "https://course.example"]
    page = Client().get(cast.join(batch))
    assert ancestors(page) == "https://panel.example https://course.example"


def test_a_frame_of_another_site_is_given_no_cookie(batch: Batch) -> None:
    client = Client()
    client.post(cast.join(batch))
    assert {cookie["samesite"] for cookie in client.cookies.values()} == {"Lax"}
