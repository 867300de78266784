"""A table of parquet: a row per image. What would fill the memory is refused before it is unpacked."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.sources.base import said
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
        except (ArrowException, *DAMAGED) as error:
            raise InvalidPredictions(f"The file can't be read as parquet: {said(error)[:200]}.") from error


def _read(content: bytes, limits: Limits) -> Sheet:
    import pyarrow as pa
    from pyarrow import parquet

    schema = parquet.read_schema(pa.BufferReader(content))
    columns = understood(schema.names, limits)
    chosen = [schema.names[columns.image], *(schema.names[place] for place in columns.values)]
    for name in chosen:
        _check_kind(name, schema.field(name).type, is_number=not columns.is_ranked and name != chosen[0])
    # As dictionaries, a long text that many rows share is read once.
    is_text = [name for name in chosen if not _is_numeric(schema.field(name).type)]
    with parquet.ParquetFile(pa.BufferReader(content), read_dictionary=is_text) as file:
        _check_size(file.metadata, columns, limits)
        images: list[str] = []
        parts: list[NDArray[Any]] = []
        for part in file.iter_batches(batch_size=ROWS_PER_PART, columns=chosen):
            found = [
                _values(part.column(name), name, len(images), MAX_NAME if name == chosen[0] else MAX_CLASS_ID)
                for name in chosen
            ]
            images += [str(value) for value in found[0].tolist()]
            with np.errstate(over="ignore"):  # what is too large is infinite, and refused as such
                parts.append(np.stack(found[1:], axis=1).astype(np.str_ if columns.is_ranked else np.float32))
    if not images:
        raise InvalidPredictions("The table has no rows.")
    return Sheet(images, np.concatenate(parts), columns.is_ranked, columns.class_ids)


def _check_size(metadata: Any, columns: Columns, limits: Limits) -> None:
    """By what the file says of itself."""
    check_shape((metadata.num_rows, len(columns.values)), limits, is_ranked=columns.is_ranked)
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    if (num_bytes := sum(group.total_byte_size for group in groups)) > MAX_BYTES:
        raise InvalidPredictions(f"The file unpacks to {num_bytes:,} bytes; at most {MAX_BYTES:,} are taken.")


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
