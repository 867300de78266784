"""A long table of judgements made with any other tool, one in a row: CSV, compressed or not, or parquet.

Rows are passed on as text, one by one; what can't be a row is passed on as refused, with its line.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import IO, NamedTuple

from annotation.errors import UnreadableSource
from annotation.sources.base import printable
from annotation.sources.tables import parquet
from annotation.sources.tables.csv_rows import Cells, csv_rows

OPTIONS = {"target_class": "class", "submitted_at": "time"}  # where they are called otherwise
PARQUET = b"PAR1"


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
    with _opened(path) as file:
        yield from _read(file, printable(str(path)), columns)


def _read(file: IO[bytes], shown: str, columns: Columns) -> Iterator[JudgementRow | RefusedRow]:
    is_parquet = file.read(len(PARQUET)) == PARQUET
    file.seek(0)
    records = parquet.records(file, shown, columns.places) if is_parquet else csv_rows(file, shown)
    first = next(records, (0, []))[1]
    if isinstance(first, str):
        raise UnreadableSource(f"The names of the columns can't be read from {shown}. {first}")
    header = [name.strip() for name in first]
    if not any(header):
        raise UnreadableSource(f"{shown} has no columns: it is empty, or not a table.")
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


def _opened(path: Path) -> IO[bytes]:
    try:
        if path.is_file():
            return path.open("rb")
    except (OSError, ValueError) as error:
        raise UnreadableSource(f"{printable(str(path))} can't be read; check the path.") from error
    raise UnreadableSource(f"There is no file {printable(str(path))}; check the path.")
