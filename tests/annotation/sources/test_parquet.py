"""Tables of parquet: their rows as text, and what a small file would fill the memory with is refused."""

import resource
import uuid
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from annotation.errors import UnreadableSource
from annotation.sources.judgements import Columns, JudgementRow, RefusedRow, read_judgements
from annotation.sources.tables import parquet as source


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "table.parquet"


def read(path: Path, columns: dict[str, Any], **options: Any) -> list[JudgementRow | RefusedRow]:
    from pyarrow import parquet

    parquet.write_table(pa.table(columns), path, **options)
    return list(read_judgements(path, Columns()))


def table(worker: Any, **columns: Any) -> dict[str, Any]:
    """As many rows as there are workers."""
    return {"worker": worker, "task": ["a.png"] * len(worker), "label": [True] * len(worker)} | columns


def workers(rows: list[JudgementRow | RefusedRow]) -> list[str]:
    return [row.worker for row in rows if isinstance(row, JudgementRow)]


def test_rows_are_read_as_text(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "ROWS_PER_PART", 2)
    at = datetime(2026, 3, 1, tzinfo=UTC)
    columns = {"worker": [1, 2, None], "task": ["a", "b", "c"], "label": [True, False, None], "submitted_at": [at] * 3}
    rows = read(path, columns | {"more": [[1], [2], [3]]})
    assert [(row.line, row[1]) for row in rows] == [(1, "1"), (2, "2"), (3, "")]
    assert [row.selected for row in rows if isinstance(row, JudgementRow)] == ["True", "False", ""]
    assert isinstance(rows[0], JudgementRow)
    assert rows[0].submitted_at == "2026-03-01T00:00:00+00:00"


KINDS = [pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary(), pa.binary_view()]


@pytest.mark.parametrize("kind", [*KINDS, pa.binary(2), pa.dictionary(pa.int32(), pa.string())], ids=str)
@pytest.mark.parametrize("use_dictionary", [True, False])
def test_texts_of_any_kind_are_texts(path: Path, kind: Any, use_dictionary: bool) -> None:
    written = pa.array(["w1", None, "w2"]).cast(kind) if kind != pa.binary(2) else pa.array([b"w1", None, b"w2"], kind)
    assert workers(read(path, table(written), use_dictionary=use_dictionary)) == ["w1", "", "w2"]


def test_what_is_no_utf8_is_passed_on_as_from_a_csv(path: Path) -> None:
    latin = pa.array([b"J\xf6rg", b"ann"]).view(pa.string())
    assert workers(read(path, table(latin))) == workers(read(path, table(latin.view(pa.binary())))) == [
        "J\udcf6rg", "ann",
    ]  # fmt: skip


def test_a_row_that_is_too_long_is_refused_and_the_next_is_read(path: Path) -> None:
    half = "x" * 60_000
    rows = read(path, {"worker": [half, half, "ann"], "task": ["a.png", half, None], "label": [1, 1, 0]})
    assert rows[1] == RefusedRow(2, "The row is longer than 100,000 bytes.")
    assert [(row.line, row[1][:3]) for row in rows if isinstance(row, JudgementRow)] == [(1, "xxx"), (3, "ann")]


def test_one_long_text_in_many_rows_does_not_fill_the_memory(path: Path) -> None:
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), ["x" * 2_000_000])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rows = read(path, table(long), dictionary_pagesize_limit=1 << 24)
    assert path.stat().st_size < 300_000
    assert [row.line for row in rows if isinstance(row, RefusedRow)] == list(range(1, 20_001))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kB; all of it is 40 GB


def test_a_row_group_that_is_too_large_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_GROUP", 8000)
    with pytest.raises(UnreadableSource, match=r"A row group has [\d,]+ bytes.*at most 8,000 are read"):
        read(path, table(["x" * 2000], task=["y" * 2000]), use_dictionary=False)
    unread = {"more": ["z" * 9000]}
    assert len(read(path, table(["x"], **unread), use_dictionary=False)) == 1


@pytest.mark.parametrize("encoding", ["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"])
def test_a_text_that_is_kept_as_differences_is_refused(path: Path, encoding: str) -> None:
    with pytest.raises(UnreadableSource, match=f"'worker' is encoded as {encoding}.*save the table without"):
        read(path, table(["w1"]), use_dictionary=False, column_encoding={"worker": encoding})


@pytest.mark.parametrize(
    "values",
    [
        pa.array([["w1"]]),
        pa.array([{"name": "w1"}]),
        pa.array([b"x" * 2000], pa.binary(2000)),
        pa.array(["1"], pa.json_()),
    ],
    ids=["list", "struct", "wide", "json"],
)
def test_what_is_no_text_and_no_number_is_refused(path: Path, values: Any) -> None:
    with pytest.raises(UnreadableSource, match=r"The column 'worker' is of the type .*; save it as text"):
        read(path, table(values))


@pytest.mark.parametrize("kind", [pa.timestamp("s"), pa.timestamp("us", "UTC"), pa.date32(), pa.date64()], ids=str)
def test_a_time_that_can_not_be_is_passed_on_as_its_number(path: Path, kind: Any) -> None:
    number = {"timestamp[s]": 10**12, "date32[day]": 10**9}.get(str(kind), 86_400_000 * 10**10)
    times = pa.array([number], pa.int32() if kind == pa.date32() else pa.int64()).view(kind)
    (row,) = read(path, table(["w1"], submitted_at=times))
    assert isinstance(row, JudgementRow)
    assert row.submitted_at is not None
    assert row.submitted_at.strip("-").isdigit()


def test_a_uuid_is_written_out(path: Path) -> None:
    one = uuid.uuid4()
    assert workers(read(path, table(pa.array([one.bytes], pa.uuid())))) == [str(one)]


def test_nanoseconds_and_days_are_times(path: Path) -> None:
    at = pa.array([1_772_323_200_000_000_001], pa.timestamp("ns"))
    (row,) = read(path, table(["w1"], submitted_at=at))
    assert row[-1] == "2026-03-01T00:00:00"
    (row,) = read(path, table(["w1"], submitted_at=[date(2026, 3, 1)]))
    assert row[-1] == "2026-03-01"


def test_what_is_damaged_says_why(path: Path) -> None:
    path.write_bytes(b"PAR1nothing")
    with pytest.raises(UnreadableSource, match="can't be read as parquet"):
        list(read_judgements(path, Columns()))


def test_a_footer_that_leaves_out_a_column_does_not_end_the_process(path: Path) -> None:
    read(path, table(["w1"]))
    content = path.read_bytes()
    footer = content[-8 - int.from_bytes(content[-8:-4], "little") :]
    for place in (place for place, byte in enumerate(footer) if byte == 0x1C):  # where a column's description begins
        path.write_bytes(content[: -len(footer)] + footer[:place] + b"\x2c" + footer[place + 1 :])
        with suppress(UnreadableSource):  # elsewhere than in a column's description, the byte may mean anything
            assert workers(list(read_judgements(path, Columns()))) == ["w1"]
