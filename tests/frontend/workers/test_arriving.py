"""How a worker comes in, goes on elsewhere, and is kept out: invitations, the browser's memory, the personal link."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from annotation import assignments, hits, workers
from annotation.models import Assignment, Batch, Enrolment, Grid, Invitation, Worker
from annotation.platforms import local
from frontend import limits
from tests import cast, pictures

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch() -> Batch:
    return pictures.launched(num_images=6, num_grids=2, num_assignments=2)


def invited(batch: Batch, **terms: Any) -> Invitation:
    return workers.invite(study=batch.study, name="Students", now=timezone.now(), **terms)


def address(invitation: Invitation) -> str:
    return f"/join/{local.invitation_token(invitation)}/"


def home(enrolled: Enrolment | None = None) -> str:
    return f"/me/{local.enrolment_token(enrolled or Enrolment.objects.get())}/"


def ended(batch: Batch, why: str) -> Invitation:
    """An invitation by which one person has joined, and nobody can any more."""
    if why == "full":
        invitation = invited(batch, max_workers=1)
        assert Client().post(address(invitation)).status_code == 303
        return invitation
    invitation = invited(batch, expires_at=timezone.now() + timedelta(hours=1))
    Client().post(address(invitation))
    if why == "over":
        Invitation.objects.update(expires_at=timezone.now())
    else:
        workers.withdraw(invitation=invitation, now=timezone.now())
    return invitation


# --- consent ---


def test_consent_shows_the_content_warning_and_the_pay(batch: Batch) -> None:
    batch.study.content_warning = "Some images show <b>injuries</b>."
    batch.study.save()
    Batch.objects.update(pay_minor_units=30, currency="EUR")
    page = Client().get(cast.join(batch)).text
    assert "Some images show &lt;b&gt;injuries&lt;/b&gt;." in page
    assert "0.30\N{NO-BREAK SPACE}EUR for each grid that is accepted." in page


def test_consent_says_nothing_of_pay_or_warnings_where_there_are_none(batch: Batch) -> None:
    page = Client().get(cast.join(batch)).text
    assert "<dt>Pay</dt>" not in page
    assert "hard to look at" not in page


def test_consent_hides_no_difference_in_pay(batch: Batch) -> None:
    Batch.objects.update(pay_minor_units=30, currency="EUR")
    grids = [hit.grid for hit in batch.hits.all()]
    cast.batch(batch.study, grids, pay_minor_units=500, currency="JPY")
    cast.batch(batch.study, grids)
    page = Client().get(cast.join(batch)).text.replace("\N{NO-BREAK SPACE}", " ")
    assert "not all are paid the same: 0.30 EUR, 500 JPY. Some grids are not paid." in page


def test_agreeing_is_noted_with_the_invitation_it_came_by(batch: Batch) -> None:
    invitation = invited(batch)
    Client().post(address(invitation))
    enrolled = Enrolment.objects.get()
    assert (enrolled.study, enrolled.invitation, enrolled.practised_at) == (batch.study, invitation, None)


# --- closed invitations ---


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    ("why", "said"), [("full", "As many people"), ("over", "has run out"), ("withdrawn", "have withdrawn it")]
)
def test_a_closed_invitation_says_why_and_leaves_no_trace(batch: Batch, method: str, why: str, said: str) -> None:
    link = address(ended(batch, why))
    page = getattr(Client(), method)(link)
    assert page.status_code == 410
    assert "This invitation is over" in page.text
    assert said in page.text
    assert Worker.objects.count() == 1


@pytest.mark.parametrize("why", ["full", "over", "withdrawn"])
def test_who_is_in_goes_on_by_a_closed_invitation(batch: Batch, why: str) -> None:
    link = address(ended(batch, why))
    client = Client()
    client.cookies["worker"] = local.worker_token(Worker.objects.get())
    assert client.get(link).status_code == 200
    assert client.post(link).headers["Location"].startswith("/work/")
    assert Worker.objects.count() == 1


def test_who_is_in_finds_their_own_page_where_nothing_is_open(batch: Batch) -> None:
    client = Client()
    client.post(cast.join(batch))
    Assignment.objects.filter(worker__isnull=False).update(worker=None, claimed_at=None, lease_expires_at=None)
    hits.expire(batch=batch, now=timezone.now())
    elsewhere = hits.Terms(platform="prolific")  # one that is open, but not to people of one's own
    hits.launch(
        study=batch.study, grids=list(Grid.objects.filter(hits__batch=batch)), terms=elsewhere, now=timezone.now()
    )
    assert "The study takes no more answers." in client.get(cast.join(batch), follow=True).text


# --- the browser's memory ---


def test_the_cookie_remembers_the_worker_and_can_be_read_by_no_script(batch: Batch) -> None:
    client = Client()
    first = client.post(cast.join(batch))
    again = client.post(address(invited(batch)))
    assert first.headers["Location"] == again.headers["Location"]
    cookie = client.cookies["worker"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_a_revoked_cookie_is_nobody_s(batch: Batch) -> None:
    client = Client()
    first = client.post(cast.join(batch)).headers["Location"]
    workers.revoke_links(worker=Worker.objects.get())
    assert client.post(cast.join(batch)).headers["Location"] != first
    assert Worker.objects.count() == 2


@pytest.mark.parametrize("cookie", ["x", "", "W10:1rXyZ:abc"])
def test_a_forged_cookie_is_nobody_s(batch: Batch, cookie: str) -> None:
    client = Client()
    client.cookies["worker"] = cookie
    assert client.post(cast.join(batch)).status_code == 303
    assert Worker.objects.count() == 1


def test_a_token_of_another_kind_is_no_cookie(batch: Batch) -> None:
    Client().post(cast.join(batch))
    client = Client()
    client.cookies["worker"] = local.enrolment_token(Enrolment.objects.get())
    client.post(cast.join(batch))
    assert Worker.objects.count() == 2


# --- the personal link ---


def test_the_personal_link_goes_on_with_the_same_grid_on_another_device(batch: Batch) -> None:
    grid = Client().post(cast.join(batch)).headers["Location"]
    phone = Client()
    assert "Welcome back" in phone.get(home()).text
    assert phone.post(home()).headers["Location"] == grid
    assert Worker.objects.count() == 1


def test_the_own_page_shows_the_personal_link_and_its_qr_code(batch: Batch) -> None:
    Client().post(cast.join(batch))
    page = Client().get(home()).text
    assert re.search(rf'value="http[^"]+{home()}"', page)
    assert 'src="data:image/svg+xml' in page


def test_the_own_page_says_what_was_done_and_earned(batch: Batch) -> None:
    Batch.objects.update(pay_minor_units=120, currency="EUR")
    Client().post(cast.join(batch))
    worker = Worker.objects.get()
    for _ in range(2):
        cast.handed_in(batch, worker, timezone.now())
    page = Client().get(home()).text
    assert '<dd class="figure__value">2</dd><dt class="figure__label">accepted</dt>' in page
    assert "2.40\N{NO-BREAK SPACE}EUR" in page


def test_a_worker_can_make_all_their_old_links_dead(batch: Batch) -> None:
    client = Client()
    grid = client.post(cast.join(batch)).headers["Location"]
    old = home()
    answer = client.post(f"{old}revocation/")
    assert "Your old links are dead" in client.get(answer.headers["Location"]).text
    assert home() != old
    assert client.cookies["worker"].value == ""
    for dead in (old, grid, f"{grid}images/0/", grid.replace("/work/", "/done/")):
        assert Client().get(dead).status_code == 404
    assert Client().post(home()).headers["Location"].startswith("/work/")


@pytest.mark.parametrize("kind", ["invitation", "assignment", "forged", "of a removed worker"])
def test_a_token_that_is_no_personal_link_opens_nothing(batch: Batch, kind: str) -> None:
    Client().post(cast.join(batch))
    enrolled, held = Enrolment.objects.get(), Assignment.objects.get(worker__isnull=False)
    tokens = {
        "invitation": local.invitation_token(enrolled.invitation),
        "assignment": local.assignment_token(held),
        "forged": local.enrolment_token(enrolled)[:-1] + "~",
        "of a removed worker": local.enrolment_token(Enrolment(pk=10**9, worker=enrolled.worker)),
    }
    for method in ("get", "post"):
        assert getattr(Client(), method)(f"/me/{tokens[kind]}/").status_code == 404
    assert Client().post(f"/me/{tokens[kind]}/revocation/").status_code == 404
    assert Worker.objects.get().link_number == 0


def test_a_personal_link_leads_to_nothing_of_another_study(batch: Batch) -> None:
    Client().post(cast.join(batch))
    elsewhere = cast.target_class(cast.study("other"))
    cast.batch(elsewhere.study, [cast.grid(elsewhere, [cast.candidate(elsewhere)])])
    worker = Worker.objects.get()
    hits.expire(batch=batch, now=timezone.now())
    Assignment.objects.filter(worker=worker).update(worker=None, claimed_at=None, lease_expires_at=None)
    assert "Nothing to do just now" in Client().post(home(), follow=True).text
    assert assignments.claim_in(study=batch.study, worker=worker, now=timezone.now()) is None


def test_the_personal_link_is_limited_too(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits.time, "time", lambda: 1_000_010.0)
    Client().post(cast.join(batch))
    assert [Client().post(home()).status_code for _ in range(31)] == [303] * 30 + [429]
    other = Client()
    other.post(cast.join(batch))
    assert Client().post(home(Enrolment.objects.last())).status_code == 303
