"""Manifests of any kind: what a row says becomes a record, and what is wrong with a line concerns that line alone."""

import gzip
import json
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from annotation.errors import AnnotationError, UnreadableSource
from annotation.sources import CandidateRecord, RefusedRecord, kind_of, open_source
from annotation.sources.downloads import connecting
from annotation.sources.tables import csv_rows
from tests.fakes.web import WebServer, body

Record = CandidateRecord | RefusedRecord
TOLD = {
    "file_name": "a.png",
    "wnid": "n01",
    "license": "CC BY 2.0",
    "date_taken": "2014-05-31T14:05:00+02:00",
    "uploaded_at": "2014-06-01",
    "author": "Ann",
    "page": "https://example.org/1",
    "query": "bow tie",
    "note": "passed over",
}


def written(folder: Path, kind: str, rows: list[dict[str, Any]]) -> Path:
    path = folder / f"manifest.{kind}"
    if kind == "parquet":
        parquet.write_table(pa.Table.from_pylist(rows), path)
    elif "json" in kind:
        text = "\n".join(json.dumps(row) for row in rows)
        path.write_bytes(gzip.compress(text.encode()) if kind.endswith(".gz") else text.encode())
    else:
        delimiter = "\t" if "tsv" in kind else ","
        lines = [delimiter.join(rows[0]), *(delimiter.join(map(str, row.values())) for row in rows)]
        text = "\r\n".join(lines)
        path.write_bytes(gzip.compress(text.encode()) if kind.endswith(".gz") else text.encode())
    return path


def refused(records: list[Record]) -> dict[str, str]:
    return {record.source: record.reason for record in records if isinstance(record, RefusedRecord)}


def of(path: Path, text: str | bytes) -> list[Record]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(open_source(path))


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "tsv", "jsonl", "jsonl.gz", "ndjson", "parquet"])
def test_a_row_says_the_same_in_every_kind_of_table(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a.png").write_bytes(b"picture")
    path = written(tmp_path, kind, [TOLD])
    assert kind_of(path) == "manifest"
    (record,) = open_source(path)
    assert isinstance(record, CandidateRecord)
    assert record.read is not None
    assert (record.source, record.class_id, record.read()) == ("a.png", "n01", b"picture")
    assert (record.licence, record.owner, record.query) == ("CC BY 2.0", "Ann", "bow tie")
    assert record.page_url == "https://example.org/1"
    assert record.taken_at == datetime(2014, 5, 31, 12, 5, tzinfo=UTC)
    assert record.uploaded_at == datetime(2014, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_ids_and_classes_alone_are_candidates_without_pictures(tmp_path: Path, kind: str) -> None:
    rows = [{"id": number, "class_id": f"n0{number % 2}"} for number in range(3)]
    records = list(open_source(written(tmp_path, kind, rows)))
    assert [(record.source, record.class_id) for record in records if isinstance(record, CandidateRecord)] == [
        ("0", "n00"),
        ("1", "n01"),
        ("2", "n00"),
    ]
    assert all(isinstance(record, CandidateRecord) and record.read is None for record in records)


def test_a_picture_with_an_address_is_fetched_when_it_is_wanted(tmp_path: Path, settings: Any) -> None:
    with WebServer({"/a.jpg": body(b"picture")}) as server:
        settings.DOWNLOAD_PRIVATE_HOSTS = [server.place]
        (record,) = of(tmp_path / "m.csv", f"url,class_id\n{server.address}/a.jpg,1\n")
        assert isinstance(record, CandidateRecord)
        assert record.source == f"{server.address}/a.jpg"
        assert server.asked == []
        assert record.read is not None
        assert record.read() == b"picture"
    connecting.forget()


def test_an_address_that_is_not_public_is_not_asked(tmp_path: Path) -> None:
    with WebServer({"/a.jpg": body(b"secret")}) as server:
        (record,) = of(tmp_path / "m.jsonl", json.dumps({"url": f"{server.address}/a.jpg", "class_id": "1"}))
        assert isinstance(record, CandidateRecord)
        assert record.read is not None
        with pytest.raises(AnnotationError):
            record.read()
        assert server.num_connections == 0


def test_a_path_comes_before_an_address_and_that_before_an_id(tmp_path: Path) -> None:
    rows = ["a.png,https://e.org/b,c,1", ",https://e.org/b,c,1", ",,c,1", ",,,1"]
    records = of(tmp_path / "m.csv", "\n".join(["path,url,id,class_id", *rows]))
    assert [record.source for record in records] == ["a.png", "https://e.org/b", "c", "line 5"]


def test_the_same_id_twice_is_passed_on_twice(tmp_path: Path) -> None:
    records = of(tmp_path / "m.csv", "id,class_id\na,1\na,2\na,1\n")
    assert [(record.source, record.cursor) for record in records] == [("a", "2"), ("a", "3"), ("a", "4")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('"a.png,1,', "A quote opens here that does not end."),
        ('"a"b.png,1,', "The row is no CSV"),
        ("a.png,1,,more", "has 4 columns, and its first line 3"),
        ("a.png,1", "has 2 columns, and its first line 3"),
        ("a.png,,2014-05-31", "lacks a path or a class id"),
        ("a.png,1,in May", "has taken_at 'in May', which is no date"),
        ("a" * 200_000 + ",1,", "longer than 100,000 characters"),
        (b"\xe4.png,1,", "It is not UTF-8 text."),
    ],
)
def test_a_damaged_line_is_refused_with_its_number_and_the_rest_is_taken(
    tmp_path: Path, row: str | bytes, reason: str
) -> None:
    line = row if isinstance(row, bytes) else row.encode()
    records = of(tmp_path / "m.csv", b"path,class_id,taken_at\n" + line + b"\nb.png,1,\nc.png,1,\n")
    (complaint,) = refused(records).values()
    assert complaint.startswith("Line 2 of the manifest")
    assert reason in complaint
    assert [record.source for record in records if isinstance(record, CandidateRecord)] == ["b.png", "c.png"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "The line is no JSON:"),
        ("[" * 90_000, "The line is no JSON:"),
        ("7", "The line is no JSON object."),
        ("{}", "lacks a path or a class id"),
        ('{"id": "a", "class_id": ["1"]}', "The row has ['1'] where a text belongs."),
        ('{"id": "a", "class_id": true}', "The row has True where a text belongs."),
        ('{"id": "\\ud800", "class_id": "1"}', "It is not UTF-8 text."),
        ('{"id": "a", "class_id": "1", "page_url": "javascript:alert(1)"}', "does not begin with https://"),
        (json.dumps({"id": "a", "class_id": "1", "owner": "x" * 201}), "has an owner of more than 200 characters"),
        ('{"id": "' + "a" * 200_000 + '"}', "longer than 100,000 characters"),
    ],
)
def test_a_line_that_says_nothing_is_refused_and_the_rest_is_taken(tmp_path: Path, line: str, reason: str) -> None:
    records = of(tmp_path / "m.jsonl", f'{line}\n{{"class_id": "2", "id": "b"}}\n')
    (complaint,) = refused(records).values()
    assert complaint.startswith("Line 1 of the manifest")
    assert reason in complaint
    assert [record.source for record in records if isinstance(record, CandidateRecord)] == ["b"]


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("m.csv", b"id,id,class_id\na,b,1\n", "several columns 'id'"),
        ("m.csv", "path,class_id\na,1\n".encode("utf-16"), "not UTF-8"),
        ("m.csv", b"id\na\n", "no column class_id; add it. Its columns: 'id'"),
        ("m.jsonl", b"path,class_id\na,1\nb,2\n", "none of its first rows can be read"),
        ("m.jsonl", b"\n".join([b"{"] * 500), "none of its first rows can be read"),
        ("m.csv.gz", b"\x1f\x8bnothing", "can't be read"),
        ("m.parquet", b"PAR1nothing", "can't be read as parquet"),
    ],
)
def test_what_is_no_manifest_says_why(tmp_path: Path, name: str, content: bytes, complaint: str) -> None:
    with pytest.raises(UnreadableSource, match=complaint):
        of(tmp_path / name, content)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_long_table_is_passed_on_row_by_row(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, kind, [{"id": f"image {number}", "class_id": "1"} for number in range(60_000)])
    assert sum(1 for _ in open_source(path)) == 60_000  # what is loaded once for all is loaded now
    tracemalloc.start()
    last = ""
    for record in open_source(path):
        last = record.source
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert last == "image 59999"
    assert peak < 4 * 2**20


@pytest.mark.parametrize("begin", ["path,class_id\na.png,1\n", '{"path": "a.png", "class_id": "1"}\n'])
@pytest.mark.parametrize("rest", ["\n" * 50, "x" * 500])
def test_what_goes_on_without_a_row_is_no_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begin: str, rest: str
) -> None:
    """A few bytes, compressed, can stand for more than anybody could wait for; nothing else gets its turn meanwhile."""
    monkeypatch.setattr(csv_rows, "MAX_LINE", 100)
    monkeypatch.setattr(csv_rows, "MAX_SKIPPED", 300)
    monkeypatch.setattr(csv_rows, "MAX_EMPTY", 40)
    path = tmp_path / ("m.jsonl" if begin.startswith("{") else "m.csv")
    path.write_bytes(gzip.compress((begin + rest).encode()))
    records = iter(open_source(path))
    assert next(records).source == "a.png"
    with pytest.raises(UnreadableSource, match="this is no table"):
        next(records)
