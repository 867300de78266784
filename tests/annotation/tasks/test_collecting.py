"""Collections in the queue: a turn at a time, found again whatever is lost."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from annotation import collecting, tasks
from annotation.collecting import records
from annotation.errors import SourceBusy, UnreadableSource
from annotation.models import Collection, Study
from tests.annotation.collecting import collected
from tests.annotation.collecting.collected import WHOLE, asked, claimed, lease_ends, sources

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    return collected.study()


@pytest.fixture
def row(study: Study, tmp_path: Path, settings: Any) -> Collection:
    """A collection that the queue takes in."""
    settings.COLLECT_FROM = [str(tmp_path)]
    return asked(study, collected.folder(tmp_path / "images"), is_queued=True)


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The collections that messages were sent of."""
    sent: list[int] = []
    monkeypatch.setattr(tasks.collecting, "enqueue_collection", sent.append)
    return sent


def raising(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def run(**told: Any) -> bool:
        raise error

    monkeypatch.setattr(collecting, "run", run)


def test_a_message_takes_in_for_a_while_and_lets_others_have_their_turn(
    row: Collection, messages: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks.collecting, "TURN", timedelta(0))
    tasks.collect(row.pk)
    row.refresh_from_db()
    assert (row.state, row.num_read, row.consumer, messages) == ("open", 1, "", [row.pk])
    monkeypatch.setattr(tasks.collecting, "TURN", timedelta(seconds=20))
    tasks.collect(row.pk)
    row.refresh_from_db()
    assert (row.state, sources(), messages) == ("finished", WHOLE, [row.pk])


def test_a_message_that_comes_twice_does_nothing_more(row: Collection, messages: list[int]) -> None:
    for _ in range(2):
        tasks.collect(row.pk)
    tasks.collect(10**9)
    assert (sources(), messages) == (WHOLE, [])


def test_a_busy_source_is_left_to_the_sweep_until_it_wants_requests(
    row: Collection, messages: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        raising(patch, SourceBusy("Too many requests.", seconds=300))
        tasks.collect(row.pk)
    row.refresh_from_db()
    assert (row.state, row.failure) == ("open", "Too many requests.")
    assert row.come_back_at is not None
    assert row.come_back_at > timezone.now() + timedelta(seconds=200)
    tasks.sweep_collections()
    assert messages == []
    Collection.objects.update(come_back_at=timezone.now())
    tasks.sweep_collections()
    assert messages == [row.pk]


def test_what_can_not_be_read_fails_at_once_with_its_reason(row: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    raising(monkeypatch, UnreadableSource("The manifest is not UTF-8 text."))
    tasks.collect(row.pk)
    row.refresh_from_db()
    assert (row.state, row.failure) == ("failed", "The manifest is not UTF-8 text.")


def test_what_nobody_foresaw_is_tried_again_and_then_told(row: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    raising(monkeypatch, OSError(28, "No space left on device"))
    for _ in range(records.MAX_ATTEMPTS):
        Collection.objects.update(come_back_at=None)
        tasks.collect(row.pk)
    row.refresh_from_db()
    assert row.state == "failed"
    why = "It broke off with OSError (No space left on device); the log of the queue says more."
    assert row.failure == f"{why} It was tried 8 times."


def test_a_collection_stopped_half_way_ends_its_consumer_quietly(
    row: Collection, messages: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = collecting.run

    def stopped(**told: Any) -> bool:
        collecting.stop(collection=row, now=timezone.now())
        return real(**told)

    monkeypatch.setattr(collecting, "run", stopped)
    tasks.collect(row.pk)
    row.refresh_from_db()
    assert (row.state, row.num_read, sources(), messages) == ("stopped", 0, [], [])


def test_the_sweep_asks_for_what_nobody_takes_in_and_leaves_commands_alone(
    row: Collection, study: Study, tmp_path: Path, messages: list[int]
) -> None:
    command = asked(study, collected.folder(tmp_path / "others"))
    claimed(row, "killed")
    tasks.sweep_collections()
    assert messages == []
    lease_ends(row)
    tasks.sweep_collections()
    assert messages == [row.pk]
    tasks.collect(command.pk)
    command.refresh_from_db()
    assert (command.state, command.num_read) == ("open", 0)
