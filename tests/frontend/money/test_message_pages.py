"""Researchers read what workers wrote, answer it, and grant or refuse another look."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from annotation import messages
from annotation.models import Message, Place, Rejection, Study, Worker
from annotation.payments import rejections
from tests import cast
from tests.whole_study import whole_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def rejection(places: list[Place], researcher: User) -> Rejection:
    return rejections.reject(place=places[0], reason="Nothing was selected.", by=researcher, now=timezone.now())


@pytest.fixture
def pseudonym(study: Study, worker: Worker) -> str:
    return Worker.pseudonym_in(study.pk, worker.pk)


def wrote(study: Study, worker: Worker, text: str, rejection: Rejection | None = None) -> Message:
    return messages.write_to_researchers(study=study, worker=worker, text=text, now=timezone.now(), rejection=rejection)


def test_what_waits_comes_first_and_the_stages_say_how_much(
    researcher_client: Client, study: Study, worker: Worker, pseudonym: str, researcher: User
) -> None:
    wrote(study, worker, "<b>Hello</b>")
    later = cast.worker("later")
    wrote(study, later, "Thank you")
    messages.answer(study=study, worker=later, text="You too.", by=researcher, now=cast.NOW)
    text = researcher_client.get(f"/studies/{study.slug}/messages/").content.decode()
    assert text.index(pseudonym) < text.index(Worker.pseudonym_in(study.pk, later.pk))
    assert "&lt;b&gt;Hello&lt;/b&gt;" in text
    assert '1<span class="visually-hidden"> to answer' in text
    assert "1 waits for an answer." in text


def test_an_answer_is_sent_and_what_needs_none_is_put_aside(
    researcher_client: Client, study: Study, worker: Worker, pseudonym: str, researcher: User
) -> None:
    home = f"/studies/{study.slug}/messages/{pseudonym}/"
    wrote(study, worker, "How long is it open?")
    response = researcher_client.post(f"{home}answer/", {"text": "Until Friday."}, follow=True)
    assert "Until Friday." in response.content.decode()
    assert Message.objects.get(is_from_worker=False).by == researcher
    wrote(study, worker, "Thank you.")
    researcher_client.post(f"{home}reading/")
    assert messages.unread(study) == 0
    assert researcher_client.post(f"{home}answer/", {"text": " "}).status_code == 400


def test_an_appeal_is_answered_and_granted(
    researcher_client: Client, study: Study, worker: Worker, pseudonym: str, rejection: Rejection, asked: list[int]
) -> None:
    home = f"/studies/{study.slug}/messages/{pseudonym}/"
    wrote(study, worker, "There was no bow.", rejection)
    text = researcher_client.get(home).content.decode()
    assert ("They ask for another look" in text, "“Nothing was selected.”" in text) == (True, True)
    assert f"/studies/{study.slug}/quality/workers/{pseudonym}/" in text
    researcher_client.post(f"{home}answer/", {"text": "There were nine.", "rejection": rejection.pk})
    assert not messages.open_appeals(study).exists()
    wrote(study, worker, "Count again.", rejection)
    address = f"/studies/{study.slug}/rejections/{rejection.pk}/reversal/"
    researcher_client.post(address, {"reason": "You are right."})
    rejection.refresh_from_db()
    assert rejection.reversal_reason == "You are right."
    assert asked == [rejection.place.posting.batch_id]
    assert "They ask for another look" not in researcher_client.get(home).content.decode()


def test_who_has_no_page_here_is_written_to_where_they_are(
    researcher_client: Client, study: Study, worker: Worker, pseudonym: str
) -> None:
    home = f"/studies/{study.slug}/messages/{pseudonym}/"
    assert "Your message" in researcher_client.get(home).content.decode()
    Worker.objects.filter(pk=worker.pk).update(platform="mturk")
    text = researcher_client.get(home).content.decode()
    assert ("Workers of Mechanical Turk have no page" in text, "Your message" in text) == (True, False)


def test_nothing_of_another_study_is_answered_or_reversed(
    researcher_client: Client, study: Study, pseudonym: str, asked: list[int]
) -> None:
    foreign = whole_study("another").rejection
    assert researcher_client.get(f"/studies/{study.slug}/places/{foreign.place_id}/").status_code == 404
    address = f"/studies/{study.slug}/rejections/{foreign.pk}/reversal/"
    assert researcher_client.post(address, {"reason": "x"}).status_code == 404
    sent = {"text": "x", "rejection": foreign.pk}
    home = f"/studies/{study.slug}/messages/{pseudonym}/answer/"
    assert researcher_client.post(home, sent).status_code == 404
    assert asked == []
