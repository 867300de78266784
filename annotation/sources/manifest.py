"""A CSV table with the columns `path` and `class_id`; paths are relative to the table's own folder."""

import csv
import posixpath
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from annotation.errors import UnreadableSource
from annotation.sources.base import CandidateRecord, RefusedRecord, read_inside, register

COLUMNS = {"path", "class_id"}


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
        return CandidateRecord(posixpath.normpath(path), class_id, partial(read_inside, self._root, path))
