"""Stopped, killed, taken over: whatever happens, each image is taken in once and each refusal is told once."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from annotation import candidates, collecting
from annotation.candidates import supplying
from annotation.collecting import records, running
from annotation.errors import CollectionLeaseLost
from annotation.models import CollectionRefusal, Study
from annotation.sources import FolderSource
from tests.annotation.collecting.collected import (
    NUM_IMAGES,
    WHOLE,
    asked,
    at_chunk,
    claimed,
    counts,
    die_at,
    lease_ends,
    sources,
)

pytestmark = pytest.mark.django_db
ALL = (NUM_IMAGES + 1, NUM_IMAGES, 0, 0, 1)


def test_a_collection_takes_in_all_that_its_source_has(study: Study, folder: Path) -> None:
    row = asked(study, folder)
    assert collecting.run(held=claimed(row), clock=timezone.now)
    assert (counts(row), row.state, row.num_expected, row.consumer) == (ALL, "finished", NUM_IMAGES + 1, "")
    assert sources() == WHOLE
    assert set(study.candidates.values_list("collection", flat=True)) == {row.pk}
    assert [refusal.source for refusal in row.refusals.all()] == ["1/004x.png"]


@pytest.mark.parametrize("chunk", [1, 2, 3, 4])
def test_what_a_killed_consumer_left_is_taken_over_and_nothing_is_doubled(
    chunk: int, study: Study, folder: Path
) -> None:
    row = asked(study, folder)
    die_at(claimed(row), chunk)
    assert row.refresh_from_db() is None
    assert row.num_read == min((chunk - 1) * 3 + (chunk > 2), NUM_IMAGES + 1) or row.num_read == (chunk - 1) * 3
    assert study.candidates.count() == row.num_created
    lease_ends(row)
    assert collecting.run(held=claimed(row, "second"), clock=timezone.now)
    assert (counts(row), row.state) == (ALL, "finished")
    assert sources() == WHOLE
    assert CollectionRefusal.objects.count() == 1


def test_two_consumers_never_hold_the_same_collection(study: Study, folder: Path) -> None:
    row = asked(study, folder)
    claimed(row)
    assert collecting.claim(collection=row, consumer="second", now=timezone.now()) is None
    later = timezone.now() + records.LEASE
    assert collecting.claim(collection=row, consumer="second", now=later) is not None


def test_a_stalled_consumer_that_was_taken_over_leaves_nothing_of_its_chunk(study: Study, folder: Path) -> None:
    row = asked(study, folder)
    first = claimed(row)
    second = []

    def stall() -> None:
        lease_ends(row)
        second.append(claimed(row, "second"))

    # While the first chunk is stored, and so before the second is written down.
    with pytest.raises(CollectionLeaseLost):
        collecting.run(held=first, clock=timezone.now, on_chunk=at_chunk(1, stall))
    assert counts(row)[0] == 3
    second[0].collection.refresh_from_db()
    assert collecting.run(held=second[0], clock=timezone.now)
    assert (counts(row), sources()) == (ALL, WHOLE)


def test_stopping_ends_a_running_consumer_and_resuming_goes_on_behind_its_last_chunk(
    study: Study, folder: Path
) -> None:
    row = asked(study, folder)

    def stop() -> None:
        collecting.stop(collection=row, now=timezone.now())

    with pytest.raises(CollectionLeaseLost):
        collecting.run(held=claimed(row), clock=timezone.now, on_chunk=at_chunk(2, stop))
    assert (counts(row)[0], row.state) == (6, "stopped")
    assert collecting.claim(collection=row, consumer="second", now=timezone.now()) is None
    collecting.resume(collection=row, now=timezone.now(), is_queued=False)
    assert collecting.run(held=claimed(row, "second"), clock=timezone.now)
    assert (counts(row), sources()) == (ALL, WHOLE)


def test_a_turn_ends_when_its_time_is_up_and_has_done_a_record_at_least(study: Study, folder: Path) -> None:
    row = asked(study, folder)
    num_turns = 0
    while not collecting.run(held=claimed(row), clock=timezone.now, time=timedelta(0)):
        num_turns += 1
        assert counts(row)[0] == num_turns
        records.release(held=records.Held(row, "first"), now=timezone.now())
    assert num_turns == NUM_IMAGES
    assert (counts(row), sources()) == (ALL, WHOLE)


def test_the_lease_is_renewed_while_a_chunk_takes_long(
    study: Study, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = asked(study, folder)
    held = claimed(row)
    monkeypatch.setattr(running, "RENEW_AFTER", timedelta(0))
    renewed = []
    monkeypatch.setattr(records, "renew", lambda **told: renewed.append(told["held"]))
    collecting.run(held=held, clock=timezone.now)
    assert len(renewed) >= NUM_IMAGES + 1


def test_the_lease_is_renewed_while_the_last_files_are_waited_for(
    study: Study, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = claimed(asked(study, folder))
    after, is_at_end = FolderSource.after, threading.Event()

    def noted(self: FolderSource, cursor: str) -> Iterator[Any]:
        yield from after(self, cursor)
        is_at_end.set()

    renewed: list[bool] = []
    monkeypatch.setattr(FolderSource, "after", noted)
    monkeypatch.setattr(running, "RENEW_AFTER", timedelta(0))
    monkeypatch.setattr(records, "renew", lambda **told: renewed.append(is_at_end.is_set()))
    collecting.run(held=held, clock=timezone.now)
    assert renewed.count(True) >= NUM_IMAGES + 1


def test_the_lease_is_renewed_while_the_whole_source_is_gone_through_for_its_names(
    study: Study, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidates.add_without_picture(
        study=study, places=[(study.target_classes.get().pk, "pool", "000.png")], now=timezone.now()
    )
    held = claimed(asked(study, folder))
    collected_names: list[int] = []
    renewed: list[int] = []
    monkeypatch.setattr(running, "RENEW_AFTER", timedelta(0))
    monkeypatch.setattr(records, "renew", lambda **told: renewed.append(len(collected_names)))
    meant = supplying.naming.meant

    def noted(whole: Any, *more: Any) -> Any:
        collected_names.append(1)
        return meant(whole, *more)

    monkeypatch.setattr(supplying.naming, "meant", noted)
    collecting.run(held=held, clock=timezone.now)
    assert renewed.count(1) >= NUM_IMAGES + 1


def test_a_source_taken_in_again_after_its_end_counts_all_as_here_already(study: Study, folder: Path) -> None:
    collecting.run(held=claimed(asked(study, folder)), clock=timezone.now)
    again = asked(study, folder)
    collecting.run(held=claimed(again), clock=timezone.now)
    assert counts(again) == (NUM_IMAGES + 1, 0, 0, NUM_IMAGES, 1)


def test_time_at_rest_is_not_time_at_work(study: Study, folder: Path) -> None:
    row, start = asked(study, folder), timezone.now()
    held = claimed(row, now=start)
    die_at(held, 3)
    collecting.stop(collection=row, now=start + timedelta(seconds=3))
    row = collecting.resume(collection=row, now=start + timedelta(hours=5))
    progress = collecting.progress_of(row, now=start + timedelta(hours=5, seconds=3))
    assert (progress.per_second, progress.num_left) == (pytest.approx(row.num_read / 6), NUM_IMAGES + 1 - row.num_read)


def test_pictures_are_supplied_turn_by_turn_by_names_that_the_whole_folder_decides(study: Study, folder: Path) -> None:
    of = study.target_classes.get().pk
    places = [(of, "pool", "000.png"), (of, "pool", "1/007.png"), (of, "pool", "elsewhere.png")]
    candidates.add_without_picture(study=study, places=places, now=timezone.now())
    row = asked(study, folder)
    while not collecting.run(held=claimed(row), clock=timezone.now, time=timedelta(0)):
        records.release(held=records.Held(row, "first"), now=timezone.now())
    assert counts(row) == (NUM_IMAGES + 1, NUM_IMAGES - 2, 2, 0, 1)
    assert sources() == [*WHOLE, "elsewhere.png"]
