"""Arrays as the rows of a binary COPY: PostgreSQL takes them in without Python handling one by itself."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADER, TRAILER = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"


def packed(columns: Mapping[str, tuple[str, NDArray[np.int64] | int]]) -> bytes:
    """The rows of these columns, each of a type such as ">i8" and its values, or one value for all rows."""
    lengths = [len(values) for _, values in columns.values() if not isinstance(values, int)]
    fields: list[Any] = [("num_columns", ">i2")]
    for name, (kind, _) in columns.items():
        fields += [(f"{name}_bytes", ">i4"), (name, kind)]
    rows = np.empty(lengths[0], dtype=np.dtype(fields))
    rows["num_columns"] = len(columns)
    for name, (kind, values) in columns.items():
        rows[f"{name}_bytes"] = np.dtype(kind).itemsize  # a value comes after its length
        rows[name] = values
    return HEADER + rows.tobytes() + TRAILER
