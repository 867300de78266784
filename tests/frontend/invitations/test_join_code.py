"""Codes typed from a sheet of paper, and that an invitation for one person is theirs on every device."""

from typing import Any

import pytest
from django.test import Client

from annotation import workers
from annotation.models import Enrolment, Invitation, Study
from annotation.platforms import codes, local
from frontend import limits
from tests import cast, pictures

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    return pictures.launched(num_images=4, num_grids=2).study


@pytest.fixture
def invited(study: Study) -> Invitation:
    people = [workers.Person(name="Lina", email="lina@example.org")]
    return workers.invite_each(study=study, people=people, now=cast.NOW)[0]


def link(invited: Invitation) -> str:
    return f"/join/{local.invitation_token(invited)}/"


def test_a_code_leads_to_its_invitation(client: Client, invited: Invitation) -> None:
    assert "Enter your code" in client.get("/join/").text
    for typed in (codes.spelled(invited.code or ""), f" {str(invited.code).lower()} "):
        answer = client.post("/join/", {"code": typed})
        assert (answer.status_code, answer.headers["Location"]) == (303, link(invited))


@pytest.mark.parametrize("typed", ["", "BCD-FGH-234", "<b>", "\x00", "x" * 5000])
def test_what_is_no_code_is_said_and_stays_to_be_mended(client: Client, invited: Invitation, typed: str) -> None:
    answer = client.post("/join/", {"code": typed})
    assert answer.status_code == 404
    assert "There is no such code" in answer.text
    assert "<b>" not in answer.text


def test_nobody_tries_many(client: Client, invited: Invitation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits.time, "time", lambda: 1_000_010.0)  # no minute ends meanwhile
    answers = [client.post("/join/", {"code": "BCD-FGH-234"}).status_code for _ in range(31)]
    assert answers == [404] * 30 + [429]


def test_it_is_in_the_language_of_the_browser(client: Client) -> None:
    page = client.get("/join/", headers={"accept-language": "ar"}).text
    assert 'dir="rtl"' in page
    assert "Enter your code" not in page


def test_who_is_invited_alone_goes_on_by_the_same_link_on_another_device(study: Study, invited: Invitation) -> None:
    at_home, at_work = Client(), Client()
    at_home.post(link(invited))
    assert at_work.get(link(invited)).status_code == 200
    assert at_work.post(link(invited)).status_code == 303
    assert Enrolment.objects.count() == 1


def test_after_links_were_revoked_the_invitation_opens_nothing_of_theirs(study: Study, invited: Invitation) -> None:
    Client().post(link(invited))
    workers.revoke_links(worker=Enrolment.objects.get().worker)
    assert Client().post(link(invited)).status_code == 410


def test_a_link_for_many_is_nobody_s(study: Study) -> None:
    shared = workers.invite(study=study, name="Everyone", now=cast.NOW, max_workers=1)
    Client().post(link(shared))
    assert Client().post(link(shared)).status_code == 410


def test_whose_name_is_known_is_told_so(client: Client, study: Study, invited: Invitation) -> None:
    assert "have your name and e-mail address" in client.get(link(invited)).text
    shared = workers.invite(study=study, name="Everyone", now=cast.NOW)
    assert "No name, no e-mail address" in client.get(link(shared)).text


def test_codes_of_two_studies_are_never_the_same(study: Study, invited: Invitation, settings: Any) -> None:
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        Invitation.objects.create(
            study=study, name="x", platform="local", code=invited.code, created_at=cast.NOW, max_workers=1
        )
