"""Pages of parquet that would fill the memory: refused by what their headers say, before they are unpacked."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from annotation.errors import UnreadableSource
from annotation.sources import open_source
from annotation.sources.judgements import Columns, read_judgements
from annotation.sources.tables import pages
from annotation.sources.tables.footers import read_groups

KB_OF_A_SMALL_FILE = 100_000
HOW = {"compression": "zstd", "use_dictionary": False, "write_statistics": False}


def number(value: int, num_bytes: int) -> bytes:
    """As the footer has it, in as many bytes."""
    parts = [(value << 1) >> (7 * place) & 127 for place in range(num_bytes)]
    return bytes(part | 128 for part in parts[:-1]) + bytes(parts[-1:])


def lying(path: Path, table: dict[str, Any], column: int = 0) -> Path:
    """A file whose footer says of a column that it has ten bytes."""
    parquet.write_table(pa.table(table), path, **HOW)
    content, group = path.read_bytes(), parquet.read_metadata(path).row_group(0)
    footer = content[-8 - int.from_bytes(content[-8:-4], "little") :]
    said = footer
    for true in (group.column(column).total_uncompressed_size, group.total_byte_size):
        num_bytes = -(-(true << 1).bit_length() // 7)
        said = said.replace(number(true, num_bytes), number(10, num_bytes))
    assert said != footer
    path.write_bytes(content.removesuffix(footer) + said)
    return path


def test_an_image_that_is_larger_than_its_footer_says_is_not_unpacked(tmp_path: Path) -> None:
    lying(tmp_path / "a.parquet", {"image": [bytes(300_000_000)], "label": ["1"]})
    assert (tmp_path / "a.parquet").stat().st_size < KB_OF_A_SMALL_FILE
    with pytest.raises(UnreadableSource, match=r"'image' has a page of 300,000,\d+ bytes .* all of it has 10"):
        list(open_source(tmp_path))


def test_a_text_that_is_larger_than_its_footer_says_is_not_unpacked(tmp_path: Path) -> None:
    table = {"worker": ["w" * 50_000_000], "task": ["a.png"], "label": [True]}
    with pytest.raises(UnreadableSource, match=r"'worker' has a page of 50,000,\d+ bytes"):
        list(read_judgements(lying(tmp_path / "a.parquet", table), Columns()))


def test_a_page_that_is_too_large_is_refused_and_what_is_not_read_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MAX_PAGE", 2000)
    rows = {"image": [b"x", b"y"], "label": ["1", "2"], "more": ["z" * 3000] * 2}
    parquet.write_table(pa.table(rows), tmp_path / "a.parquet", **HOW)
    assert len(list(open_source(tmp_path))) == 2
    parquet.write_table(pa.table(rows | {"image": [b"x" * 3000, b"y"]}), tmp_path / "a.parquet", **HOW)
    with pytest.raises(UnreadableSource, match="at most 2,000 are read; save the table with smaller row groups"):
        list(open_source(tmp_path))


@pytest.mark.parametrize(
    "how",
    [
        {"compression": "zstd", "data_page_version": "2.0"},
        {"compression": "gzip", "use_dictionary": False},
        {"compression": "brotli", "write_page_index": True},
        {"compression": "snappy", "data_page_size": 2000},
        {"compression": "lz4", "write_page_checksum": True},
        {"compression": "none"},
    ],
    ids=lambda how: how["compression"],
)
def test_whole_files_of_any_kind_are_taken(tmp_path: Path, how: dict[str, Any]) -> None:
    images = [{"bytes": str(each).encode() * 100, "path": None} for each in range(500)]
    rows = {"image": images, "number": range(500), "list": [[1, 2]] * 500, "none": [None] * 500, "yes": [True] * 500}
    path = tmp_path / "a.parquet"
    parquet.write_table(
        pa.table({name: list(values) for name, values in rows.items()}), path, row_group_size=170, **how
    )
    with path.open("rb") as file:
        groups = read_groups(file, "it")
        for chunk in (chunk for group in groups for chunk in group):
            pages.check_pages(file, chunk)
    assert len(groups) == 3


def test_a_header_that_is_damaged_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"image": [b"x"], "label": ["1"]}), path, **HOW)
    path.write_bytes(b"PAR1" + b"\xff" * 8 + path.read_bytes()[12:])
    with pytest.raises(UnreadableSource, match="'image' has a page that is damaged"):
        list(open_source(tmp_path))
