"""A table of parquet as rows of text.

A small file can stand for very much: what would fill the memory is refused before it is unpacked.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.errors import UnreadableSource
from annotation.sources.base import printable, said

MAX_ROW = 100_000  # bytes of text
MAX_GROUP = 512 * 1024 * 1024  # bytes of the columns that are read: room for a million long names of images
MAX_FIXED_WIDTH = 1000
ROWS_PER_PART = 1000
DAMAGED = (OSError, EOFError)

Cells = list[str]
Choice = Callable[[Cells], list[int]]


def records(path: Path, choose: Choice) -> Iterator[tuple[int, Cells | str]]:
    """Names of the columns whose places in the header are chosen, then the rows; a text says why there is no row."""
    from pyarrow import ArrowException  # takes long to load, and only this needs it

    row = 0
    try:
        for row, record in enumerate(_records(path, choose)):
            yield row, record
    except (ArrowException, *DAMAGED) as error:
        if not row:
            raise UnreadableSource(f"{printable(str(path))} can't be read as parquet: {said(error)}.") from error
        yield row + 1, f"The file is damaged from here on ({said(error)}); nothing after this could be read."


def _records(path: Path, choose: Choice) -> Iterator[Cells | str]:
    from pyarrow import parquet

    schema = parquet.read_schema(path)
    names = [schema.names[place] for place in choose(schema.names) if place >= 0]
    for name in names:
        _check_kind(name, schema.field(name).type)
    # As dictionaries, a text that a million rows share is read once.
    with parquet.ParquetFile(path, read_dictionary=names) as file:
        _check_size(names, file.metadata)
        yield names
        for part in file.iter_batches(batch_size=ROWS_PER_PART, columns=names):
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


def _check_size(names: Cells, metadata: Any) -> None:
    """By what the file says of itself before anything is read."""
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        chunks = [chunk for chunk in map(group.column, range(group.num_columns)) if chunk.path_in_schema in names]
        num_bytes = sum(chunk.total_uncompressed_size for chunk in chunks)
        if num_bytes > MAX_GROUP:
            raise UnreadableSource(
                f"A row group has {num_bytes:,} bytes in the columns that are needed, and at most {MAX_GROUP:,} are "
                "read; save the table with smaller row groups."
            )
        for chunk in chunks:
            delta = next((each for each in chunk.encodings if each.startswith("DELTA")), None)
            if delta and chunk.physical_type == "BYTE_ARRAY":  # can't be read as a dictionary
                raise UnreadableSource(
                    f"{_column(chunk.path_in_schema)} is encoded as {delta}, which is not read here; save the table "
                    "without, or as CSV."
                )


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
