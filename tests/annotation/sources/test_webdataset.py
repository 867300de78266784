"""Shards of samples: whatever a tar holds, images with a class are taken and the rest is refused with a line."""

import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from annotation.errors import RefusedImage, UnreadableSource
from annotation.sources import CandidateRecord, RefusedRecord, kind_of, open_source, webdataset
from annotation.sources.files import tars as tar_members
from tests.annotation.sources.written import pack

Record = CandidateRecord | RefusedRecord


def taken(records: list[Record]) -> dict[str, tuple[str, bytes]]:
    return {
        record.source: (record.class_id, record.read())
        for record in records
        if isinstance(record, CandidateRecord) and record.read is not None
    }


def refused(records: list[Record]) -> dict[str, str]:
    return {record.source: record.reason for record in records if isinstance(record, RefusedRecord)}


def link(name: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "/etc/passwd"
    return info


GOOD = [("good.jpg", b"picture"), ("good.cls", b"7")]


def read(path: Path, *members: Any, **options: Any) -> list[Record]:
    return list(open_source(pack(path / "a.tar", [*members, *GOOD], **options)))


def test_a_sample_is_an_image_and_its_class_under_one_key(tmp_path: Path) -> None:
    told = {"class_id": "n01", "licence": "CC BY", "taken_at": "2014-05-31", "owner": "Ann", "label": 3}
    records = read(
        tmp_path,
        ("./x/1.jpg", b"one"),
        ("./x/1.cls", b"3"),
        ("./x/1.json", json.dumps(told).encode()),
        ("2.image.PNG", b"two"),
        ("2.json", b'{"label": 5}'),
    )
    assert taken(records) == {
        "a.tar/x/1.jpg": ("n01", b"one"),
        "a.tar/2.image.PNG": ("5", b"two"),
        "a.tar/good.jpg": ("7", b"picture"),
    }
    first = records[0]
    assert isinstance(first, CandidateRecord)
    assert (first.licence, first.owner, str(first.taken_at)) == ("CC BY", "Ann", "2014-05-31 00:00:00+00:00")


def test_images_are_read_in_any_order_also_when_all_shards_are_passed(tmp_path: Path) -> None:
    for shard in range(3):
        members = [(f"{key}.{suffix}", f"{shard}{key}".encode()) for key in range(3) for suffix in ("jpg", "cls")]
        pack(tmp_path / f"{shard}.tar", members)
    records = list(open_source(tmp_path))
    assert kind_of(tmp_path) == "webdataset"
    assert [record.read() for record in reversed(records) if isinstance(record, CandidateRecord) and record.read] == [
        f"{shard}{key}".encode() for shard in (2, 1, 0) for key in (2, 1, 0)
    ]


@pytest.mark.parametrize("pattern", ["train-{008..010}.tar", "train-*.tar", "train-0??.tar"])
def test_shards_are_named_by_numbers_or_by_a_pattern(tmp_path: Path, pattern: str) -> None:
    for number in range(8, 11):
        pack(tmp_path / f"train-{number:03d}.tar", GOOD)
    records = list(open_source(tmp_path / pattern))
    assert [record.source for record in records] == [f"train-{number:03d}.tar/good.jpg" for number in (8, 9, 10)]


def test_a_shard_that_is_missing_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    pack(tmp_path / "1.tar", GOOD)
    first, second = open_source(tmp_path / "{1..2}.tar")
    assert (first.source, second.source) == ("1.tar/good.jpg", "2.tar")
    assert isinstance(second, RefusedRecord)
    assert "no such file" in second.reason


@pytest.mark.parametrize(
    ("members", "source", "reason"),
    [
        ([("/etc/a.jpg", b"x")], "/etc/a.jpg", "absolute"),
        ([("../a.jpg", b"x")], "../a.jpg", "leads out"),
        ([("a/../../b.jpg", b"x")], "a/../../b.jpg", "leads out"),
        ([link("a.jpg")], "a.jpg", "is a link"),
        ([link("a.jpg", tarfile.LNKTYPE)], "a.jpg", "is a link"),
        ([link("a.jpg", tarfile.CHRTYPE)], "a.jpg", "is a device"),
        ([link("a.jpg", tarfile.FIFOTYPE)], "a.jpg", "is a pipe"),
        ([link("a.jpg", tarfile.GNUTYPE_SPARSE)], "a.jpg", "with holes"),
        ([link("a.jpg", b"Z")], "a.jpg", "no file"),
        ([("a.jpg", b"x")], "a.jpg", "no class"),
        ([("a.jpg", b"x"), ("a.cls", b" \n")], "a.jpg", "no class"),
        ([("a.cls", b"1")], "a", "no image"),
        ([("a.jpg", b"x"), ("a.png", b"x"), ("a.cls", b"1")], "a", "several images"),
        ([("a.jpg", b"x"), ("a.JPG", b"y"), ("a.cls", b"1")], "a", "Two files of the sample end in .jpg"),
        ([("a.\udcff", b"x"), ("a.\udcff", b"y")], "a", "end in .\\udcff."),
        ([("a.jpg", b""), ("a.cls", b"1")], "a.jpg", "empty"),
        ([("a.jpg", b"x"), ("a.cls", b"\xff")], "a.jpg", "not UTF-8"),
        ([("a\udcff.jpg", b"x"), ("a\udcff.cls", b"1")], "a\udcff.jpg", "not UTF-8"),
        ([("a.jpg", b"x"), ("a.json", b"[" * 99_999)], "a.jpg", ".json of the sample can't be read"),
        ([("a.jpg", b"x"), ("a.json", b'{"class_id": ["n01"]}')], "a.jpg", "where a text belongs"),
        ([("a.jpg", b"x"), ("a.json", b'{"wnid": "n1", "date_taken": "May"}')], "a.jpg", "is no date"),
        ([("good.jpg", b"x"), ("good.cls", b"1"), ("b.cls", b"1")], "good", "another sample with this key"),
        ([(f"a.{number}", b"") for number in range(200)], "a", "more than 100 files"),
    ],
)
def test_what_is_no_sample_is_refused_and_the_rest_is_taken(
    tmp_path: Path, members: list[Any], source: str, reason: str
) -> None:
    records = read(tmp_path, *members)
    assert reason in refused(records)[f"a.tar/{source}"]
    assert "a.tar/good.jpg" in taken(records)


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("name", ["ä" * 120, "\u202egpj-exe", "x/" * 150 + "y"])
def test_long_and_strange_names_are_only_names(tmp_path: Path, form: int, name: str) -> None:
    records = read(tmp_path, (f"{name}.jpg", b"x"), (f"{name}.cls", b"1"), format=form)
    assert taken(records)[f"a.tar/{name}.jpg"] == ("1", b"x")


def test_a_huge_image_is_refused_unread(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.tar", [("a.cls", b"1")])
    info = tarfile.TarInfo("a.jpg")
    info.size = 2**32
    with path.open("r+b") as file:
        file.seek(1024)
        file.write(info.tobuf())
        file.truncate(1536 + info.size)  # a hole on the disk, and zeros at the end
    (record,) = [record for record in open_source(path) if record.source == "a.tar/a.jpg"]
    assert isinstance(record, RefusedRecord)
    assert "at most" in record.reason


def test_a_header_that_announces_a_huge_name_is_not_taken_into_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tar_members, "MAX_NOTE", 1000)
    records = list(open_source(pack(tmp_path / "a.tar", [*GOOD, ("x" * 2000 + ".jpg", b"x")])))
    assert "a.tar/good.jpg" in taken(records)
    assert "headers are too long" in refused(records)["a.tar"]


@pytest.mark.parametrize("num_bytes", [600, 1500, 2100])
def test_of_a_shard_that_breaks_off_what_is_there_is_taken(tmp_path: Path, num_bytes: int) -> None:
    path = pack(tmp_path / "a.tar", [*GOOD, ("x.jpg", b"x" * 600), ("x.cls", b"1")])
    path.write_bytes(path.read_bytes()[: 4 * 512 + num_bytes - 512])
    records = list(open_source(path))
    assert list(taken(records)) == ["a.tar/good.jpg"]
    assert "breaks off" in refused(records)["a.tar"]


def test_a_shard_without_its_end_or_with_a_damaged_header_is_told(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.tar", GOOD)
    path.write_bytes(path.read_bytes()[:2048])
    assert "no end mark" in refused(list(open_source(path)))["a.tar"]
    path.write_bytes(path.read_bytes() + b"x" * 512)
    assert "a header is damaged" in refused(list(open_source(path)))["a.tar"]


def test_what_is_no_tar_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"x" * 1000)
    with pytest.raises(UnreadableSource, match="it is no tar"):
        list(open_source(tmp_path / "a.tar"))
    with pytest.raises(UnreadableSource, match=r"no file .*b-"):
        list(open_source(tmp_path / "b-*.tar"))
    with pytest.raises(UnreadableSource, match="must count upwards"):
        list(open_source(tmp_path / "b-{5..1}.tar"))


def test_no_shard_has_samples_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webdataset, "MAX_SAMPLES", 2)
    records = list(open_source(pack(tmp_path / "a.tar", [(f"{key}.jpg", b"x") for key in range(9)])))
    assert [record.source for record in records] == ["a.tar/0.jpg", "a.tar/1.jpg", "a.tar"]


def test_a_link_among_shards_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    pack(tmp_path / "secret.tar", GOOD)
    pack(tmp_path / "shards/b.tar", GOOD)
    (tmp_path / "shards/a.tar").symlink_to("../secret.tar")
    records = list(open_source(tmp_path / "shards"))
    assert list(taken(records)) == ["b.tar/good.jpg"]
    assert "leads out of its folder" in refused(records)["a.tar"]


def test_a_pipe_among_shards_is_not_waited_for(tmp_path: Path) -> None:
    pack(tmp_path / "b.tar", GOOD)
    os.mkfifo(tmp_path / "a.tar")
    assert "not a regular file" in refused(list(open_source(tmp_path)))["a.tar"]


def test_an_image_in_a_shard_that_was_cut_meanwhile_is_refused(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.tar", GOOD)
    (record,) = open_source(path)
    path.write_bytes(b"")
    assert isinstance(record, CandidateRecord)
    assert record.read is not None
    with pytest.raises(RefusedImage, match="ends before"):
        record.read()


def test_what_the_webdataset_library_writes_is_read(tmp_path: Path) -> None:
    library = pytest.importorskip("webdataset")
    with library.TarWriter(str(tmp_path / "a.tar")) as writer:
        writer.write({"__key__": "1", "jpg": b"picture", "cls": 7, "json": {"license": "CC0"}})
    (record,) = open_source(tmp_path / "a.tar")
    assert isinstance(record, CandidateRecord)
    assert (record.class_id, record.licence, record.read and record.read()) == ("7", "CC0", b"picture")


def test_members_of_a_tar_made_anyhow_are_found_where_they_are(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.tar", [("x" * 300 + ".jpg", b"one"), ("2.jpg", b"")], format=tarfile.GNU_FORMAT)
    with tarfile.open(path) as tar:
        expected = [(info.name, info.offset_data, info.size) for info in tar]
    from annotation.sources.files.opening import LocalFile

    found = [(member.name, member.offset, member.size) for member in tar_members.members(LocalFile(str(path)))]
    assert found == expected
    assert io.BytesIO(path.read_bytes()[found[0][1] :]).read(3) == b"one"
