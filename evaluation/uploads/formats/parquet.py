"""A table of parquet: a row per image. What would fill the memory is refused before it is unpacked."""

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.errors import UnreadableSource
from annotation.sources.base import said
from annotation.sources.tables.footers import read_groups
from annotation.sources.tables.pages import check_pages
from evaluation.errors import InvalidPredictions
from evaluation.uploads.formats.base import (
    MAX_BYTES,
    MAX_CLASS_ID,
    MAX_NAME,
    Limits,
    Sheet,
    check_shape,
    register,
    shown,
)
from evaluation.uploads.formats.columns import Columns, understood

ROWS_PER_PART = 1000
COLUMNS_PER_PART = 32
SPARE_IDS = 1000  # beyond the classes of the study: enough to name one that is none
SPARE_BYTES = 1_000_000  # of a column for all that is beside its values
BYTES_OF_A_NUMBER = 8
MOST_BYTES_OF_A_CHARACTER = 4
DAMAGED = (
    OSError,
    EOFError,
    ValueError,
    LookupError,
    ArithmeticError,
)  # what a broken column shows only when it is used


@register("parquet")
class Parquet:
    """The same columns as in CSV; class ids may be whole numbers."""

    mark = b"PAR1"

    def read(self, content: bytes, limits: Limits) -> Sheet:
        from pyarrow import ArrowException  # takes long to load, and only this needs it

        try:
            return _read(content, limits)
        except (ArrowException, UnreadableSource, *DAMAGED) as error:
            raise InvalidPredictions(f"The file can't be read as parquet: {said(error)[:200]}.") from error


def _read(content: bytes, limits: Limits) -> Sheet:
    """A few columns of a few rows at a time: beside the file there is hardly more in memory than what comes of it."""
    import pyarrow as pa
    from pyarrow import parquet

    schema = parquet.read_schema(pa.BufferReader(content))
    columns = understood(schema.names, limits)
    image, *chosen = [schema.names[place] for place in (columns.image, *columns.values)]
    for name in (image, *chosen):
        _check_kind(name, schema.field(name).type, is_number=not columns.is_ranked and name != image)
    # As dictionaries, a long text that many rows share is read once.
    is_text = [name for name in (image, *chosen) if not _is_numeric(schema.field(name).type)]
    with parquet.ParquetFile(pa.BufferReader(content), read_dictionary=is_text) as file:
        _check_size(file.metadata, columns, limits)
        _check_pages(content)
        if not file.metadata.num_rows:
            raise InvalidPredictions("The table has no rows.")
        images = [str(each) for _, _, part in _parts(file, [image], MAX_NAME) for each in part.tolist()]
        kind = np.object_ if columns.is_ranked else np.float32
        values: NDArray[Any] = np.empty((file.metadata.num_rows, len(chosen)), dtype=kind)
        texts = _Texts(limits.num_classes + SPARE_IDS)
        for name, rows, part in _parts(file, chosen, MAX_CLASS_ID):
            with np.errstate(over="ignore"):  # what is too large is infinite, and refused as such
                values[rows, chosen.index(name)] = texts.of(part) if columns.is_ranked else part
    return Sheet(images, values, columns.is_ranked, columns.class_ids)


class _Texts:
    """Class ids as text, each kept once, however many rows have it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: dict[str, str] = {}

    def of(self, values: NDArray[Any]) -> NDArray[np.object_]:
        different, place = np.unique(values, return_inverse=True)
        texts = [self._known.setdefault(text, text) for text in map(str, different.tolist())]
        if len(self._known) > self._most:
            raise InvalidPredictions(
                f"The file has more than {self._most:,} different class ids, far more than the study has classes."
            )
        return np.asarray(np.array(texts, dtype=np.object_)[place])


def _parts(file: Any, names: list[str], most: int) -> Iterator[tuple[str, slice, NDArray[Any]]]:
    """The values of these columns, part by part: of which column, of which rows."""
    first_row = 0
    for group in range(file.metadata.num_row_groups):
        for start in range(0, len(names), COLUMNS_PER_PART):
            some, row = names[start : start + COLUMNS_PER_PART], first_row
            for part in file.iter_batches(batch_size=ROWS_PER_PART, row_groups=[group], columns=some):
                for name in some:
                    yield name, slice(row, row + len(part)), _values(part.column(name), name, row, most)
                row += len(part)
        first_row += file.metadata.row_group(group).num_rows


def _check_size(metadata: Any, columns: Columns, limits: Limits) -> None:
    """By what the file says of itself."""
    check_shape((metadata.num_rows, len(columns.values)), limits, is_ranked=columns.is_ranked)
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    if (num_bytes := sum(group.total_byte_size for group in groups)) > MAX_BYTES:
        raise InvalidPredictions(f"The file unpacks to {num_bytes:,} bytes; at most {MAX_BYTES:,} are taken.")
    most_of_id = MOST_BYTES_OF_A_CHARACTER * MAX_CLASS_ID if columns.is_ranked else BYTES_OF_A_NUMBER
    for group in groups:
        for place in range(group.num_columns):
            column = group.column(place)
            most = MOST_BYTES_OF_A_CHARACTER * MAX_NAME if place == columns.image else most_of_id
            at_most = SPARE_BYTES + group.num_rows * (most + BYTES_OF_A_NUMBER)
            if column.total_uncompressed_size > at_most:
                raise InvalidPredictions(
                    f"The column {shown(column.path_in_schema)} unpacks to {column.total_uncompressed_size:,} bytes, "
                    f"more than so many rows can have ({at_most:,})."
                )


def _check_pages(content: bytes) -> None:
    """By what its pages say, which may be more."""
    file = io.BytesIO(content)
    for group in read_groups(file, "The file"):
        for chunk in group:
            check_pages(file, chunk)


def _check_kind(name: str, kind: Any, *, is_number: bool) -> None:
    from pyarrow import types

    inner = kind.value_type if types.is_dictionary(kind) else kind
    tests = [types.is_integer]
    tests += [types.is_floating] if is_number else [types.is_string, types.is_large_string]
    if not any(test(inner) for test in tests) or (is_number and inner is not kind):
        expected = "numbers" if is_number else "text or whole numbers"
        raise InvalidPredictions(f"The column {shown(name)} is of the type {shown(kind)}; expected {expected}.")


def _is_numeric(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_integer(kind) or types.is_floating(kind))


def _values(column: Any, name: str, first_row: int, most: int) -> NDArray[Any]:
    if column.null_count:
        row = first_row + column.is_null().to_pylist().index(True) + 1
        raise InvalidPredictions(f"Row {row:,}, column {shown(name)}: there is no value.")
    if not hasattr(column, "dictionary"):
        return np.asarray(column.to_numpy(zero_copy_only=False))
    texts = column.dictionary.to_pylist()
    if any(len(str(text)) > most for text in texts):
        raise InvalidPredictions(f"The column {shown(name)} has a text longer than {most:,} characters.")
    return np.array(texts, dtype=np.str_)[column.indices.to_numpy(zero_copy_only=False)]
