"""A CSV table with the columns `path` and `class_id`; paths are relative to the table's own folder.

It may say of each image under which `licence` it can be used, and when it was taken (`taken_at`).
"""

import csv
import posixpath
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from annotation.errors import UnreadableSource
from annotation.sources.base import CandidateRecord, RefusedRecord, printable, read_inside, register

COLUMNS = {"path", "class_id"}
MAX_LICENCE = 200


@register("manifest")
class ManifestSource:
    """Rows in the order of the table; other columns are passed over."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._root = path.parent.resolve()

    @classmethod
    def accepts(cls, path: Path) -> bool:
        return path.is_file() and path.suffix.lower() == ".csv"

    def __iter__(self) -> Iterator[CandidateRecord | RefusedRecord]:
        try:
            with self._path.open(encoding="utf-8-sig", newline="") as file:
                rows = csv.DictReader(file, strict=True)
                missing = COLUMNS - set(rows.fieldnames or [])
                if missing:
                    raise UnreadableSource(f"The manifest has no column {' and no '.join(sorted(missing))}; add it.")
                for row in rows:
                    yield self._record(row, rows.line_num)
        except UnicodeDecodeError as error:
            raise UnreadableSource("The manifest is not UTF-8 text; save it as CSV in UTF-8.") from error
        except csv.Error as error:
            raise UnreadableSource(f"The manifest is not a CSV table ({error}); mend it and import again.") from error
        except OSError as error:
            raise UnreadableSource(f"The manifest can't be read: {error.strerror}.") from error

    def _record(self, row: dict[str, str | None], line: int) -> CandidateRecord | RefusedRecord:
        path, class_id = row["path"], row["class_id"]
        if not path or not class_id:
            return RefusedRecord(path or f"line {line}", f"Line {line} of the manifest lacks a path or a class id.")
        try:
            licence, taken_at = _licence(row), _taken_at(row)
        except ValueError as error:
            return RefusedRecord(path, f"Line {line} of the manifest {error}.")
        read = partial(read_inside, self._root, path)
        return CandidateRecord(posixpath.normpath(path), class_id, read, licence, taken_at)


def _licence(row: dict[str, str | None]) -> str:
    text = printable((row.get("licence") or row.get("license") or "").strip())
    if len(text) > MAX_LICENCE:
        raise ValueError(f"has a licence of more than {MAX_LICENCE} characters; give its short name or its address")
    return text


def _taken_at(row: dict[str, str | None]) -> datetime | None:
    """As the table says, in universal time where it says nothing of the zone."""
    text = (row.get("taken_at") or "").strip()
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        shown = printable(text[:40])
        raise ValueError(
            f"has taken_at {shown!r}, which is no date such as 2014-05-31 or 2014-05-31T14:05:00Z"
        ) from error
