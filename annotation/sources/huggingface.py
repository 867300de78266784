"""A data set of the `datasets` library in a folder: as `save_to_disk` writes it, or the parquet files of the hub."""

import json
import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import ClassVar

from annotation import imaging
from annotation.errors import RefusedImage, UnreadableSource
from annotation.sources.base import (
    CandidateRecord,
    RefusedRecord,
    cursor_of,
    is_file,
    is_folder,
    is_remote,
    name_of,
    printable,
    read_inside,
    register,
    said,
)
from annotation.sources.files import image_columns
from annotation.sources.files.image_columns import Part
from annotation.sources.files.opening import open_stream
from annotation.sources.files.shards import check_inside, files_of, is_pattern
from annotation.sources.tables.facts import facts_of, is_text, text_of

Record = CandidateRecord | RefusedRecord

PARQUET = ".parquet"
SPLITS = re.compile(r"(train|test|validation|valid|val|dev)(?![a-z])", re.IGNORECASE)
DAMAGED = "damaged"
"""Where a file stands that can't be read further."""
MAX_NOTE = 16 * 1024 * 1024


@register("huggingface")
class HuggingFaceSource:
    """Rows in the order of the files' names; the cursor is the file and the number of the row in it."""

    kind: ClassVar[str]

    def __init__(self, address: str | Path) -> None:
        self._address = str(address)

    @classmethod
    def accepts(cls, address: str) -> bool:
        if is_remote(address):
            return False
        if is_folder(address):
            return any(is_file(f"{address}/{name}") for name in ("state.json", "dataset_dict.json")) or bool(
                _folder_of_parquet(address)
            )
        return address.endswith(PARQUET) and is_pattern(address)

    def __iter__(self) -> Iterator[Record]:
        return self.after("")

    def after(self, cursor: str) -> Iterator[Record]:
        name_done, _, row_done = cursor.rpartition(":")
        done = os.fsencode(name_of(name_done))
        files = _files(self._address)
        for name, address in files:
            if os.fsencode(name) < done or (os.fsencode(name) == done and row_done == DAMAGED):
                continue
            after = int(row_done) if os.fsencode(name) == done else 0
            yield from _rows(name, address, after, is_alone=len(files) == 1)


def _rows(name: str, address: str, after: int, *, is_alone: bool) -> Iterator[Record]:
    from pyarrow import ArrowException  # takes long to load, and only this needs it

    row = after
    try:
        check_inside(address)
        for part in image_columns.parts(address, after):
            for place in range(len(part)):
                row = part.first + place
                yield _record(name, address, part, place)
    except (ArrowException, UnreadableSource, OSError, EOFError, UnicodeDecodeError) as error:
        if row == 0 and is_alone:
            raise UnreadableSource(f"{printable(name)} can't be read: {said(error)}.") from error
        reason = f"The file can't be read behind row {row:,}: {said(error)}."
        yield RefusedRecord(name, reason, f"{cursor_of(name)}:{DAMAGED}")


def _record(name: str, address: str, part: Part, place: int) -> Record:
    row = part.first + place
    source, cursor = f"{name}/{row}", f"{cursor_of(name)}:{row}"
    try:
        cell = part.image(place)
        if cell.path:
            source = f"{source}/{cell.path}"
        class_id = part.class_id(place)
        facts = facts_of({field: text_of(value) for field, value in part.facts(place).items()})
        if not class_id:
            raise ValueError("has no class")
        if cell.num_bytes is None and not cell.path:
            raise ValueError("has no image")
        if not is_text(source + class_id):
            raise ValueError("is not UTF-8 text")
        if cell.num_bytes is not None:
            imaging.check_size(cell.num_bytes)
    except RefusedImage as error:
        return RefusedRecord(source, str(error), cursor)
    except UnicodeDecodeError:
        return RefusedRecord(source, f"Row {row} is not UTF-8 text.", cursor)
    except ValueError as error:
        return RefusedRecord(source, f"Row {row} {said(error)}.", cursor)
    read = cell.read or partial(read_inside, Path(address).parent.resolve(), cell.path)
    return CandidateRecord(source, class_id, read, cursor=cursor, **facts)


# --- which files ----------------------------------------------------------------------------------------


def _files(address: str) -> list[tuple[str, str]]:
    if is_pattern(address):
        return files_of(address, PARQUET)
    if is_file(f"{address}/dataset_dict.json"):
        splits = [each for each in _names(address) if is_file(f"{address}/{each}/state.json")]
        if len(splits) != 1:
            raise UnreadableSource(_which(address, splits, ""))
        address = f"{address}/{splits[0]}"
    if is_file(f"{address}/state.json"):
        return [(name, f"{address}/{name}") for name in _listed(address)]
    folder = _folder_of_parquet(address)
    files = files_of(folder, PARQUET) if folder else []
    splits = sorted({found[1] for name, _ in files if (found := SPLITS.match(name))})
    if len(splits) > 1:
        raise UnreadableSource(_which(folder, splits, f"-*{PARQUET}"))
    return files


def _which(address: str, splits: list[str], end: str) -> str:
    if not splits:
        return f"{printable(address)} holds no split of a data set; give the folder that has state.json in it."
    example = printable(f"{address}/{splits[0]}{end}")
    return f"{printable(address)} holds several splits ({printable(', '.join(splits))}); name one, such as {example}."


def _listed(address: str) -> list[str]:
    """The files that belong to the data set, as it says itself."""
    try:
        with open_stream(f"{address}/state.json") as file:
            content = file.read(MAX_NOTE)
        names = [str(each["filename"]) for each in json.loads(content)["_data_files"]]
    except (OSError, ValueError, RecursionError, KeyError, TypeError) as error:
        raise UnreadableSource(f"{printable(address)}/state.json does not tell the files of the data set.") from error
    for name in names:
        if "/" in name or name in ("", ".", ".."):
            raise UnreadableSource(f"{printable(address)}/state.json names {printable(name[:80])!r}, which is no file.")
    return sorted(names, key=os.fsencode)


def _folder_of_parquet(address: str) -> str:
    """Where the parquet files are: here, or in `data`, as on the hub; empty for nowhere."""
    for folder in (address, f"{address}/data"):
        if any(name.lower().endswith(PARQUET) for name in _names(folder)):
            return folder
    return ""


def _names(folder: str) -> list[str]:
    try:
        return sorted(each.name for each in Path(folder).iterdir() if not each.name.startswith("."))
    except OSError:
        return []
