"""The rows of a CSV table, compressed or not, with the numbers of their lines.

What can't be a row is passed on as refused, and the next line is read: no line takes the rest of the table with it.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, Any

from annotation.errors import UnreadableSource
from annotation.sources.base import said

MAX_LINE = 100_000  # characters: a line without an end must not fill the memory
MAX_SKIPPED = 64 * 1024 * 1024  # characters of such a line: a small compressed file can stand for one of terabytes
MAX_EMPTY = 1_000_000  # lines in a row
MAX_LINES_OF_A_ROW = 100  # a quoted remark may have several; a quote that never ends must not take the rest with it
MAX_COLUMNS = 1000
GZIP = b"\x1f\x8b"
DAMAGED = (OSError, EOFError, zlib.error)

Cells = list[str]
NumberedRow = tuple[int, Cells | str]
"""A line and its cells, or why it has none."""


Begin = Callable[["Lines"], Callable[[], NumberedRow | None]]
"""What looks at the first lines, and tells how to read a row."""


class Lines:
    """The lines of a file with their numbers, cut off behind the limit; lines can be put back."""

    def __init__(self, file: IO[str]) -> None:
        self._read = file.readline
        self._waiting: list[str] = []
        self.number = 0

    def next(self) -> str:
        """The next line, or empty after the last."""
        if self._waiting:
            line = self._waiting.pop()
        else:
            line = self._read(MAX_LINE + 1)
            if is_too_long(line):
                self._skip_rest()
        if line:
            self.number += 1
        return line

    def next_filled(self) -> str:
        """The next line that is not empty."""
        for _ in range(MAX_EMPTY):
            line = self.next()
            if not line or line.strip():
                return line
        raise UnreadableSource(f"Up to line {self.number:,}, {MAX_EMPTY:,} lines in a row are empty: this is no table.")

    def put_back(self, lines: list[str]) -> None:
        lines = [line for line in lines if line]
        self.number -= len(lines)
        self._waiting.extend(reversed(lines))

    def skip_to(self, number: int) -> None:
        """Pass over lines until the one before this is done with."""
        while self.number < number - 1 and self.next():
            pass

    def _skip_rest(self) -> None:
        for _ in range(MAX_SKIPPED // MAX_LINE):
            part = self._read(MAX_LINE)
            if not part or part[-1] in "\r\n":
                return
        raise UnreadableSource(f"Line {self.number + 1:,} has more than {MAX_SKIPPED:,} characters: this is no table.")


def is_too_long(line: str) -> bool:
    return len(line) > MAX_LINE and line[-1] not in "\r\n"


def text_of(file: IO[bytes]) -> IO[str]:
    """The file as text, unpacked where it is compressed; what is no UTF-8 becomes half characters."""
    is_gzip = file.read(len(GZIP)) == GZIP
    file.seek(0)
    binary: Any = gzip.GzipFile(fileobj=file) if is_gzip else file
    return io.TextIOWrapper(binary, encoding="utf-8-sig", errors="surrogateescape", newline="")


def read_rows(file: IO[bytes], shown: str, begin: Begin, after: int) -> Iterator[NumberedRow]:
    """The rows behind a line, as they are read from the lines of the file; a first one that is before it, too.

    Where the file can't be read further, a last one says so.
    """
    with text_of(file) as text:
        lines = Lines(text)
        try:
            read = begin(lines)
            row = read()
            if row is not None:
                yield row
                lines.skip_to(after)
            while row := read():
                if row[0] > after:
                    yield row
        except DAMAGED as error:
            if not lines.number:
                raise UnreadableSource(f"{shown} can't be read: {said(error)}.") from error
            if isinstance(error, gzip.BadGzipFile):  # only at the end does it show, and then any row may be concerned
                raise UnreadableSource(f"The file was damaged on its way ({said(error)}); fetch it again.") from error
            if lines.number >= after:
                reason = f"The file is damaged from here on ({said(error)}); nothing after this could be read."
                yield lines.number + 1, reason


def csv_rows(file: IO[bytes], shown: str, after: int = 0) -> Iterator[NumberedRow]:
    """The names of the columns, then the rows behind the one that began on a line."""
    return read_rows(file, shown, _begin, after)


def _begin(lines: Lines) -> Callable[[], NumberedRow | None]:
    first = lines.next()
    delimiter = "\t" if "\t" in first and "," not in first else ","
    lines.put_back([first])
    return partial(_row, lines, delimiter)


def _row(lines: Lines, delimiter: str) -> NumberedRow | None:
    """The next row that is not empty, with the number of its first line; none after the last."""
    text = lines.next_filled()
    if not text:
        return None
    number = lines.number
    if is_too_long(text):
        return number, f"The line is longer than {MAX_LINE:,} characters."
    if '"' not in text:
        return number, text.rstrip("\r\n").split(delimiter, MAX_COLUMNS)
    return number, _quoted(text, lines, delimiter)


def _quoted(text: str, lines: Lines, delimiter: str) -> Cells | str:
    """A row with quotes, which may go on over several lines."""
    more: list[str] = []
    num_quotes = text.count('"')
    while num_quotes % 2 and len(more) < MAX_LINES_OF_A_ROW and (line := lines.next()):
        more.append(line)
        if is_too_long(line):
            break
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
