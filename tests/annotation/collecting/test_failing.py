"""Sources that are busy, break off or can't be read; consumers that die again and again."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from annotation import collecting
from annotation.collecting import records
from annotation.errors import SourceBusy, UnreadableSource
from annotation.models import Collection, Study
from annotation.sources import FolderSource
from tests.annotation.collecting.collected import WHOLE, asked, claimed, counts, lease_ends, sources

pytestmark = pytest.mark.django_db


def break_off(monkeypatch: pytest.MonkeyPatch, after: int, error: Exception) -> None:
    """The folder yields so many records, and then this."""
    real = FolderSource.after

    def broken(self: FolderSource, cursor: str) -> Iterator[Any]:
        for number, record in enumerate(real(self, cursor)):
            if number == after:
                raise error
            yield record

    monkeypatch.setattr(FolderSource, "after", broken)


def test_a_busy_source_keeps_what_came_before_and_is_left_alone(
    study: Study, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, now = asked(study, folder), timezone.now()
    held = claimed(row)
    with monkeypatch.context() as patch:
        break_off(patch, 5, SourceBusy("Too many requests.", seconds=120))
        with pytest.raises(SourceBusy) as raised:
            collecting.run(held=held, clock=timezone.now)
    assert counts(row)[0] == 5
    collecting.put_off(held=held, reason=str(raised.value), seconds=raised.value.seconds, now=now)
    assert not collecting.claimable(now=now + timedelta(seconds=119)).exists()
    assert list(collecting.claimable(now=now + timedelta(seconds=120))) == [row]
    assert collecting.run(held=claimed(row, now=now + timedelta(seconds=120)), clock=timezone.now)
    row.refresh_from_db()
    assert (sources(), row.failure, row.come_back_at) == (WHOLE, "", None)


def test_a_source_that_stays_busy_is_asked_more_and_more_seldom_and_then_given_up(study: Study, folder: Path) -> None:
    row, now, pauses = asked(study, folder), timezone.now(), []
    while True:
        held = claimed(row, now=now)
        at = collecting.put_off(held=held, reason="Too many requests.", seconds=1, now=now)
        if at is None:
            break
        pauses.append((at - now).total_seconds())
        now = at
    assert pauses == [30, 60, 120, 240, 480, 960, 1920]
    row.refresh_from_db()
    assert (row.state, row.failure) == ("failed", "Too many requests. It was tried 8 times.")


def test_a_record_that_is_done_with_makes_up_for_all_attempts(
    study: Study, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, now = asked(study, folder), timezone.now()
    collecting.put_off(held=claimed(row, now=now), reason="Busy.", seconds=1, now=now)
    held = claimed(row, now=now + timedelta(minutes=1))
    assert held.collection.num_attempts == 2
    break_off(monkeypatch, 1, UnreadableSource("The disk has gone."))
    with pytest.raises(UnreadableSource):
        collecting.run(held=held, clock=timezone.now)
    row.refresh_from_db()
    assert (row.num_read, row.num_attempts) == (1, 0)


def test_a_failure_says_why_and_how_far_it_came_and_is_resumed_there(
    study: Study, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = asked(study, folder)
    held = claimed(row)
    with monkeypatch.context() as patch:
        break_off(patch, 4, UnreadableSource("The disk has gone."))
        with pytest.raises(UnreadableSource):
            collecting.run(held=held, clock=timezone.now)
    collecting.fail(held=held, reason="The disk has gone.", now=timezone.now())
    row.refresh_from_db()
    assert row.state == "failed"
    assert row.failure == "The disk has gone. (After 4 records; what came before is kept.)"
    row = collecting.resume(collection=row, now=timezone.now(), is_queued=False)
    assert collecting.run(held=claimed(row), clock=timezone.now)
    assert sources() == WHOLE


def test_a_collection_on_which_consumers_die_again_and_again_fails_with_the_reason(study: Study, folder: Path) -> None:
    row = asked(study, folder)
    for number in range(records.MAX_ATTEMPTS):
        claimed(row, f"c{number}")
        lease_ends(row)
    assert collecting.claim(collection=row, consumer="last", now=timezone.now()) is None
    row.refresh_from_db()
    assert row.state == Collection.State.FAILED
    assert row.failure.startswith("It was begun 8 times and came no further; each time the consumer stopped (last c7).")
