"""Leases, deaths and second consumers: an export is written once, and its bytes do not depend on who died."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from annotation import exports, storage, tasks, testsets
from annotation.errors import CannotExport, ExportLeaseLost, MissingContent
from annotation.exports import imagefolder, records, webdataset
from annotation.management.commands import export_test_set
from annotation.models import Export, TestSet
from tests.annotation.exports.exported import NUMBERS, content_of, export, frozen_set, lose

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webdataset, "IMAGES_PER_SHARD", 3)
    monkeypatch.setattr(imagefolder, "IMAGES_PER_PIECE", 3)


@pytest.fixture
def test_set() -> TestSet:
    return frozen_set(NUMBERS)


def begin(test_set: TestSet, layout: str, address: Path | str, now: datetime | None = None) -> exports.Held:
    row = exports.request(test_set=test_set, layout=layout, address=str(address), now=timezone.now())
    held = exports.claim(export=row, consumer="first", now=now or timezone.now())
    assert held is not None
    return held


def die_after(held: exports.Held, num_pieces: int) -> None:
    """Write so many pieces, then stop without a goodbye."""
    done: list[Any] = []

    class DeadError(BaseException):
        pass

    def on_piece(so_far: Any) -> None:
        done.append(so_far)
        if len(done) >= num_pieces:
            raise DeadError

    with pytest.raises(DeadError):
        exports.write(held=held, clock=timezone.now, rules=exports.Rules(on_piece=on_piece))
    Export.objects.filter(pk=held.export.pk).update(lease_expires_at=timezone.now())


def take_over(held: exports.Held) -> exports.Held:
    taken = exports.claim(export=held.export, consumer="second", now=timezone.now())
    assert taken is not None
    return taken


@pytest.mark.parametrize("layout", list(exports.LAYOUTS))
@pytest.mark.parametrize("num_pieces", [1, 3, 5, 7])
def test_what_a_dead_consumer_left_is_finished_with_the_same_bytes(
    layout: str, num_pieces: int, test_set: TestSet, tmp_path: Path
) -> None:
    export(test_set, layout, tmp_path / "at once")
    held = begin(test_set, layout, tmp_path / "resumed")
    die_after(held, num_pieces)
    assert not (tmp_path / "resumed").exists()
    assert exports.write(held=take_over(held), clock=timezone.now)
    assert content_of(tmp_path / "resumed") == content_of(tmp_path / "at once")
    assert {path.name for path in tmp_path.iterdir() if path.name.startswith(".")} == set()


def test_finished_pieces_are_not_written_again_unless_they_are_damaged(test_set: TestSet, tmp_path: Path) -> None:
    held = begin(test_set, "webdataset", tmp_path / "export")
    die_after(held, 8)
    [part] = tmp_path.glob(".export.*.part")
    shards = sorted((part / "shards").iterdir())
    kept, damaged = shards[0], shards[1]
    inode = kept.stat().st_ino
    damaged.write_bytes(b"x" * damaged.stat().st_size)
    assert exports.write(held=take_over(held), clock=timezone.now)
    export(test_set, "webdataset", tmp_path / "at once")
    assert (tmp_path / "export" / "shards" / kept.name).stat().st_ino == inode
    assert content_of(tmp_path / "export") == content_of(tmp_path / "at once")


def test_half_a_file_left_by_a_dead_consumer_is_replaced(test_set: TestSet, tmp_path: Path) -> None:
    held = begin(test_set, "imagefolder", tmp_path / "export")
    die_after(held, 6)
    [part] = tmp_path.glob(".export.*.part")
    sha256 = test_set.images.order_by("-number").values_list("candidate__image__sha256", flat=True)[0]
    for suffix in ("jpg", "png"):
        (part / "100" / f"{sha256}.{suffix}").write_bytes(b"half")
    (part / ".half.part").write_bytes(b"half")
    assert exports.write(held=take_over(held), clock=timezone.now, rules=exports.Rules(may_link=False))
    written = [path for path in (tmp_path / "export" / "100").iterdir() if path.stem == sha256]
    assert b"half" not in {path.read_bytes() for path in written if path.stat().st_size > 4}
    assert not list((tmp_path / "export").glob(".*"))


def test_two_consumers_never_hold_the_same_export(test_set: TestSet) -> None:
    held = begin(test_set, "parquet", "")
    assert exports.claim(export=held.export, consumer="second", now=timezone.now()) is None
    later = timezone.now() + records.LEASE
    assert exports.claim(export=held.export, consumer="second", now=later) is not None


def test_a_consumer_that_was_taken_over_records_nothing_and_stops(test_set: TestSet, tmp_path: Path) -> None:
    held = begin(test_set, "webdataset", tmp_path / "export", now=timezone.now() - records.LEASE)
    second = take_over(held)
    with pytest.raises(ExportLeaseLost):
        exports.write(held=held, clock=timezone.now)
    assert not held.export.pieces.exists()
    assert exports.write(held=second, clock=timezone.now)


def test_a_stalled_consumer_notices_half_way_that_it_was_taken_over(test_set: TestSet, tmp_path: Path) -> None:
    held = begin(test_set, "webdataset", tmp_path / "export")
    taken: list[exports.Held] = []

    def stall(so_far: Any) -> None:
        if not taken:
            Export.objects.filter(pk=held.export.pk).update(lease_expires_at=timezone.now())
            taken.append(take_over(held))

    with pytest.raises(ExportLeaseLost):
        exports.write(held=held, clock=timezone.now, rules=exports.Rules(on_piece=stall))
    assert held.export.pieces.filter(finished_at__isnull=False).count() == 1
    assert exports.write(held=taken[0], clock=timezone.now)


def test_an_export_on_which_consumers_die_again_and_again_fails_with_the_reason(test_set: TestSet) -> None:
    held = begin(test_set, "parquet", "")
    now = timezone.now()
    for number in range(records.MAX_ATTEMPTS):
        now += records.LEASE + timedelta(seconds=1)
        exports.claim(export=held.export, consumer=f"c{number}", now=now)
    held.export.refresh_from_db()
    assert held.export.state == "failed"
    assert "came no further" in held.export.failure


def test_a_message_writes_for_a_while_and_lets_others_have_their_turn(
    test_set: TestSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = exports.request(test_set=test_set, layout="webdataset", now=timezone.now())
    monkeypatch.setattr(tasks.files, "SECONDS_TO_WRITE", -1)
    asked: list[int] = []
    monkeypatch.setattr(tasks.files, "enqueue_export", asked.append)
    tasks.write_export(row.pk)
    row.refresh_from_db()
    assert (row.state, row.consumer, asked) == ("open", "", [row.pk])
    monkeypatch.setattr(tasks.files, "SECONDS_TO_WRITE", 20)
    tasks.write_export(row.pk)
    row.refresh_from_db()
    assert row.state == "finished"


def test_a_message_whose_time_is_up_before_it_begins_still_writes_a_piece(
    test_set: TestSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = exports.request(test_set=test_set, layout="webdataset", now=timezone.now())
    monkeypatch.setattr(tasks.files, "SECONDS_TO_WRITE", -1)
    asked: list[int] = [row.pk]
    monkeypatch.setattr(tasks.files, "enqueue_export", asked.append)
    num_messages = 0
    while asked and num_messages < 50:
        tasks.write_export(asked.pop())
        num_messages += 1
    row.refresh_from_db()
    assert (row.state, asked) == ("finished", [])
    assert num_messages >= row.pieces.count() // 2


def test_letting_go_without_a_piece_counts_as_an_attempt(test_set: TestSet) -> None:
    held = begin(test_set, "webdataset", "")
    records.release(held=held, now=timezone.now())
    again = exports.claim(export=held.export, consumer="second", now=timezone.now())
    assert again is not None
    assert again.export.num_attempts == 2


def test_a_command_that_was_taken_over_says_so_and_leaves_the_export_alone(
    test_set: TestSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stall(command: Any, row: Export, so_far: Any) -> None:
        Export.objects.filter(pk=row.pk).update(consumer="second")

    monkeypatch.setattr(export_test_set.Command, "_show", stall)
    with pytest.raises(CommandError, match="taken over by another consumer"):
        call_command("export_test_set", test_set.citation, str(tmp_path / "x"))
    row = Export.objects.get()
    assert (row.state, row.consumer) == ("open", "second")


def test_the_sweep_asks_for_what_nobody_writes(
    test_set: TestSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = exports.request(test_set=test_set, layout="webdataset", now=timezone.now())
    begin(test_set, "parquet", "")
    exports.request(test_set=test_set, layout="parquet", address=str(tmp_path / "x"), now=timezone.now())
    asked: list[int] = []
    monkeypatch.setattr(tasks.files, "enqueue_export", asked.append)
    tasks.sweep_exports()
    assert asked == [row.pk]


def test_the_queue_leaves_what_a_command_writes_alone(test_set: TestSet, tmp_path: Path) -> None:
    row = exports.request(test_set=test_set, layout="parquet", address=str(tmp_path / "x"), now=timezone.now())
    tasks.write_export(row.pk)
    row.refresh_from_db()
    assert (row.state, row.consumer, list(tmp_path.glob("*x*"))) == ("open", "", [])


def test_a_command_that_is_not_given_again_within_the_hour_has_failed(test_set: TestSet, tmp_path: Path) -> None:
    killed, waiting, queued = (
        begin(test_set, "parquet", place).export for place in (tmp_path / "killed", tmp_path / "waiting", "")
    )
    Export.objects.exclude(pk=waiting.pk).update(lease_expires_at=timezone.now() - records.ABANDONED_AFTER)
    exports.end_abandoned(now=timezone.now())
    states = dict(Export.objects.values_list("pk", "state"))
    assert states == {killed.pk: "failed", waiting.pk: "open", queued.pk: "open"}
    again = begin(test_set, "parquet", tmp_path / "killed")
    assert again.export.pk == killed.pk
    assert exports.write(held=again, clock=timezone.now)


def test_a_disk_that_fails_is_tried_again_and_then_told(test_set: TestSet, monkeypatch: pytest.MonkeyPatch) -> None:
    row = exports.request(test_set=test_set, layout="webdataset", now=timezone.now())

    def full(**_: Any) -> bool:
        raise OSError("No space left on device")

    monkeypatch.setattr(exports, "write", full)
    for _ in range(records.MAX_ATTEMPTS):
        Export.objects.update(lease_expires_at=None)
        tasks.write_export(row.pk)
    row.refresh_from_db()
    assert (row.state, row.failure) == ("failed", f"No space left on device (tried {records.MAX_ATTEMPTS} times)")


def test_a_file_that_vanished_while_writing_is_named(test_set: TestSet, tmp_path: Path) -> None:
    held = begin(test_set, "webdataset", tmp_path / "export")

    def vanish(so_far: Any) -> None:
        for path in tmp_path.rglob("test-000000.tar"):
            path.unlink()

    with pytest.raises(CannotExport, match=r"shards/test-000000\.tar is gone"):
        exports.write(held=held, clock=timezone.now, rules=exports.Rules(on_piece=vanish))


def test_an_export_that_another_version_began_begins_anew(
    test_set: TestSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = begin(test_set, "webdataset", tmp_path / "export")
    die_after(held, 7)
    monkeypatch.setattr(webdataset, "IMAGES_PER_SHARD", 5)
    assert exports.write(held=take_over(held), clock=timezone.now)
    export(test_set, "webdataset", tmp_path / "at once")
    assert content_of(tmp_path / "export") == content_of(tmp_path / "at once")


def test_an_image_lost_after_the_manifest_was_written_is_not_overlooked(
    test_set: TestSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = begin(test_set, "webdataset", tmp_path / "export")

    class DeadError(BaseException):
        pass

    def die(self: Any, manifest: Any) -> None:
        raise DeadError

    with monkeypatch.context() as patch:
        patch.setattr("annotation.exports.targets.folder.Folder.complete", die)
        with pytest.raises(DeadError):
            exports.write(held=held, clock=timezone.now)
    Export.objects.update(lease_expires_at=timezone.now())
    next(tmp_path.rglob("test-000001.tar")).write_bytes(b"damaged")
    lose(test_set, 4)
    with pytest.raises(CannotExport, match="Only 23 of 24"):
        exports.write(held=take_over(held), clock=timezone.now)
    assert not (tmp_path / "export").exists()


def test_damaged_judgements_fail_loudly(test_set: TestSet, tmp_path: Path) -> None:
    kept = testsets.manifest_of(test_set)["judgements"]["sha256"]
    path = Path(str(storage.path_of("judgements", kept)))
    path.chmod(0o600)
    path.write_bytes(b"task,worker,label\n")
    with pytest.raises(MissingContent, match="damaged"):
        export(test_set, "webdataset", tmp_path / "export")
    assert [each.name for each in tmp_path.iterdir() if "export" in each.name] == []
