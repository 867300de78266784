"""A worker's own page: what was accepted, rejected and why; another look; messages, without a session."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from annotation import messages
from annotation.models import Enrolment, Message, Place, Rejection, Study, Worker
from annotation.payments import bonuses, ledger, rejections
from annotation.platforms import local
from frontend import limits
from tests import cast
from tests.own_people import pay_due

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(worker: Worker) -> str:
    return f"/me/{local.enrolment_token(Enrolment.objects.get(worker=worker))}/"


@pytest.fixture
def rejection(places: list[Place], researcher: User) -> Rejection:
    return rejections.reject(place=places[0], reason="Nothing was <selected>.", by=researcher, now=timezone.now())


@pytest.fixture
def lone() -> Client:
    """Somebody's browser that keeps to the rules of forgery, without a session."""
    return Client(enforce_csrf_checks=True)


def test_it_tells_what_was_accepted_rejected_and_given_on_top(
    lone: Client, home: str, places: list[Place], rejection: Rejection
) -> None:
    amount = ledger.Amount(minor_units=7)
    bonuses.intend(place=places[1], amount=amount, purpose="For your care", now=cast.NOW)
    pay_due(places[1].posting.batch, now=timezone.now())
    text = lone.get(home).content.decode()
    assert "0.37\N{NO-BREAK SPACE}EUR" in text  # 30 cents and 7
    for said in ("Nothing was &lt;selected&gt;.", "For your care", "Ask for another look", "1</dd>"):
        assert said in text
    assert text.count("Receipt") >= 3


def test_a_waiting_grid_says_until_when(lone: Client, home: str, places: list[Place]) -> None:
    Place.objects.update(submitted_at=timezone.now() - timedelta(hours=1))
    assert "waiting for approval until" in lone.get(home).content.decode()
    Place.objects.update(submitted_at=timezone.now() - timedelta(days=2))
    text = lone.get(home).content.decode()
    assert "waiting for approval" in text
    assert "waiting for approval until" not in text
    del places


def test_another_look_is_asked_for_once_and_the_answer_is_read(
    lone: Client, home: str, study: Study, worker: Worker, rejection: Rejection, researcher: User
) -> None:
    sent = {"text": "There was no bow.", "rejection": rejection.pk}
    response = lone.post(f"{home}messages/", sent)
    assert response.status_code == 303
    text = lone.get(response["Location"]).content.decode()
    assert ("Your message is sent" in text, "You have asked for another look." in text) == (True, True)
    again = lone.post(f"{home}messages/", sent)
    assert again.status_code == 400
    assert "asked for another look already" in again.content.decode()
    messages.answer(
        study=study, worker=worker, text="There were nine.", by=researcher, now=timezone.now(), rejection=rejection
    )
    assert "There were nine." in lone.get(home).content.decode()
    assert Message.objects.get(is_from_worker=False).read_at is not None


def test_thirty_days_later_nobody_is_asked(lone: Client, home: str, rejection: Rejection) -> None:
    Rejection.objects.update(rejected_at=timezone.now() - timedelta(days=31))
    assert "Ask for another look" not in lone.get(home).content.decode()
    response = lone.post(f"{home}messages/", {"text": "Please", "rejection": rejection.pk})
    assert (response.status_code, Message.objects.count()) == (400, 0)


@pytest.mark.parametrize("about", ["0", "99999999999999999999", "x", "٣", "-1"])
def test_what_is_not_theirs_is_refused(lone: Client, home: str, about: str) -> None:
    response = lone.post(f"{home}messages/", {"text": "Please", "rejection": about})
    assert response.status_code == 400
    assert "not about work of yours" in response.content.decode()


def test_a_message_that_is_refused_keeps_its_text(lone: Client, home: str) -> None:
    response = lone.post(f"{home}messages/", {"text": "x" * (messages.MAX_LENGTH + 1)})
    text = response.content.decode()
    assert response.status_code == 400
    assert "has 2001 characters, and 2000 are taken" in text
    assert "x" * (messages.MAX_LENGTH + 1) in text


def test_a_flood_is_refused_with_a_sentence(lone: Client, home: str, study: Study, settings: Any) -> None:
    settings.WORKER_LIMITS = False  # those of requests: here it is the messages that are counted
    for _ in range(messages.MAX_PER_DAY):
        assert lone.post(f"{home}messages/", {"text": "Hello"}).status_code == 303
    response = lone.post(f"{home}messages/", {"text": "Hello"})
    assert "Write again tomorrow." in response.content.decode()
    assert messages.unread(study) == messages.MAX_PER_DAY


def test_requests_are_limited_too(lone: Client, home: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WORKER_LIMITS = True
    monkeypatch.setattr(limits.time, "time", lambda: 1_000_010.0)  # no minute ends meanwhile
    answers = [lone.post(f"{home}messages/", {"text": ""}).status_code for _ in range(7)]
    assert answers[-1] == 429


def test_it_is_said_in_arabic(lone: Client, home: str, rejection: Rejection) -> None:
    text = lone.get(home, headers={"accept-language": "ar"}).content.decode()
    assert 'dir="rtl"' in text
    for english in ("Ask for another look", "Messages", "What you earn", "Write to the people", "Not accepted"):
        assert english not in text
    del rejection
