"""Invitations as a researcher makes, sends, prints and withdraws them, and who has joined by each."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation import workers
from annotation.models import Batch, Enrolment, Invitation, Study, Worker
from annotation.platforms import local
from tests import cast, pictures

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(researcher: User) -> Batch:
    row = pictures.launched(num_images=4, num_grids=2)
    row.study.researchers.add(researcher)
    return row


@pytest.fixture
def study(batch: Batch) -> Study:
    return batch.study


def address(study: Study, name: str, *args: Any) -> str:
    return reverse(f"frontend:{name}", args=[study.slug, *args])


def make(client: Client, study: Study, **fields: Any) -> Any:
    return client.post(address(study, "invitation-list"), {"name": "Students"} | fields, follow=True)


def join(invitation: Invitation) -> Enrolment:
    assert Client().post(f"/join/{local.invitation_token(invitation)}/").status_code == 303
    return Enrolment.objects.latest("pk")


# --- making one ---


def test_an_invitation_is_made_and_its_link_works(researcher_client: Client, researcher: User, study: Study) -> None:
    page = make(researcher_client, study, max_workers=5).text
    invitation = Invitation.objects.get()
    assert (invitation.name, invitation.max_workers, invitation.invited_by) == ("Students", 5, researcher)
    token = re.search(r'value="http://testserver/join/([^/]+)/"', page)
    assert token is not None
    assert local.read_invitation(token[1]) == invitation.pk
    assert "0 of 5 joined" in page
    assert 'src="data:image/svg+xml' in page


def test_its_end_is_given_in_utc(researcher_client: Client, study: Study) -> None:
    page = make(researcher_client, study, expires_at="2126-12-31T18:30").text
    expires_at = Invitation.objects.get().expires_at
    assert expires_at is not None
    assert expires_at.isoformat() == "2126-12-31T18:30:00+00:00"
    assert "open until 31 December 2126, 18:30 UTC" in page
    assert "Open until (UTC)" in researcher_client.get(address(study, "invitation-list")).text


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 101}, "at most 100 characters"),
        ({"max_workers": "0"}, "greater than or equal to 1"),
        ({"max_workers": "many"}, "Enter a whole number."),
        ({"expires_at": "tomorrow"}, "Enter a valid date/time."),
        ({"expires_at": "2020-01-01T00:00"}, "over before it begins"),
    ],
)
def test_an_invitation_that_makes_no_sense_is_explained_on_its_form(
    researcher_client: Client, study: Study, fields: dict[str, str], why: str
) -> None:
    page = make(researcher_client, study, **fields)
    assert page.status_code == 400
    assert why in page.text
    assert not Invitation.objects.exists()


def test_a_name_is_shown_as_text(researcher_client: Client, study: Study) -> None:
    assert "<script>alert" not in make(researcher_client, study, name="<script>alert(1)</script>").text


# --- the list ---


def test_the_list_says_the_state_of_each(researcher_client: Client, study: Study) -> None:
    now = timezone.now()
    full = workers.invite(study=study, name="Full", now=now, max_workers=1)
    join(full)
    workers.withdraw(invitation=workers.invite(study=study, name="Withdrawn", now=now), now=now)
    workers.invite(study=study, name="Over", now=now, expires_at=now + timedelta(seconds=1))
    Invitation.objects.filter(name="Over").update(expires_at=now)
    workers.invite(study=study, name="Open", now=now)
    workers.invite_everyone(study=study, now=now, is_simulated=True)
    page = researcher_client.get(address(study, "invitation-list"))
    found = {each["invitation"].name: each["state"] for each in page.context["invitations"]}
    states = {"Full": "full", "Withdrawn": "withdrawn", "Over": "over", "Open": "open"}
    assert found == states | {workers.STANDING: "open"}
    assert "1 of 1 joined" in page.text
    assert page.text.count('<span class="badge badge--warn">simulated</span>') == 1
    assert page.text.count("/join/") == 2, "closed ones offer no link"


def test_an_empty_list_says_what_to_do(researcher_client: Client, study: Study) -> None:
    page = researcher_client.get(address(study, "invitation-list")).text
    assert "No invitation yet" in page
    assert "No batch takes workers" not in page
    Batch.objects.update(expired_at=timezone.now())
    assert "No batch takes workers" in researcher_client.get(address(study, "invitation-list")).text


def test_a_longer_list_takes_no_more_queries(
    researcher_client: Client, study: Study, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        join(workers.invite(study=study, name=str(number), now=timezone.now()))
    with django_assert_max_num_queries(10):
        researcher_client.get(address(study, "invitation-list"))


# --- one of them ---


def test_the_page_of_one_says_who_has_joined_and_what_they_did(
    researcher_client: Client, batch: Batch, study: Study
) -> None:
    invitation = workers.invite(study=study, name="Students", now=timezone.now())
    enrolled, other = join(invitation), join(workers.invite(study=study, name="Others", now=timezone.now()))
    cast.handed_in(batch, enrolled.worker, timezone.now())
    workers.finish_practice(enrolment=enrolled, now=timezone.now())
    page = researcher_client.get(address(study, "invitation-detail", invitation.pk))
    (row,) = page.context["page"]
    assert (row.worker, row.num_done, row.last_seen_at > row.consented_at) == (enrolled.worker, 1, True)
    assert f">{enrolled.pseudonym}</a></th>" in page.text
    assert other.pseudonym not in page.text
    assert "<td>yes</td>" in page.text


def test_withdrawing_keeps_who_has_joined(researcher_client: Client, study: Study) -> None:
    invitation = workers.invite(study=study, name="Students", now=timezone.now())
    enrolled = join(invitation)
    page = researcher_client.post(address(study, "invitation-withdraw", invitation.pk), follow=True).text
    assert "nobody can join by it; who has joined goes on" in page
    assert "Withdraw for good" not in page
    assert "/join/" not in page
    assert Client().get(f"/join/{local.invitation_token(invitation)}/").status_code == 410
    assert Client().post(f"/me/{local.enrolment_token(enrolled)}/").headers["Location"].startswith("/work/")


def test_revoking_makes_the_links_of_one_worker_dead_at_once(researcher_client: Client, study: Study) -> None:
    invitation = workers.invite(study=study, name="Students", now=timezone.now())
    enrolled, other = join(invitation), join(invitation)
    links = {each: f"/me/{local.enrolment_token(each)}/" for each in (enrolled, other)}
    page = researcher_client.post(address(study, "enrolment-revoke", enrolled.pk), follow=True).text
    assert f"The links of worker {enrolled.pseudonym} are dead" in page
    assert "revoked 1 time" in page
    assert (Client().get(links[enrolled]).status_code, Client().get(links[other]).status_code) == (404, 200)


# --- whose they are ---


def test_nothing_of_another_study_is_reached_through_one_s_own(
    researcher_client: Client, researcher: User, study: Study
) -> None:
    enrolled = join(workers.invite(study=study, name="Students", now=timezone.now()))
    mine = cast.study("mine", [researcher])
    study.researchers.clear()
    assert researcher_client.get(address(study, "invitation-list")).status_code == 404
    assert researcher_client.get(address(mine, "invitation-detail", enrolled.invitation_id)).status_code == 404
    for name, pk in (("invitation-withdraw", enrolled.invitation_id), ("enrolment-revoke", enrolled.pk)):
        assert researcher_client.post(address(mine, name, pk)).status_code == 404
        assert researcher_client.post(address(study, name, pk)).status_code == 404
    assert Invitation.objects.get().withdrawn_at is None
    assert Worker.objects.get().link_number == 0


# --- where batches are ---


def test_the_grids_show_the_standing_link_once_however_many_batches(
    researcher_client: Client, batch: Batch, study: Study
) -> None:
    cast.batch(study, [hit.grid for hit in batch.hits.all()])
    cast.join(batch)
    page = researcher_client.get(address(study, "grid-list")).text
    assert page.count("/join/") == 1
    assert address(study, "invitation-list") in page


def test_simulated_batches_have_their_own_link(researcher_client: Client, batch: Batch, study: Study) -> None:
    simulated = cast.batch(study, [hit.grid for hit in batch.hits.all()], is_simulated=True)
    cast.join(batch)
    cast.join(simulated)
    page = researcher_client.get(address(study, "grid-list")).text
    assert page.count("/join/") == 2
    assert "Invitation link for simulated workers" in page


def test_a_withdrawn_standing_link_is_said_where_batches_are(
    researcher_client: Client, batch: Batch, study: Study
) -> None:
    workers.withdraw(invitation=workers.invite_everyone(study=study, now=timezone.now()), now=timezone.now())
    for page in (address(study, "grid-list"), address(study, "batch-detail", batch.pk)):
        assert "The link for everyone was withdrawn" in researcher_client.get(page).text
