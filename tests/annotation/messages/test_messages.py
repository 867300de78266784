"""Messages: cleaned, counted, answered; one appeal at a time, for thirty days."""

from contextlib import suppress
from datetime import timedelta
from threading import Event

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from annotation import messages
from annotation.errors import CannotWrite
from annotation.models import Message, Place, Rejection, Study, Worker
from annotation.payments import rejections
from tests import cast
from tests.at_once import at_once, wait_until_somebody_waits
from tests.own_people import paid_batch, take_in

pytestmark = pytest.mark.django_db
REASON = "All 48 images were selected, the ten without a bow too."


@pytest.fixture
def study(researcher: User) -> Study:
    return cast.study(researchers=[researcher])


@pytest.fixture
def worker(study: Study) -> Worker:
    return cast.worker()


@pytest.fixture
def rejection(study: Study, worker: Worker, researcher: User) -> Rejection:
    batch = paid_batch(study)
    cast.handed_in(batch, worker, cast.NOW)
    take_in(batch, now=cast.NOW)
    return rejections.reject(place=Place.objects.get(), reason=REASON, by=researcher, now=cast.NOW)


def wrote(study: Study, worker: Worker, text: str = "Hello", **more: object) -> Message:
    return messages.write_to_researchers(study=study, worker=worker, text=text, **{"now": cast.NOW} | more)  # type: ignore[arg-type]


def test_what_cannot_be_seen_is_taken_out(study: Study, worker: Worker) -> None:
    text = " a\x00b\u202ec\r\nd\te\u2028\n\n\n\nf \x1b[0m\n"
    assert wrote(study, worker, text).text == "abc\nd e\n\nf [0m"
    assert wrote(study, worker, "سؤال \u200f؟").text == "سؤال \u200f؟"


@pytest.mark.parametrize("text", ["", " \n ", "\x00\u202e", "x" * (messages.MAX_LENGTH + 1)])
def test_what_says_nothing_or_too_much_is_refused(study: Study, worker: Worker, text: str) -> None:
    with pytest.raises(CannotWrite, match=r"is empty|2001 characters, and 2000 are taken"):
        wrote(study, worker, text)
    assert not Message.objects.exists()


def test_a_flood_is_refused_with_a_sentence(study: Study, worker: Worker) -> None:
    for _ in range(messages.MAX_PER_DAY):
        wrote(study, worker)
    with pytest.raises(CannotWrite, match=r"10 messages within a day.* tomorrow\."):
        wrote(study, worker)
    wrote(study, cast.worker("another"))
    wrote(study, worker, now=cast.NOW + timedelta(days=1, seconds=1))


@pytest.mark.django_db(transaction=True)
def test_a_flood_at_once_is_counted_too(study: Study, worker: Worker) -> None:
    def write() -> None:
        with suppress(CannotWrite):
            wrote(study, worker)

    at_once([write] * (messages.MAX_PER_DAY + 4))
    assert Message.objects.count() == messages.MAX_PER_DAY


def test_an_answer_settles_what_was_written_before(study: Study, worker: Worker, researcher: User) -> None:
    wrote(study, worker)
    assert messages.unread(study) == 1
    reply = messages.answer(study=study, worker=worker, text="Hello too.", by=researcher, now=cast.NOW)
    assert messages.unread(study) == 0
    assert messages.mark_read(study=study, worker=worker, by_worker=True, now=cast.NOW) == 1
    reply.refresh_from_db()
    assert reply.read_at == cast.NOW


def test_one_appeal_is_open_at_a_time(study: Study, worker: Worker, rejection: Rejection, researcher: User) -> None:
    wrote(study, worker, "Look again, please.", rejection=rejection)
    assert messages.mark_read(study=study, worker=worker, by_worker=False, now=cast.NOW) == 0
    with pytest.raises(CannotWrite, match="asked for another look already"):
        wrote(study, worker, "And again.", rejection=rejection)
    messages.answer(study=study, worker=worker, text="We did.", by=researcher, now=cast.NOW)
    assert messages.open_appeals(study).count() == messages.unread(study) == 1
    messages.answer(study=study, worker=worker, text="We did.", by=researcher, now=cast.NOW, rejection=rejection)
    assert messages.open_appeals(study).count() == messages.unread(study) == 0
    wrote(study, worker, "There is more to say.", rejection=rejection)


def test_granting_an_appeal_ends_it_and_tells_the_worker(
    study: Study, worker: Worker, rejection: Rejection, researcher: User
) -> None:
    wrote(study, worker, "Look again, please.", rejection=rejection)
    assert messages.pay_after_all(rejection=rejection, reason="You were right.", by=researcher, now=cast.NOW)
    assert (messages.open_appeals(study).count(), messages.unread(study)) == (0, 0)
    assert [each.text for each in Message.objects.filter(is_from_worker=False)] == ["You were right."]
    with pytest.raises(CannotWrite, match="taken back already"):
        wrote(study, worker, rejection=rejection)


@pytest.mark.django_db(transaction=True)
def test_an_appeal_and_its_granting_at_once_wait_in_no_circle(
    study: Study, worker: Worker, rejection: Rejection, researcher: User
) -> None:
    is_begun = Event()

    def appeal() -> None:
        with transaction.atomic():
            Worker.objects.select_for_update(no_key=True).get(pk=worker.pk)  # as writing does first
            is_begun.set()
            wait_until_somebody_waits()
            wrote(study, worker, "Look again, please.", rejection=rejection)

    def grant() -> None:
        is_begun.wait(60)
        assert messages.pay_after_all(rejection=rejection, reason="You were right.", by=researcher, now=cast.NOW)

    at_once([appeal, grant])
    assert Message.objects.filter(is_from_worker=True, read_at=cast.NOW).count() == 1


def test_an_appeal_is_for_thirty_days_and_for_ones_own_work(
    study: Study, worker: Worker, rejection: Rejection, researcher: User
) -> None:
    with pytest.raises(CannotWrite, match="30 days, which are over"):
        wrote(study, worker, rejection=rejection, now=cast.NOW + timedelta(days=30, seconds=1))
    with pytest.raises(CannotWrite, match="not about work of yours"):
        wrote(study, cast.worker("another"), rejection=rejection)
    with pytest.raises(CannotWrite, match="not about work of yours"):
        wrote(cast.study("another"), worker, rejection=rejection)
    with pytest.raises(CannotWrite, match="not of this worker"):
        messages.answer(
            study=study, worker=cast.worker("third"), text="x", by=researcher, now=cast.NOW, rejection=rejection
        )
