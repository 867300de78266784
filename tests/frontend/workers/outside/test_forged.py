"""Somebody who knows another worker's id, and writes their address by hand."""

import re

import pytest
from django.conf import settings as configured
from django.test import Client

from annotation import postings, workers
from annotation.models import Arrival, Assignment, Enrolment, Posting, Worker
from annotation.platforms import local
from annotation.platforms.mturk import Access, MTurkPlatform
from frontend import limits
from tests import cast, pictures
from tests.frontend.workers.outside.conftest import Person, launched

pytestmark = pytest.mark.django_db


def content() -> list[tuple[object, ...]]:
    """All that was handed in."""
    rows = Assignment.objects.filter(submitted_at__isnull=False).order_by("pk")
    return [(row.pk, row.worker_id, bytes(row.selected or b""), row.submitted_at) for row in rows]


def test_what_was_handed_in_is_neither_shown_nor_changed(hit: Posting) -> None:
    honest = Person(hit)
    grid = honest.begins()
    honest.hands_in(grid, [1, 3])
    before = content()
    forger = Person(hit, submission=66)
    page = forger.comes()
    assert "data-hand-over" in page.text
    assert forger.query["assignmentId"] in page.text
    assert honest.query["assignmentId"] not in page.text
    assert "/work/" not in page.text
    assert forger.agrees().status_code == 200
    assert content() == before


def test_a_forged_submission_does_not_take_the_place_of_the_true_one(hit: Posting) -> None:
    """Each link says by which submission it was come by; the worker hands over their own."""
    honest, forger = Person(hit), Person(hit, submission=66)
    grid = honest.begins()
    assert forger.comes().headers["Location"].startswith("/work/")
    page = Client().get(honest.hands_in(grid).headers["Location"]).text
    assert f'value="{honest.query["assignmentId"]}"' in page
    assert forger.query["assignmentId"] not in page


def test_the_link_of_practice_opens_no_page_of_the_worker_s_own(hit: Posting) -> None:
    pictures.taught(hit.batch.study.target_classes.get())
    token = Person(hit).agrees().headers["Location"].split("/")[2]
    assert Client().get(f"/me/{token}/").status_code == 404
    assert Client().post(f"/me/{token}/revocation/").status_code == 404
    assert Client().get(f"/practice/{token}/").status_code == 200
    workers.revoke_links(worker=Worker.objects.get())
    assert Client().get(f"/practice/{token}/").status_code == 404


def test_an_arrival_of_somebody_else_is_in_nobody_s_link(hit: Posting) -> None:
    Person(hit).begins()
    Person(hit, 1, 1).begins()
    held, other = Assignment.objects.exclude(worker=None).order_by("pk")
    theirs = Arrival.objects.get(worker=other.worker_id)
    token = local.assignment_token(held, arrival_id=theirs.pk)
    assert Client().get(f"/done/{token}/").status_code == 404


def test_nobody_joins_by_an_invitation_for_a_platform_s_workers(hit: Posting) -> None:
    Person(hit).begins()
    token = local.invitation_token(Enrolment.objects.get().invitation)
    assert Client().post(f"/join/{token}/").status_code == 404
    assert Worker.objects.count() == 1


def test_such_an_invitation_is_on_no_page(hit: Posting, researcher_client: Client) -> None:
    study = hit.batch.study
    study.researchers.add(int(researcher_client.session["_auth_user_id"]))
    Person(hit).begins()
    page = researcher_client.get(f"/studies/{study.slug}/invitations/")
    assert page.status_code == 200
    assert "Everyone with the link" not in page.text
    pk = Enrolment.objects.get().invitation_id
    assert researcher_client.get(f"/studies/{study.slug}/invitations/{pk}/").status_code == 404
    assert researcher_client.get(f"/api/v1/invitations/?study={study.slug}").json()["results"] == []


def test_texts_of_an_address_are_never_markup(hit: Posting) -> None:
    page = Person(hit, workerId='A1"><script>alert(1)</script>').comes().text
    assert "<script>alert" not in page


def test_tokens_follow_from_the_secret_key_and_can_t_be_guessed(db: None, settings: object) -> None:
    batch = launched("mturk", num_grids=3)
    access = Access(endpoint="http://127.0.0.1:1", region="us-east-1", access_key="a", secret_key="b")
    postings.prepare(batch=batch, platform=MTurkPlatform(access), now=cast.NOW)
    tokens = list(Posting.objects.values_list("token", flat=True))
    assert len(set(tokens)) == 3
    assert all(re.fullmatch("[0-9a-f]{40}", each) for each in tokens)
    Posting.objects.all().delete()
    settings.SECRET_KEY = "another" * 10  # type: ignore[attr-defined]
    assert configured.SECRET_KEY == "another" * 10
    postings.prepare(batch=batch, platform=MTurkPlatform(access), now=cast.NOW)
    assert not set(tokens) & set(Posting.objects.values_list("token", flat=True))


def test_who_comes_too_often_is_told_so(hit: Posting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits.time, "time", lambda: 1_000_010.0)  # no minute ends meanwhile
    pages = [Client().post(f"/start/{hit.token}/").status_code for _ in range(245)]
    assert set(pages[:60]) == {200}
    assert pages[-1] == 429
