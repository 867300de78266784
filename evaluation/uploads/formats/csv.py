"""A table as text: a line per image."""

import csv
import io
from collections.abc import Iterator

import numpy as np

from evaluation.errors import InvalidPredictions
from evaluation.uploads.formats.base import (
    MAX_CLASS_ID,
    MAX_NAME,
    MAX_RANKS,
    Limits,
    Sheet,
    check_shape,
    register,
    shown,
)
from evaluation.uploads.formats.columns import Columns, understood

Row = tuple[int, list[str]]


@register("csv")
class Csv:
    """Comma or tab separated, UTF-8, with a header."""

    mark = b""

    def read(self, content: bytes, limits: Limits) -> Sheet:
        if b"\0" in content[:10_000]:
            raise InvalidPredictions("The file is none of npz, npy, parquet and CSV.")
        rows = _rows(content, limits)
        _, header = next(rows, (1, []))
        columns = understood(header, limits)
        images: list[str] = []
        lines: list[int] = []
        values: list[list[str]] | list[np.ndarray] = []
        for line, cells in rows:
            if len(cells) != len(header):
                raise InvalidPredictions(f"Line {line:,} has {len(cells)} columns, and the header {len(header)}.")
            if len(cells[columns.image]) > MAX_NAME:
                raise InvalidPredictions(
                    f"Line {line:,}, column image: the name is longer than {MAX_NAME:,} characters."
                )
            images.append(cells[columns.image].strip())
            lines.append(line)
            values.append(_values(line, cells, columns))  # type: ignore[arg-type]
            if len(lines) > limits.num_rows:
                check_shape((len(lines), len(columns.values)), limits, is_ranked=columns.is_ranked)
        if not lines:
            raise InvalidPredictions("The table has a header and no rows.")
        kind = np.object_ if columns.is_ranked else np.float32  # of one width, one long id would make all of them long
        return Sheet(images, np.array(values, dtype=kind), columns.is_ranked, columns.class_ids, lines)


class _Lines:
    """The lines of a file; a row that is longer than any can be is refused before it fills the memory."""

    def __init__(self, content: bytes, limits: Limits) -> None:
        self._text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
        # Each cell with what quoting adds to it.
        self._most = 2 * (MAX_NAME + (MAX_CLASS_ID + 3) * (max(limits.num_classes, MAX_RANKS) + 1))
        self._left = self._most

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(self._left + 1)
        self._left -= len(line)
        if self._left < 0:
            raise InvalidPredictions(f"A row has more than {self._most:,} characters, as many as none can have.")
        if not line:
            raise StopIteration
        return line

    def begin_row(self) -> None:
        """The next line is of another row."""
        self._left = self._most


def _rows(content: bytes, limits: Limits) -> Iterator[Row]:
    """Rows that are not empty, with the numbers of their last lines."""
    first = content[:10_000].partition(b"\n")[0]
    lines = _Lines(content, limits)
    reader = csv.reader(lines, delimiter="\t" if b"\t" in first and b"," not in first else ",", strict=True)
    while True:
        lines.begin_row()
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise InvalidPredictions(f"Line {reader.line_num:,} is no CSV: {error}.") from error
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, _first_undecodable(content)) + 1
            raise InvalidPredictions(f"Line {line:,} is not UTF-8 text; save the table as UTF-8.") from error
        if cells is None:
            return
        if cells:
            yield reader.line_num, cells


def _first_undecodable(content: bytes) -> int:
    """The place that a decoder of parts does not tell."""
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return error.start
    return len(content)


def _values(line: int, cells: list[str], columns: Columns) -> list[str] | np.ndarray:
    picked = [cells[place].strip() for place in columns.values]
    if columns.class_ids is None:
        if max(map(len, picked)) > MAX_CLASS_ID:
            raise InvalidPredictions(f"Line {line:,} has a class id longer than {MAX_CLASS_ID} characters.")
        return picked
    try:
        with np.errstate(over="ignore"):  # what is too large is infinite, and refused as such
            return np.array(picked, dtype=np.float32)
    except ValueError:
        name, cell = next(each for each in zip(columns.class_ids, picked, strict=True) if not _is_number(each[1]))
        raise InvalidPredictions(f"Line {line:,}, column {shown(name)}: {shown(cell)} is not a number.") from None


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
