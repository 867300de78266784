"""The rows of JSON lines, an object in each, as the fields of a record in their order."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from operator import itemgetter
from typing import IO

from annotation.sources.tables.csv_rows import MAX_LINE, Lines, NumberedRow, is_too_long, read_rows
from annotation.sources.tables.facts import SPELLINGS, places, text_of


def json_rows(file: IO[bytes], shown: str, after: int = 0) -> Iterator[NumberedRow]:
    """The names of the fields, then the rows behind the one on a line."""
    yield 0, list(SPELLINGS)
    for number, cells in read_rows(file, shown, _begin, after):
        if number > after:  # the first comes whether or not it is behind
            yield number, cells


def _begin(lines: Lines) -> Callable[[], NumberedRow | None]:
    return partial(_row, lines, _Fields())


class _Fields:
    """Gets the fields out of an object; where they are is found once for all objects with the same keys."""

    def __init__(self) -> None:
        self._keys: list[str] = []
        self._get = itemgetter(*[0] * len(SPELLINGS))

    def of(self, row: dict[str, object]) -> list[str]:
        keys = list(row)
        if keys != self._keys or not keys:
            found = places(keys)
            self._get = itemgetter(*(found.get(field, -1) for field in SPELLINGS))
            self._keys = keys
        return [value if type(value) is str else text_of(value) for value in self._get([*row.values(), ""])]


def _row(lines: Lines, fields: _Fields) -> NumberedRow | None:
    text = lines.next_filled()
    if not text:
        return None
    number = lines.number
    if is_too_long(text):
        return number, f"The line is longer than {MAX_LINE:,} characters."
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        return number, f"The line is no JSON: {str(error)[:100]}."
    if not isinstance(row, dict):
        return number, "The line is no JSON object."
    try:
        return number, fields.of(row)
    except ValueError as error:
        return number, f"The row {error}."
