"""A table of parquet as rows of text.

A small file can stand for very much: what would fill the memory is refused before it is unpacked.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from annotation.errors import UnreadableSource
from annotation.sources.base import printable, said
from annotation.sources.tables.footers import Chunk, read_groups
from annotation.sources.tables.pages import check_pages

MAX_ROW = 100_000  # bytes of text
MAX_GROUP = 512 * 1024 * 1024  # bytes of the columns that are read: room for a million long names of images
MAX_FIXED_WIDTH = 1000
ROWS_PER_PART = 1000
DAMAGED = (OSError, EOFError, UnicodeDecodeError)

Cells = list[str]
Choice = Callable[[Cells], list[int]]


def records(file: IO[bytes], shown: str, choose: Choice, after: int = 0) -> Iterator[tuple[int, Cells | str]]:
    """Names of the columns whose places in the header are chosen, then the rows behind one; a text says why none."""
    from pyarrow import ArrowException  # takes long to load, and only this needs it

    groups = read_groups(file, shown)
    has_begun = False
    row = after
    try:
        yield from enumerate(islice(parts := _records(file, groups, choose, after), 1))
        has_begun = True
        for row, record in enumerate(parts, start=after + 1):
            yield row, record
    except (ArrowException, *DAMAGED) as error:
        if not has_begun:
            raise UnreadableSource(f"{shown} can't be read as parquet: {said(error)}.") from error
        yield row + 1, f"The file is damaged from here on ({said(error)}); nothing after this could be read."


def _records(file: IO[bytes], chunks: list[list[Chunk]], choose: Choice, after: int) -> Iterator[Cells | str]:
    from pyarrow import parquet

    schema = parquet.read_schema(file)
    names = [schema.names[place] for place in choose(schema.names) if place >= 0]
    for name in names:
        _check_kind(name, schema.field(name).type)
    # As dictionaries, a text that a million rows share is read once.
    with parquet.ParquetFile(file, read_dictionary=names) as table:
        _check_size(file, names, chunks)
        yield names
        groups, num_left = _behind(table.metadata, after)
        for part in table.iter_batches(batch_size=ROWS_PER_PART, columns=names, row_groups=groups):
            skipped = min(num_left, len(part))
            num_left -= skipped
            yield from _rows(part.slice(skipped), names)


def _behind(metadata: Any, after: int) -> tuple[list[int], int]:
    """The row groups that hold what is behind a row, and how many rows to pass over in them."""
    first = 0
    while first < metadata.num_row_groups and (num_rows := metadata.row_group(first).num_rows) <= after:
        after -= num_rows
        first += 1
    return list(range(first, metadata.num_row_groups)), after


def _rows(part: Any, names: Cells) -> Iterator[Cells | str]:
    is_short = _num_bytes(part, names) <= MAX_ROW
    short = part.filter(is_short)
    rows = zip(*(_texts(short.column(name)) for name in names), strict=True)
    for fits in is_short.tolist():
        yield list(next(rows)) if fits else f"The row is longer than {MAX_ROW:,} bytes."


def _check_kind(name: str, kind: Any) -> None:
    from pyarrow import types

    inner = kind.value_type if types.is_dictionary(kind) else kind
    tests = [types.is_integer, types.is_floating, types.is_decimal, types.is_boolean, types.is_null]
    tests += [types.is_string, types.is_large_string, types.is_string_view]
    tests += [types.is_binary, types.is_large_binary, types.is_binary_view, types.is_timestamp, types.is_date]
    fixed = getattr(kind, "storage_type", kind)  # of a UUID, say
    is_narrow = types.is_fixed_size_binary(fixed) and fixed.byte_width <= MAX_FIXED_WIDTH
    if not is_narrow and not any(test(inner) for test in tests):
        raise UnreadableSource(
            f"{_column(name)} is of the type {printable(str(kind))[:100]}; save it as text or as numbers."
        )


def _check_size(file: IO[bytes], names: Cells, groups: list[list[Chunk]]) -> None:
    """By what the file says of itself before anything is unpacked."""
    for group in groups:
        chunks = [chunk for chunk in group if chunk.name in names]
        num_bytes = sum(chunk.num_bytes for chunk in chunks)
        if num_bytes > MAX_GROUP:
            raise UnreadableSource(
                f"A row group has {num_bytes:,} bytes in the columns that are needed, and at most {MAX_GROUP:,} are "
                "read; save the table with smaller row groups."
            )
        for chunk in chunks:
            if chunk.delta:  # can't be read as a dictionary
                raise UnreadableSource(
                    f"{_column(chunk.name)} is encoded as {chunk.delta}, which is not read here; save the table "
                    "without, or as CSV."
                )
            check_pages(file, chunk)


def _column(name: str) -> str:
    return f"The column {printable(name[:50])!r}"


def _num_bytes(part: Any, names: Cells) -> NDArray[np.int64]:
    """How long the texts of each row are together."""
    import pyarrow as pa
    from pyarrow import compute

    total = np.zeros(len(part), dtype=np.int64)
    for column in map(part.column, names):
        if pa.types.is_dictionary(column.type):
            lengths = compute.take(compute.binary_length(column.dictionary), column.indices)
            total += compute.fill_null(lengths, 0).to_numpy()
    return total


def _texts(column: Any) -> Cells:
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode().cast(pa.binary())  # as bytes, so that what is no UTF-8 can be told
    elif pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    try:
        return [_text(value) for value in column.to_pylist()]
    except OverflowError:  # a date that Python has not; as the bare number that it is, it is refused as a time
        bare = pa.int32() if pa.types.is_date32(column.type) else pa.int64()
        return [_text(value) for value in column.view(bare).to_pylist()]


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="surrogateescape")
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else str(value)
