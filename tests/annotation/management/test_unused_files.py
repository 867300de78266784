"""`check_storage` names files that no row names, and removes them where it is told to and nothing is missing."""

import io
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command

from annotation import grids, storage, testsets
from annotation.models import Collection, Origin, Study, TestSet
from annotation.storage import Kind
from evaluation.management.commands import check_storage
from tests import cast
from tests.annotation.exports.exported import frozen_set
from tests.annotation.takedowns.scenes import study, take_in

pytestmark = pytest.mark.django_db(transaction=True)
TWO_DAYS = 2 * 86_400


def check(**options: Any) -> str:
    out = io.StringIO()
    call_command("check_storage", stdout=out, **options)
    return out.getvalue()


def age(seconds: int = TWO_DAYS) -> None:
    """Everything in the storage came so long ago."""
    then = time.time() - seconds
    for path in Path(storages["default"].path("")).rglob("*"):
        os.utime(path, (then, then))


def left_over(kind: Kind = "manifests", content: bytes = b"of nobody") -> str:
    return storage.key_of(kind, storage.put(kind, content))


@pytest.fixture
def used(db: None) -> TestSet:
    """A frozen set, candidates with their pictures, and a grid with its sheets: all of it in use."""
    pool = study("pool", range(3), Origin.POOL)
    grids.make_sheets(grid=cast.grid(pool.target_classes.get(), pool.candidates.all()))
    frozen = frozen_set(["0"])
    for image in {row.candidate.image for row in frozen.images.select_related("candidate__image")}:
        image.rendition_sha256 = storage.put("renditions", image.sha256.encode())
        image.save()
    return frozen


def kept() -> set[str]:
    root = Path(storages["default"].path(""))
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def test_nothing_that_a_row_names_is_called_unused(used: TestSet) -> None:
    before = kept()
    age()
    assert "0 files that no row names" in check(unused=True)
    check(remove_unused=True)
    assert kept() == before


@pytest.mark.parametrize("kind", ["images", "renditions", "sheets", "manifests", "judgements", "predictions"])
def test_what_no_row_names_is_named_and_removed_when_told_to(used: TestSet, kind: Kind) -> None:
    before, key = kept(), left_over(kind)
    age()
    assert f"unused: {key}" in check(unused=True)
    assert key in kept()
    assert f"removed: {key}" in check(remove_unused=True)
    assert kept() == before


def test_what_a_crash_left_half_written_goes_too(used: TestSet) -> None:
    half = Path(storages["default"].path("images/ab/cd/.tmpxyz"))
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half")
    age()
    check(remove_unused=True)
    assert not half.exists()


def test_what_came_within_a_day_stays(used: TestSet) -> None:
    key = left_over()
    age(TWO_DAYS // 4)
    assert "0 files that no row names" in check(remove_unused=True)
    assert key in kept()


def test_what_is_not_of_this_storage_stays(used: TestSet) -> None:
    mine = Path(storages["default"].path("manifests/notes.txt"))
    mine.write_text("by hand")
    age()
    check(remove_unused=True)
    assert mine.exists()


def test_nothing_is_removed_while_a_file_is_missing(used: TestSet) -> None:
    key = left_over()
    storage.remove(storage.key_of("manifests", used.content_sha256))
    age()
    with pytest.raises(CommandError, match="missing or damaged"):
        check(remove_unused=True)
    assert key in kept()


def test_nothing_is_removed_where_a_manifest_is_damaged_that_names_files(used: TestSet) -> None:
    judgements = storage.key_of("judgements", testsets.manifest_of(used)["judgements"]["sha256"])
    path = Path(storages["default"].path(storage.key_of("manifests", used.content_sha256)))
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b" ")
    age()
    for look in ({"unused": True}, {"remove_unused": True}):
        with pytest.raises(CommandError, match="Restore it first"):
            check(**look)
    assert judgements in kept()


def test_nothing_is_removed_while_images_are_collected(used: TestSet) -> None:
    key = left_over()
    Collection.objects.create(study=used.study, origin=Origin.POOL, kind="folder", requested_at=cast.NOW)
    age()
    with pytest.raises(CommandError, match="stop the open collections"):
        check(remove_unused=True)
    assert f"unused: {key}" in check(unused=True)


def test_what_an_import_that_began_meanwhile_takes_in_stays(used: TestSet, monkeypatch: pytest.MonkeyPatch) -> None:
    lost, other = left_over("images", cast.png(77)), left_over()
    age()
    named = check_storage._all_named
    looks: list[int] = []

    def then_an_import() -> Iterator[check_storage.Named]:
        yield from named()
        looks.append(1)
        if len(looks) == 2:  # what rows name was read for the last time
            take_in(Study.objects.get(slug="pool"), range(77, 78))

    monkeypatch.setattr(check_storage, "_all_named", then_an_import)
    said = check(remove_unused=True)
    assert f"removed: {other}" in said
    assert lost not in said
    assert lost in kept()
    monkeypatch.undo()
    assert "could be removed" in check(unused=True)


def test_what_is_stored_again_has_come_anew(used: TestSet) -> None:
    key = left_over()
    age()
    before = storage.came_at(key)
    left_over()
    after = storage.came_at(key)
    assert before is not None
    assert after is not None
    assert after - before > timedelta(days=1)
    storage.remove(key)
    assert storage.came_at(key) is None
