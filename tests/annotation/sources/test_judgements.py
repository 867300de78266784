"""A long table of judgements: every row is passed on, or refused with its line."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.errors import UnreadableSource
from annotation.sources.judgements import Columns, JudgementRow, RefusedRow, read_judgements

HEADER = "worker,image,target_class,selected\n"


def read(path: Path, content: str | bytes, **columns: str) -> list[JudgementRow | RefusedRow]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read_judgements(path, Columns(**columns)))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


def test_rows_are_read_with_their_lines(table: Path) -> None:
    assert read(table, HEADER + "w1,a.png,1,yes\n\nw2,b.png,7,no") == [
        JudgementRow(2, "w1", "a.png", "1", "yes", None, None),
        JudgementRow(4, "w2", "b.png", "7", "no", None, None),
    ]


def test_a_table_of_tasks_is_read(table: Path) -> None:
    assert read(table, "task,worker,label\na.png,w1,1\n") == [JudgementRow(2, "w1", "a.png", None, "1", None, None)]


def test_columns_can_be_called_anything_and_others_are_passed_over(table: Path) -> None:
    text = "note,rater_id,pic,asked,vote,is_original,when\nx,153,a.png,n01,maybe,1,2026-03-01\n"
    names = {"worker": "rater_id", "image": "pic", "target_class": "asked", "selected": "vote"}
    rows = read(table, text, **names, origin="is_original", submitted_at="when")
    assert rows == [JudgementRow(2, "153", "a.png", "n01", "maybe", "1", "2026-03-01")]


@pytest.mark.parametrize("content", [HEADER.encode("utf-8-sig"), HEADER.replace(",", "\t").encode()])
def test_a_mark_of_the_encoding_and_tabs_are_understood(table: Path, content: bytes) -> None:
    delimiter = "\t" if b"\t" in content else ","
    (row,) = read(table, content + delimiter.join(["w1", "ä.png", "1", "yes"]).encode())
    assert row == JudgementRow(2, "w1", "ä.png", "1", "yes", None, None)


def test_quoted_cells_may_hold_commas_quotes_and_lines(table: Path) -> None:
    rows = read(table, 'remark,worker,task,label\n"a ""b"",\nc",w1,"x,y.png",1\nnone,w2,z.png,0\n')
    assert [(row.line, row[2]) for row in rows if isinstance(row, JudgementRow)] == [(2, "x,y.png"), (4, "z.png")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("w1,a.png,1", "has 3 columns, and the table 4"),
        ("w1,a.png,1,yes,no", "has 5 columns, and the table 4"),
        ('w1,"a.png,1,yes', "A quote opens here that does not end"),
        ('w1,"a"b.png,1,yes', "no CSV"),
        ("w1," + "a" * 200_000 + ",1,yes", "longer than 100,000 characters"),
    ],
)
def test_a_line_that_is_no_row_is_refused_and_the_next_is_read(table: Path, line: str, reason: str) -> None:
    refused, row = read(table, f"{HEADER}{line}\nw2,b.png,1,no\n")
    assert isinstance(refused, RefusedRow)
    assert refused.line == 2
    assert reason in refused.reason
    assert row == JudgementRow(3, "w2", "b.png", "1", "no", None, None)


PIECES = st.sampled_from(
    [b"w1", b",", b"\n", b"\r", b'"', b"a.png", b"\xff", b"\x00", b" ", b"yes", b"\xc2\x85", b"\t"]
)


@settings(max_examples=200)
@given(pieces=st.lists(PIECES, max_size=60))
def test_whatever_stands_in_a_file_every_line_is_told_at_most_once(table: Path, pieces: list[bytes]) -> None:
    content = b"".join(pieces)
    rows = read(table, HEADER.encode() + content + b"\nlast,b.png,7,no\n")
    lines = [row.line for row in rows]
    assert lines == sorted(set(lines))
    num_lines = len(content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"))
    assert set(lines) <= set(range(2, num_lines + 3))
    if b'"' not in content:
        assert rows[-1] == JudgementRow(lines[-1], "last", "b.png", "7", "no", None, None)


def test_what_is_compressed_is_read_whatever_it_is_called(table: Path) -> None:
    assert read(table, gzip.compress(f"{HEADER}w1,a.png,1,yes\n".encode())) == read(table, f"{HEADER}w1,a.png,1,yes\n")


def compressed() -> bytes:
    lines = [f"w{number * 7919 % 10_007},image{number}.png,1,yes" for number in range(50_000)]
    return gzip.compress("\n".join([HEADER.strip(), *lines]).encode())


def test_a_file_with_another_checksum_is_not_believed(table: Path) -> None:
    with pytest.raises(UnreadableSource, match="damaged on its way"):
        read(table, compressed()[:-8] + b"12345678")


@pytest.mark.parametrize("num_bytes", [100_000, -4])
def test_of_a_file_that_breaks_off_what_is_there_is_read(table: Path, num_bytes: int) -> None:
    *rows, last = read(table, compressed()[:num_bytes])
    assert all(isinstance(row, JudgementRow) for row in rows)
    assert [row.line for row in rows] == list(range(2, len(rows) + 2))
    assert len(rows) > 1000
    assert isinstance(last, RefusedRow)
    assert last.line == len(rows) + 2
    assert "damaged from here on" in last.reason


@pytest.mark.parametrize(
    ("content", "columns", "complaint"),
    [
        ("", {}, "has no columns"),
        (
            "rater,image,selected\n",
            {},
            "no column 'worker'. It has 'rater', 'image', 'selected'; say with --worker-column",
        ),
        ("worker,image\n", {}, "no column 'selected' or 'label'"),
        (HEADER, {"target_class": "wnid"}, "no column 'wnid'.*--class-column"),
        ("worker,image,image,selected\n", {}, "2 columns 'image'"),
        ('worker,"image,selected\nw1,a.png,1\n', {}, "names of the columns can't be read.*A quote opens here that"),
        ("x" * 200_000 + "\n", {}, "names of the columns can't be read.*longer than 100,000"),
        (b"\x1f\x8bnothing", {}, "can't be read"),
        (b"PAR1nothing", {}, "parquet"),
    ],
)
def test_what_is_no_table_says_why(table: Path, content: str | bytes, columns: Any, complaint: str) -> None:
    with pytest.raises(UnreadableSource, match=complaint):
        read(table, content, **columns)


def test_a_table_must_be_a_file_that_is_there(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere.csv", Path("\0")):
        with pytest.raises(UnreadableSource, match="check the path"):
            list(read_judgements(path, Columns()))
