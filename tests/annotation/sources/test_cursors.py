"""Whoever stops behind a record goes on with the very next one, whatever the source."""

import gzip
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from annotation.sources import CandidateRecord, RefusedRecord, open_source
from tests.annotation.sources.written import arrow_table, pack, save_arrow


def folder(root: Path) -> Path:
    names = ["1/b.png", "1/a/x.png", "1/a/y/z.png", "1/a.png", "10/a.png", "2/.hidden", "3 %/%41.png", "readme.txt"]
    for name in [*names, os.fsdecode(b"4/\xff\n.png")]:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    (root / "1/link").symlink_to("..")
    return root


def manifest(root: Path) -> Path:
    rows = ["a.png,1", "b.png,", '"c\n.png",1', "d.png,1,2014-05-31,more", "", "e.png,2"]
    (root / "manifest.csv").write_text("\n".join(["path,class_id,taken_at", *rows]))
    return root / "manifest.csv"


def table(root: Path) -> Path:
    """Several row groups, and a row that is too long."""
    paths = [f"{number}.png" for number in range(7)] + ["x" * 200_000, "z.png"]
    columns = {"path": paths, "wnid": ["n01"] * 8 + [None], "note": ["a"] * 9}
    parquet.write_table(pa.table(columns), root / "manifest.parquet", row_group_size=2)
    return root / "manifest.parquet"


def lines(root: Path) -> Path:
    rows = ['{"id": "a", "class": 1}', "[]", "", '{"path": "b.png", "class": "1"}', "{", '{"id": "c", "wnid": 2.5}']
    (root / "manifest.jsonl").write_text("\n".join([*rows, '{"id": 3, "class_id": "4"}']))
    return root / "manifest.jsonl"


def cut_off(root: Path) -> Path:
    """Compressed, and not to its end."""
    text = "id,class_id\n" + "".join(f'{number * 7919 % 1009},"1\n{number}"\n' for number in range(60))
    (root / "manifest.csv.gz").write_bytes(gzip.compress(text.encode())[:-40])
    return root / "manifest.csv.gz"


def shards(root: Path) -> Path:
    samples = [("a.jpg", b"x"), ("a.cls", b"1"), ("b.jpg", b"x"), ("/c.jpg", b"x"), ("d.cls", b"1"), ("d.png", b"x")]
    pack(root / "shards/z 1.tar", samples)
    pack(root / "shards/é.tar", [*samples, ("a.jpg", b"again"), ("a.cls", b"1")])
    (root / "shards/c.tar").write_bytes(b"no tar")
    path = pack(root / "shards/d.tar", [*samples, ("e.jpg", b"x" * 600)])
    path.write_bytes(path.read_bytes()[:-10_000])
    return root / "shards"


def saved(root: Path) -> Path:
    tables = [arrow_table([b"x", None, b"y"], ["1", "1", None]) for _ in range(3)]
    save_arrow(root / "saved", [arrow_table([b"x"] * 7, ["1"] * 7), *tables])
    (root / "saved/data-00001-of-00004.arrow").write_bytes(b"no arrow")
    path = root / "saved/data-00002-of-00004.arrow"
    path.write_bytes(path.read_bytes()[:-300])
    return root / "saved"


def hub(root: Path) -> Path:
    (root / "hub/data").mkdir(parents=True)
    for number in range(2):
        table = arrow_table([b"x", b"y", None, b"z", b""], ["1", "2", "3", None, "4"])
        parquet.write_table(table, root / f"hub/data/test-0000{number}-of-00002.parquet", row_group_size=2)
    return root / "hub"


SOURCES = [folder, manifest, table, lines, cut_off, shards, saved, hub]


def told(record: CandidateRecord | RefusedRecord) -> tuple[str, ...]:
    return (record.source, record.cursor, record.reason if isinstance(record, RefusedRecord) else record.class_id)


@pytest.mark.parametrize("make", SOURCES)
def test_after_any_record_come_exactly_those_behind_it(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    source = open_source(make(tmp_path))
    everything = [told(record) for record in source]
    assert len(everything) >= 5
    assert [told(record) for record in source.after("")] == everything
    for place, (_, cursor, _) in enumerate(everything, start=1):
        assert [told(record) for record in source.after(cursor)] == everything[place:]


@pytest.mark.parametrize("make", SOURCES)
def test_no_two_records_stand_at_the_same_place_and_any_database_keeps_it(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    cursors = [record.cursor for record in open_source(make(tmp_path))]
    assert len(set(cursors)) == len(cursors)
    assert all(cursor and cursor.isprintable() and cursor.encode() for cursor in cursors)


def test_behind_a_file_or_folder_that_is_gone_the_next_follows(tmp_path: Path) -> None:
    source = open_source(folder(tmp_path))
    everything = [told(record) for record in source]
    (tmp_path / "1/a/y/z.png").unlink()
    behind = [cursor for _, cursor, _ in everything].index("1/a/y/z.png")
    assert [told(record) for record in source.after("1/a/y/z.png")] == everything[behind + 1 :]
    shutil.rmtree(tmp_path / "1")
    left = [told_of for told_of in everything if not told_of[0].startswith("1/")]
    assert [told(record) for record in source.after("1/a/y/z.png")] == left
