"""Reference images, which no candidate may show: files in a folder, however nested, or a table of their hashes.

The table is CSV with the columns `name` and `hash` (16 hexadecimal digits), perhaps `signature` (32 × 32 grey values,
1,024 bytes in base64 or hexadecimal).
"""

import base64
import binascii
import csv
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from annotation.errors import UnreadableSource
from annotation.sources.base import RefusedRecord, printable, provenance, read_inside
from annotation.sources.folder import LINKED_FOLDER

COLUMNS = {"name", "hash"}
NUM_DIGITS = 16
NUM_GREY = 1024
MOST_BITS = 32
"""That a hash can have: half of its 64, those above their median."""


@dataclass(frozen=True)
class ReferenceFile:
    """An image file that is still to be signed."""

    name: str
    read: Callable[[], bytes]


@dataclass(frozen=True)
class ReferenceRow:
    """A hash, and perhaps a signature, as a table has them."""

    name: str
    hash: int
    grey: bytes | None
    line: int = 0


Reference = ReferenceFile | ReferenceRow | RefusedRecord


def open_references(path: Path) -> Iterator[Reference]:
    """What lies at the path, one by one, in the same order each time."""
    if path.is_dir():
        return _files(path.resolve())
    if path.is_file() and path.suffix.lower() == ".csv":
        return _rows(path)
    raise UnreadableSource(
        f"{printable(str(path))} is neither a folder of images nor a table that ends in .csv; check the path."
    )


def _files(root: Path) -> Iterator[Reference]:
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda entry: os.fsencode(entry.name))
        except OSError as error:
            if folder == root:
                raise UnreadableSource(f"The folder can't be read: {error.strerror}.") from error
            yield RefusedRecord(provenance(str(folder.relative_to(root))), f"It can't be read: {error.strerror}.")
            continue
        folders = []
        for entry in listed:
            if entry.name.startswith("."):
                continue
            relative = os.path.relpath(entry.path, root)
            if entry.is_dir(follow_symlinks=False):
                folders.append(Path(entry.path))
            elif entry.is_symlink() and Path(entry.path).is_dir():
                yield RefusedRecord(provenance(relative), LINKED_FOLDER)
            else:
                yield ReferenceFile(provenance(relative), partial(read_inside, root, relative))
        waiting.extend(reversed(folders))


def _rows(path: Path) -> Iterator[Reference]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            missing = COLUMNS - set(rows.fieldnames or [])
            if missing:
                raise UnreadableSource(f"The table has no column {' and no '.join(sorted(missing))}; add it.")
            for row in rows:
                yield _row(row, rows.line_num)
    except UnicodeDecodeError as error:
        raise UnreadableSource("The table is not UTF-8 text; save it as CSV in UTF-8.") from error
    except csv.Error as error:
        raise UnreadableSource(f"The file is not a CSV table ({error}); mend it and try again.") from error
    except OSError as error:
        raise UnreadableSource(f"The table can't be read: {error.strerror}.") from error


def _row(row: dict[str, str | None], line: int) -> Reference:
    name = provenance((row["name"] or "").strip())
    if not name:
        return RefusedRecord(f"line {line}", f"Line {line} of the table lacks a name.")
    try:
        return ReferenceRow(name, _hash(row["hash"] or ""), _grey(row.get("signature") or ""), line)
    except ValueError as error:
        return RefusedRecord(name, f"Line {line} of the table: {error}")


def _hash(text: str) -> int:
    digits = text.strip().lower().removeprefix("0x")
    if len(digits) != NUM_DIGITS or not set(digits) <= set("0123456789abcdef"):
        shown = printable(text[:40])
        raise ValueError(f"{shown!r} is no hash; give {NUM_DIGITS} hexadecimal digits.")
    value = int(digits, 16)
    if value.bit_count() > MOST_BITS:
        raise ValueError(
            f"the hash {digits} has {value.bit_count()} bits set, and those made here never more than {MOST_BITS}: "
            "another tool has made it, and it would find nothing."
        )
    return value


def _grey(text: str) -> bytes | None:
    """Both ways of writing have lengths of their own, so that they can't be confused."""
    written = text.strip()
    if not written:
        return None
    try:
        is_hex = len(written) == 2 * NUM_GREY
        grey = bytes.fromhex(written) if is_hex else base64.b64decode(written, validate=True)
    except (ValueError, binascii.Error) as error:
        raise ValueError("the signature is neither base64 nor hexadecimal.") from error
    if len(grey) != NUM_GREY:
        raise ValueError(f"the signature has {len(grey)} bytes; give 32 × 32 grey values, {NUM_GREY:,} bytes.")
    return grey
