"""A table of images and their classes: CSV, JSON lines or parquet, on this machine or in a bucket.

An image is a file beside the table (`path`), lies at an address (`url`), or is known by its `id` alone.
"""

import posixpath
from collections.abc import Callable, Iterator
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import ClassVar

from annotation.errors import UnreadableSource, UnsafePath
from annotation.sources.base import CandidateRecord, RefusedRecord, is_file, is_remote, printable, read_inside, register
from annotation.sources.downloads import read_url
from annotation.sources.files.buckets import Bucket, split
from annotation.sources.tables.csv_rows import Cells
from annotation.sources.tables.facts import FACTS, SPELLINGS, facts_of, is_text, places
from annotation.sources.tables.reading import is_table, table_rows

FIELDS = tuple(SPELLINGS)
NUM_DAMAGED = 100
"""Rows at the beginning none of which can be read: then it is no table at all."""

Record = CandidateRecord | RefusedRecord
Reader = Callable[[], bytes]


@register("manifest")
class ManifestSource:
    """Rows in the order of the table; other columns are passed over. The cursor is the row's number."""

    kind: ClassVar[str]

    def __init__(self, address: str | Path) -> None:
        self._address = str(address)
        self._reader_beside = _beside_in_bucket(self._address) if is_remote(self._address) else _beside(Path(address))

    @classmethod
    def accepts(cls, address: str) -> bool:
        return is_table(address) and (is_remote(address) or is_file(address))

    def __iter__(self) -> Iterator[Record]:
        return self.after("")

    def after(self, cursor: str) -> Iterator[Record]:
        rows = table_rows(self._address, _chosen, int(cursor or 0))
        header = next(rows, (0, []))[1]
        if isinstance(header, str):
            raise UnreadableSource(f"The names of the manifest's columns can't be read. {header}")
        header = [name.strip() for name in header]
        get = itemgetter(*_places(header))
        damaged: list[RefusedRecord] | None = None if cursor else []
        for line, cells in rows:
            if not isinstance(cells, str) and not is_text("".join(cells)):
                cells = "It is not UTF-8 text."
            record = self._record(line, cells, len(header), get)
            if damaged is None:
                yield record
            elif isinstance(record, RefusedRecord) and isinstance(cells, str):
                damaged.append(record)
                _check_some_are_rows(damaged, NUM_DAMAGED)
            else:
                yield from damaged
                yield record
                damaged = None
        if damaged:
            _check_some_are_rows(damaged, 1)

    def _record(self, line: int, cells: Cells | str, width: int, get: Callable[[Cells], tuple[str, ...]]) -> Record:
        if isinstance(cells, str):
            return RefusedRecord(f"line {line}", f"Line {line} of the manifest: {cells}", str(line))
        num_cells = len(cells)
        if num_cells < width:
            cells = [*cells, *[""] * (width - num_cells)]
        path, url, name, class_id, *more = get([*cells, ""])
        source = path or url or name
        if not source or not class_id:
            reason = f"Line {line} of the manifest lacks a path or a class id."
            return RefusedRecord(source or f"line {line}", reason, str(line))
        if num_cells != width:
            reason = f"Line {line} of the manifest has {num_cells} columns, and its first line {width}."
            return RefusedRecord(source, reason, str(line))
        try:
            facts = facts_of(dict(zip(FACTS, more, strict=True))) if any(more) else {}
        except ValueError as error:
            return RefusedRecord(source, f"Line {line} of the manifest {error}.", str(line))
        read: Reader | None = None
        if path:
            source, read = posixpath.normpath(path), self._reader_beside(path)
        elif url:
            read = partial(read_url, url)
        return CandidateRecord(source, class_id, read, cursor=str(line), **facts)


def _places(header: Cells) -> list[int]:
    """Of each field its place in the header, or -1, where a row is lengthened by an empty cell."""
    if not is_text("".join(header)):
        raise UnreadableSource("The manifest is not UTF-8 text; save it in UTF-8.")
    found = places(header)
    missing = [] if "class_id" in found else ["class_id"]
    if not found.keys() & {"path", "url", "id"}:
        missing.append("path, url or id")
    if missing:
        names = ", ".join(repr(printable(name[:50])) for name in header[:20]) or "none"
        raise UnreadableSource(f"The manifest has no column {' and no '.join(missing)}; add it. Its columns: {names}.")
    for place in found.values():
        if header.count(header[place]) > 1:
            raise UnreadableSource(f"The manifest has several columns {header[place]!r}; rename all but one.")
    return [found.get(field, -1) for field in FIELDS]


def _chosen(header: Cells) -> list[int]:
    return [place for place in _places(header) if place >= 0]


def _check_some_are_rows(damaged: list[RefusedRecord], most: int) -> None:
    if len(damaged) >= most:
        raise UnreadableSource(
            f"The manifest is not a CSV table, JSON lines or parquet in UTF-8: none of its first rows can be read. "
            f"{damaged[0].reason}"
        )


def _beside(table: Path) -> Callable[[str], Reader]:
    return partial(partial, read_inside, table.parent.resolve())


def _beside_in_bucket(address: str) -> Callable[[str], Reader]:
    name, key = split(address)
    return partial(partial, _read_object, Bucket(name), key.rpartition("/")[0])


def _read_object(bucket: Bucket, folder: str, path: str) -> bytes:
    """Keys are only names, and yet what climbs out of the manifest's folder is as suspicious as on a disk."""
    if path.startswith("/"):
        raise UnsafePath("The path is absolute; give it relative to the folder of the manifest.")
    if ".." in path.split("/"):
        raise UnsafePath("The path leads out of its folder; only files inside it are taken.")
    beside = path.removeprefix("./")
    return bucket.read(f"{folder}/{beside}" if folder else beside)
