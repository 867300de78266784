"""A long table of judgements made with any other tool, one in a row: CSV, compressed or not, or parquet.

Rows are passed on as text, one by one; what can't be a row is passed on as refused, with its line.
"""

import csv
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import IO, Any, NamedTuple

from annotation.errors import UnreadableSource
from annotation.sources import parquet
from annotation.sources.base import printable, said

MAX_LINE = 100_000  # characters: a line without an end must not fill the memory
MAX_LINES_OF_A_ROW = 100  # a quoted remark may have several; a quote that never ends must not take the rest with it
MAX_COLUMNS = 1000
OPTIONS = {"target_class": "class", "submitted_at": "time"}  # where they are called otherwise
DAMAGED = (OSError, EOFError, zlib.error)

Cells = list[str]


class JudgementRow(NamedTuple):
    """What a row says, as it stands there; none where the table has no such column."""

    line: int
    worker: str
    image: str
    target_class: str | None
    selected: str
    origin: str | None
    submitted_at: str | None


class RefusedRow(NamedTuple):
    """A line that is no row, and why."""

    line: int
    reason: str


@dataclass(frozen=True)
class Columns:
    """What the columns are called; where nothing is given, by the names that tools give them."""

    worker: str = ""
    image: str = ""
    target_class: str = ""
    selected: str = ""
    origin: str = ""
    submitted_at: str = ""

    def places(self, header: Cells) -> list[int]:
        """Where in the header each is, in the order of a row's fields; -1 for what the table lacks."""
        known = {"worker": ("worker",), "image": ("image", "task"), "selected": ("selected", "label")}
        known |= {"target_class": ("target_class",), "submitted_at": ("submitted_at",), "origin": ()}
        places = []
        for field in JudgementRow._fields[1:]:
            given = getattr(self, field)
            wanted = (given,) if given else known[field]
            found = next((name for name in wanted if name in header), None)
            if found is None and (given or field in ("worker", "image", "selected")):
                raise UnreadableSource(_missing(field, wanted, header))
            if found is not None and header.count(found) > 1:
                raise UnreadableSource(f"The table has {header.count(found)} columns {found!r}; rename all but one.")
            places.append(-1 if found is None else header.index(found))
        return places


def read_judgements(path: Path, columns: Columns) -> Iterator[JudgementRow | RefusedRow]:
    """The rows of the table; the lines of a CSV count from 1 with its header, the rows of parquet from 1."""
    records = parquet.records(path, columns.places) if _begins_with(path, b"PAR1") else _csv(path)
    first = next(records, (0, []))[1]
    if isinstance(first, str):
        raise UnreadableSource(f"The names of the columns can't be read from {printable(str(path))}. {first}")
    header = [name.strip() for name in first]
    if not any(header):
        raise UnreadableSource(f"{printable(str(path))} has no columns: it is empty, or not a table.")
    width = len(header)
    fields = itemgetter(*columns.places(header))
    for line, cells in records:
        if isinstance(cells, str):
            yield RefusedRow(line, cells)
        elif len(cells) != width:
            yield RefusedRow(line, f"The row has {len(cells)} columns, and the table {width}.")
        else:
            yield JudgementRow(line, *fields([*cells, None]))  # none is what place -1 leads to


def _missing(field: str, wanted: tuple[str, ...], header: Cells) -> str:
    names = ", ".join(repr(printable(name[:50])) for name in header[:20])
    option = f"--{OPTIONS.get(field, field)}-column"
    return (
        f"The table has no column {' or '.join(repr(name) for name in wanted)}. It has {names}; "
        f"say with {option} which one it is."
    )


def _begins_with(path: Path, mark: bytes) -> bool:
    try:
        if not path.is_file():
            raise UnreadableSource(f"There is no file {printable(str(path))}; check the path.")
        with path.open("rb") as file:
            return file.read(len(mark)) == mark
    except (OSError, ValueError) as error:
        raise UnreadableSource(f"{printable(str(path))} can't be read; check the path.") from error


# --- CSV ----------------------------------------------------------------------------------------------


def _csv(path: Path) -> Iterator[tuple[int, Cells | str]]:
    is_gzip = _begins_with(path, b"\x1f\x8b")
    # What is no UTF-8 becomes half characters, which are refused where they matter.
    form: Any = {"encoding": "utf-8-sig", "errors": "surrogateescape", "newline": ""}
    last = 0
    try:
        with gzip.open(path, "rt", **form) if is_gzip else path.open("r", **form) as file:
            lines = _Lines(file)
            first = lines.next()
            delimiter = "\t" if "\t" in first and "," not in first else ","
            lines.put_back([first])
            while record := _record(lines, delimiter):
                yield record
                last = lines.number
    except DAMAGED as error:
        if not last:
            raise UnreadableSource(f"{printable(str(path))} can't be read: {said(error)}.") from error
        if isinstance(error, gzip.BadGzipFile):  # only at the end does it show, and then any row may be concerned
            raise UnreadableSource(f"The file was damaged on its way ({said(error)}); fetch it again.") from error
        yield last + 1, f"The file is damaged from here on ({said(error)}); nothing after this could be read."


class _Lines:
    """The lines of a file with their numbers, none longer than the limit; lines can be put back."""

    def __init__(self, file: IO[str]) -> None:
        self._read = file.readline
        self._waiting: list[str] = []
        self.number = 0

    def next(self) -> str:
        """The next line, or empty after the last."""
        line = self._waiting.pop() if self._waiting else self._read(MAX_LINE + 1)
        if line:
            self.number += 1
        return line

    def put_back(self, lines: list[str]) -> None:
        lines = [line for line in lines if line]
        self.number -= len(lines)
        self._waiting.extend(reversed(lines))

    def skip_rest(self) -> None:
        """Pass over the remainder of a line that was too long."""
        while (part := self._read(MAX_LINE)) and part[-1] not in "\r\n":
            pass


def _record(lines: _Lines, delimiter: str) -> tuple[int, Cells | str] | None:
    """The next row that is not empty, with the number of its first line; none after the last."""
    while (text := lines.next()) and not text.strip():
        pass
    if not text:
        return None
    number = lines.number
    if len(text) > MAX_LINE and text[-1] not in "\r\n":
        lines.skip_rest()
        return number, f"The line is longer than {MAX_LINE:,} characters."
    if '"' not in text:
        return number, text.rstrip("\r\n").split(delimiter, MAX_COLUMNS)
    return number, _quoted(text, lines, delimiter)


def _quoted(text: str, lines: _Lines, delimiter: str) -> Cells | str:
    """A row with quotes, which may go on over several lines."""
    more: list[str] = []
    num_quotes = text.count('"')
    while num_quotes % 2 and len(more) < MAX_LINES_OF_A_ROW and (line := lines.next()):
        more.append(line)
        num_quotes += line.count('"')
    if num_quotes % 2 == 0:
        try:
            return next(csv.reader(["".join([text, *more])], delimiter=delimiter, strict=True))
        except csv.Error as error:
            reason = f"The row is no CSV: {error}."
    else:
        reason = "A quote opens here that does not end."
    lines.put_back(more)
    return reason
