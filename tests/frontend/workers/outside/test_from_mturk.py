"""A worker's way through a HIT: preview, consent, grid, hand-over; and every page on which it ends early."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from annotation import hits
from annotation.models import Arrival, Assignment, Enrolment, Place, Posting, Worker
from tests import outside, pictures
from tests.frontend.workers.outside.conftest import Person, done_by

pytestmark = pytest.mark.django_db


def policy(page: Any) -> dict[str, str]:
    parts = page.headers["Content-Security-Policy"].split(";")
    return dict(part.strip().split(" ", 1) for part in parts)


# --- looking ---


@pytest.mark.parametrize("query", [{}, {"assignmentId": "ASSIGNMENT_ID_NOT_AVAILABLE", "hitId": "X"}])
def test_a_preview_shows_what_is_asked_and_makes_nobody(hit: Posting, query: dict[str, str]) -> None:
    page = Client().get(f"/start/{hit.token}/", query)
    assert page.status_code == 200
    for said in ("Accept the HIT to begin.", "longbow", "0.40\N{NO-BREAK SPACE}USD for all of it", "grid of 6 images"):
        assert said in page.text
    assert "<form" not in page.text
    assert (Worker.objects.count(), Assignment.objects.exclude(worker=None).count()) == (0, 0)
    assert policy(page)["frame-ancestors"] == "*"


@pytest.mark.parametrize(
    "changed",
    [
        {"workerId": ""},
        {"workerId": "a1"},
        {"workerId": "<script>"},
        {"hitId": "3OTHER0000000000000000000000"},
        {"hitId": "no"},
        {"assignmentId": "x/../y"},
        {"turkSubmitTo": ""},
        {"turkSubmitTo": "https://evil.example"},
        {"turkSubmitTo": "https://www.mturk.com.evil.example"},
        {"turkSubmitTo": "https://www.mturk.com@evil.example"},
        {"turkSubmitTo": "http://www.mturk.com"},
        {"turkSubmitTo": "javascript:alert(1)"},
        {"turkSubmitTo": "http://127.0.0.1:8000"},
    ],
)
@pytest.mark.parametrize("method", ["comes", "agrees"])
def test_an_address_that_is_not_the_platform_s_opens_nothing(
    hit: Posting, changed: dict[str, str], method: str
) -> None:
    page = getattr(Person(hit, **changed), method)()
    assert page.status_code == 404
    assert "Open it once more on MTurk" in page.text
    assert Worker.objects.count() == 0


def test_the_endpoint_s_own_site_takes_hits_where_it_is_on_this_machine(hit: Posting, settings: Any) -> None:
    settings.MTURK_ENDPOINT_URL = "http://127.0.0.1:4000"
    assert Person(hit, turkSubmitTo="http://127.0.0.1:4000/").comes().status_code == 200
    settings.MTURK_ENDPOINT_URL = "https://elsewhere.example"
    assert Person(hit, turkSubmitTo="https://elsewhere.example").comes().status_code == 404
    settings.MTURK_WORKER_SITES = ["https://elsewhere.example"]
    assert Person(hit, turkSubmitTo="https://elsewhere.example").comes().status_code == 200


def test_batches_of_one_s_own_people_have_no_such_address(hit: Posting) -> None:
    type(hit.batch).objects.update(platform="local")
    assert Client().get(f"/start/{hit.token}/").status_code == 404
    assert Client().get("/start/no-such-token/").status_code == 404


# --- agreeing and working ---


def test_consent_comes_before_everything_and_once(hit: Posting) -> None:
    page = Person(hit).comes()
    assert page.status_code == 200
    assert "By starting you agree" in page.text
    assert "and no cookie" in page.text
    assert Worker.objects.count() == 0
    first = Person(hit).begins()
    enrolled = Enrolment.objects.get()
    assert (enrolled.worker.platform, enrolled.worker.external_id) == ("mturk", outside.worker_id("mturk"))
    assert Person(hit).comes().headers["Location"] == first
    other = outside.posting(hit.batch, hit=hit.batch.hits.last())
    assert Person(other, submission=1).comes().headers["Location"].startswith("/work/")
    assert Enrolment.objects.count() == 1


def test_they_get_the_grid_of_their_hit_and_the_hand_over_after_it(hit: Posting) -> None:
    person = Person(hit)
    address = person.begins()
    grid = Client().get(address)
    assert "Return this grid" in grid.text
    assert "I am done for today" not in grid.text
    after = person.hands_in(address)
    assert after.headers["Location"].startswith("/done/")
    page = Client().get(after.headers["Location"])
    assert "Saved, receipt" in page.text
    assert re.search(r'action="https://www\.mturk\.com/mturk/externalSubmit" data-hand-over', page.text)
    assert f'name="assignmentId" value="{person.query["assignmentId"]}"' in page.text
    assert 'name="completion_code" value="' in page.text
    assert Assignment.objects.get(worker__isnull=False).hit == hit.hit
    assert not page.cookies


def test_only_the_hand_over_may_post_to_the_platform(hit: Posting) -> None:
    person = Person(hit)
    consent, address = person.comes(), person.begins()
    assert policy(consent)["form-action"] == policy(Client().get(address))["form-action"] == "'self'"
    page = Client().get(person.hands_in(address).headers["Location"])
    assert policy(page)["form-action"] == f"'self' {outside.SITE}"
    assert policy(page)["frame-ancestors"] == "*"


def test_the_completion_code_of_the_launch_goes_along(hit: Posting, rita: Any) -> None:
    outside.launch(hit.batch, rita)
    person = Person(hit)
    person.begins()
    assert f'name="completion_code" value="{outside.CODE}"' in person.works().text


def test_reloading_after_handing_in_is_the_hand_over_again(hit: Posting) -> None:
    person = Person(hit)
    person.begins()
    assert "data-hand-over" in person.works().text
    for _ in range(2):
        assert "data-hand-over" in person.comes().text
    assert done_by(hit) == 1


def test_what_the_platform_has_is_not_handed_over_again(hit: Posting) -> None:
    person = Person(hit)
    person.begins()
    person.works()
    now = timezone.now()
    Place.objects.create(
        posting=hit, external_id=person.query["assignmentId"], worker_external_id="x", state="submitted",
        submitted_at=now, seen_at=now,
    )  # fmt: skip
    page = person.comes().text
    assert "MTurk has your work" in page
    assert "data-hand-over" not in page


def test_practice_comes_before_the_first_grid_and_leads_to_the_hit(hit: Posting) -> None:
    pictures.taught(hit.batch.study.target_classes.get())
    person = Person(hit)
    practice = person.agrees().headers["Location"]
    assert practice.startswith("/practice/")
    assert "This is practice." in Client().get(practice).text
    picture = re.search(r'src="(/practice/[^"]+)"', Client().get(practice).text)
    assert picture is not None
    assert Client().get(picture[1]).headers["Content-Type"] == "image/jpeg"
    grid = Client().post(practice, {"go": "1"}).headers["Location"]
    assert grid.startswith("/work/")
    assert person.comes().headers["Location"] == grid


# --- ending early ---


def test_who_returns_the_grid_is_asked_to_return_the_hit_and_may_go_on(hit: Posting) -> None:
    address = Person(hit).begins()
    page = Client().get(Client().post(f"{address}release/").headers["Location"])
    assert "return it on MTurk too" in page.text
    again = re.search(r'action="(/done/[^"]+)"', page.text)
    assert again is not None
    assert Client().post(again[1]).headers["Location"].startswith("/work/")


def test_a_full_hit_says_so_and_what_to_do(hit: Posting) -> None:
    for number in range(2):
        Person(hit, number, number).begins()
    page = Person(hit, 2, 2).agrees()
    assert page.status_code == 200
    assert "Every grid is with somebody at the moment." in page.text
    assert "return it on MTurk" in page.text


def test_a_closed_batch_says_so_to_who_comes_now(hit: Posting) -> None:
    known = Person(hit)
    known.begins()
    Assignment.objects.update(worker=None, claimed_at=None, lease_expires_at=None)
    hits.expire(batch=hit.batch, now=timezone.now())
    for page in (known.comes(), Person(hit, 1).comes()):
        assert page.status_code == 410
        assert "This study takes no more answers" in page.text
        assert "return it on MTurk" in page.text


def test_images_met_before_are_a_reason_to_return_the_hit(hit: Posting) -> None:
    person = Person(hit)
    person.begins()
    person.works()
    again = outside.batch(hit.batch.study, [hit.batch.hits.first().grid], platform="mturk")
    page = Person(outside.put_up(again), 0, 9).comes()
    assert page.status_code == 409
    assert "You have met these images before" in page.text


def test_a_third_grid_at_once_is_refused_with_advice(hit: Posting) -> None:
    others = [outside.posting(hit.batch, hit=each) for each in hit.batch.hits.all()[1:3]]
    Person(hit).begins()
    Person(others[0], 0, 1).comes()
    page = Person(others[1], 0, 2).comes()
    assert page.status_code == 409
    assert "You have two grids open already" in page.text


def test_no_link_leads_into_another_batch(hit: Posting) -> None:
    pictures_of_another = [each.grid for each in hit.batch.hits.all()[1:]]
    outside.batch(hit.batch.study, pictures_of_another, platform="mturk")
    person = Person(hit)
    address = person.begins()
    token = address.split("/")[2]
    assert Client().post(f"{address}next/").json()["next"] is None
    person.hands_in(address)
    assert "data-hand-over" in Client().post(f"/done/{token}/").text
    assert Assignment.objects.exclude(worker=None).count() == 1
    assert Arrival.objects.count() == 1
