"""A folder per class, walked in one order, never left."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from annotation.errors import AnnotationError, RefusedImage, UnreadableSource, UnsafePath
from annotation.sources import CandidateRecord, FolderSource, RefusedRecord, open_source


def put(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def records(root: Path) -> list[CandidateRecord]:
    return [record for record in FolderSource(root) if isinstance(record, CandidateRecord)]


def refusals(root: Path) -> dict[str, str]:
    return {record.source: record.reason for record in FolderSource(root) if isinstance(record, RefusedRecord)}


def test_files_come_by_class_in_the_order_of_their_bytes(tmp_path: Path) -> None:
    for name in ("1/b.png", "10/a.png", "1/Z.png", "1/é.png", "1/deeper/a.png", "0/a.png"):
        put(tmp_path / name)
    found = [(record.class_id, record.source) for record in records(tmp_path)]
    in_order = [("0", "0/a.png"), ("1", "1/Z.png"), ("1", "1/b.png"), ("1", "1/deeper/a.png"), ("1", "1/é.png")]
    assert found == [*in_order, ("10", "10/a.png")]


def test_a_file_is_read_only_when_asked_for(tmp_path: Path) -> None:
    path = put(tmp_path / "1/a.png", b"before")
    (record,) = records(tmp_path)
    path.write_bytes(b"after")
    assert record.read() == b"after"


def test_hidden_files_are_passed_over_in_silence(tmp_path: Path) -> None:
    for name in (".DS_Store", "1/.DS_Store", "1/._a.png", ".git/a.png", "1/a.png"):
        put(tmp_path / name)
    assert [record.source for record in records(tmp_path)] == ["1/a.png"]
    assert refusals(tmp_path) == {}


NAMES = ["日本語.png", "\u202egnp.exe", "x" * 255, "ä" * 125 + ".png", os.fsdecode(b"\xff\xfe.png")]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_the_disk_can_hold_is_read(tmp_path: Path, name: str) -> None:
    put(tmp_path / "1" / name, b"content")
    (record,) = records(tmp_path)
    assert record.read() == b"content"


def test_an_empty_class_folder_is_mentioned(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    put(tmp_path / "8/.hidden")
    assert list(refusals(tmp_path)) == ["7/", "8/"]
    assert "is empty" in refusals(tmp_path)["7/"]


def test_a_file_beside_the_class_folders_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "readme.txt")
    assert "in no class folder" in refusals(tmp_path)["readme.txt"]


def test_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    secret = put(tmp_path / "secret.png")
    put(tmp_path / "root/1/a.png")
    (tmp_path / "root/1/b.png").symlink_to(secret)
    (tmp_path / "root/1/c.png").symlink_to("a.png")
    inside, out, linked = records(tmp_path / "root")
    assert inside.read() == linked.read() == b"x"
    with pytest.raises(UnsafePath, match="leads out of its folder"):
        out.read()


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path / "root/1/a.png")
    (tmp_path / "root/2").symlink_to("/etc")
    (tmp_path / "root/1/again").symlink_to("..")
    assert set(refusals(tmp_path / "root")) == {"2", "1/again"}


@pytest.mark.parametrize(
    "make",
    [
        lambda path: os.mkfifo(path),
        lambda path: path.symlink_to(path),
        lambda path: path.symlink_to("nowhere.png"),
        lambda path: path.write_bytes(b""),
    ],
    ids=["pipe", "loop", "broken link", "empty"],
)
def test_what_can_not_be_read_is_refused_without_waiting(tmp_path: Path, make: Callable[[Path], None]) -> None:
    (tmp_path / "1").mkdir()
    make(tmp_path / "1/a.png")
    (record,) = records(tmp_path)
    with pytest.raises(RefusedImage):
        record.read()


def test_a_file_swapped_for_a_link_after_it_was_listed_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path / "root/1/a.png")
    (record,) = records(tmp_path / "root")
    path.unlink()
    path.symlink_to(put(tmp_path / "secret"))
    with pytest.raises(AnnotationError):
        record.read()


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match="There is nothing to be read at"):
        open_source(tmp_path / ("x" * 300))
    with pytest.raises(UnreadableSource, match="neither a folder nor a manifest"):
        open_source(put(tmp_path / "images.zip"))
