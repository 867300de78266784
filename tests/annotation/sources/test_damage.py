"""Whatever bytes of a source are changed: there are records, refusals or one clear error, and cursors hold."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from annotation.errors import AnnotationError, UnreadableSource
from annotation.sources import CandidateRecord, RefusedRecord, open_source
from tests.annotation.sources.written import arrow_table, pack, save_arrow

Told = list[tuple[str, str]]


def tar(folder: Path) -> Path:
    samples = [(f"{key}.{end}", f"{key}".encode()) for key in ("a" * 150, "b", "c") for end in ("jpg", "cls", "json")]
    return pack(folder / "a.tar", samples)


def arrow(folder: Path) -> Path:
    save_arrow(folder / "saved", [arrow_table([b"x" * 50, None, b"y"] * 2, ["1", "2", "3"] * 2)])
    return folder / "saved/data-00000-of-00001.arrow"


def hub(folder: Path) -> Path:
    (folder / "hub").mkdir()
    parquet.write_table(arrow_table([b"x" * 50, None, b"y"] * 2, [1, 2, 3] * 2), folder / "hub/a.parquet")
    return folder / "hub/a.parquet"


def lines(folder: Path) -> Path:
    path = folder / "m.jsonl"
    path.write_text("\n".join(json.dumps({"id": f"é{key}", "class_id": "1", "owner": "Ann"}) for key in range(5)))
    return path


def table(folder: Path) -> Path:
    parquet.write_table(arrow_table([b""] * 5, [1] * 5, id=list("abcde"), wnid=list("12345")), folder / "m.parquet")
    return folder / "m.parquet"


def told(records: list[CandidateRecord | RefusedRecord]) -> Told:
    for record in records:
        if isinstance(record, CandidateRecord) and record.read is not None:
            with suppress(AnnotationError):
                record.read()
    return [(record.source, record.cursor) for record in records]


CHANGES = st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), min_size=1, max_size=6)


@pytest.mark.parametrize("make", [tar, arrow, hub, lines, table])
@settings(max_examples=60)
@given(changes=CHANGES, is_cut=st.booleans())
def test_a_damaged_source_loses_no_more_than_what_is_damaged(
    tmp_path_factory: pytest.TempPathFactory,
    make: Callable[[Path], Path],
    changes: list[tuple[int, int]],
    is_cut: bool,
) -> None:
    path = make(tmp_path_factory.mktemp("damaged"))
    content = bytearray(path.read_bytes())
    for place, byte in changes:
        content[place % len(content)] = byte
    path.write_bytes(content[: changes[0][0] % len(content)] if is_cut else content)
    source = open_source(path.parent if make in (arrow, hub) else path)
    try:
        everything = told(list(source))
    except UnreadableSource:
        return
    for place, (_, cursor) in enumerate(everything, start=1):
        assert told(list(source.after(cursor))) == everything[place:]
