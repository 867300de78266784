"""Messages that ask for themselves again: one at a time for the same, however often they are swept."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from kombu.exceptions import OperationalError

from annotation import exports, inviting, tasks, workers
from annotation.models import Collection
from annotation.tasks import asking
from annotation.workers import Person
from tests import cast
from tests.annotation.collecting import collected
from tests.annotation.exports.exported import NUMBERS, frozen_set
from tests.annotation.rehearsals.test_working import rehearsed

pytestmark = pytest.mark.django_db


class Queue(list[tuple[tuple[int, ...], str]]):
    """The messages of one task that wait for the one consumer."""

    def __init__(self, task: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self._task = task
        monkeypatch.setattr(task, "apply_async", self._send)

    def _send(self, args: tuple[int, ...] = (), kwargs: Any = None, task_id: str = "", **options: Any) -> None:
        self.append((args, task_id))

    def deliver(self) -> None:
        """The consumer takes the oldest."""
        args, task_id = self.pop(0)
        self._task.apply(args, task_id=task_id, throw=True)


@pytest.fixture
def row(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Collection:
    """A collection of which each message takes in one image."""
    settings.COLLECT_FROM = [str(tmp_path)]
    monkeypatch.setattr(tasks.collecting, "TURN", timedelta(0))
    return collected.asked(collected.study(), collected.folder(tmp_path / "images"), is_queued=True)


def num_read(row: Collection) -> int:
    row.refresh_from_db()
    return row.num_read


def test_a_long_import_has_one_message_however_often_it_is_swept(
    row: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = Queue(tasks.collect, monkeypatch)
    tasks.enqueue_collection(row.pk)
    for turn in range(1, 6):
        tasks.sweep_collections()
        assert len(queue) == 1
        queue.deliver()
        assert (num_read(row), len(queue)) == (turn, 1)


def test_one_that_waited_so_long_that_another_was_sent_leaves_it_to_that_one(
    row: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = Queue(tasks.collect, monkeypatch)
    tasks.enqueue_collection(row.pk)
    cache.delete(asking._mark(tasks.collect, (row.pk,)))  # its time is over
    tasks.sweep_collections()
    assert len(queue) == 2
    queue.deliver()
    assert (num_read(row), len(queue)) == (0, 1)
    queue.deliver()
    assert (num_read(row), len(queue)) == (1, 1)


def test_where_redis_has_forgotten_it_a_message_is_heeded(row: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    queue = Queue(tasks.collect, monkeypatch)
    tasks.enqueue_collection(row.pk)
    cache.delete(asking._mark(tasks.collect, (row.pk,)))
    queue.deliver()
    assert (num_read(row), len(queue)) == (1, 1)


def test_what_is_asked_for_while_a_message_is_worked_on_comes_after_it(
    row: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = Queue(tasks.collect, monkeypatch)
    tasks.enqueue_collection(row.pk)
    release = tasks.collecting.collecting.release

    def asked_meanwhile(**told: Any) -> None:
        tasks.enqueue_collection(row.pk)
        release(**told)

    monkeypatch.setattr(tasks.collecting.collecting, "release", asked_meanwhile)
    queue.deliver()
    assert (num_read(row), len(queue)) == (1, 1)


def test_with_redis_away_the_log_says_what_waits_for_the_sweep(
    row: Collection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(tasks.collect, "apply_async", refuse)
    tasks.enqueue_collection(row.pk)
    assert f"collection {row.pk} waits for the sweep" in caplog.text


def _export() -> None:
    exports.request(test_set=frozen_set(NUMBERS), layout="webdataset", now=timezone.now())


def _letters() -> None:
    study = cast.study(name="Twin of the bows")
    people = [Person(name=name, email=f"{name}@example.org", language="") for name in ("lina", "zoe")]
    ids = [row.pk for row in workers.invite_each(study=study, people=people, now=cast.NOW)]
    inviting.ask(study=study, invitation_ids=ids, now=cast.NOW)


@pytest.mark.parametrize(
    ("task", "sweep", "time", "begin"),
    [
        (tasks.write_export, tasks.sweep_exports, (tasks.files, "SECONDS_TO_WRITE"), _export),
        (tasks.rehearse, tasks.sweep_rehearsals, (tasks.rehearsing, "SECONDS_TO_REHEARSE"), rehearsed),
        (tasks.send_letters, tasks.enqueue_letters, (tasks.inviting, "SECONDS_TO_SEND"), _letters),
    ],
)
def test_so_it_is_with_exports_rehearsals_and_letters(
    task: Any,
    sweep: Callable[[], None],
    time: tuple[Any, str],
    begin: Callable[[], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(*time, -1)
    queue = Queue(task, monkeypatch)
    begin()
    for _ in range(3):
        sweep()
        sweep()
        assert len(queue) == 1
        queue.deliver()
        assert len(queue) == 1


def test_the_message_that_comes_every_minute_leaves_letters_to_the_one_that_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks.inviting, "SECONDS_TO_SEND", -1)
    queue = Queue(tasks.send_letters, monkeypatch)
    _letters()
    tasks.enqueue_letters()
    for number in range(3):
        tasks.send_letters.apply(task_id=f"beat-{number}", throw=True)
    assert len(queue) == 1
