"""What a list of classes says of each, and what every way of writing one has in common."""

import csv
import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from annotation.errors import UnreadableSource
from annotation.sources.base import printable, said

MAX_BYTES = 20_000_000
MAX_CLASSES = 10_000
MAX_SHOWN = 60  # characters of a stranger's text in a sentence


@dataclass(frozen=True)
class ClassRecord:
    """A class as a list describes it; empty where the list says nothing."""

    class_id: str
    name: str
    synonyms: tuple[str, ...] = ()
    definition: str = ""
    wider_words: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    """Text and address of each."""
    nearest: tuple[str, ...] = ()
    """Ids of other classes, the nearest first; some may not be in the list."""


@dataclass(frozen=True)
class Given:
    """What was handed in: the content of a file, or what the folders in a folder are called."""

    name: str
    content: bytes = b""
    folders: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if len(self.content) > MAX_BYTES:
            raise UnreadableSource(f"{self.told} has more than {MAX_BYTES:,} bytes, the most that is read of a list.")

    @classmethod
    def at(cls, path: Path) -> "Given":
        """What lies at the path."""
        try:
            if path.is_dir():
                return cls(path.name, folders=_folders(path))
            with path.open("rb") as file:
                return cls(path.name, file.read(MAX_BYTES + 1))
        except (OSError, ValueError) as error:
            raise UnreadableSource(f"{printable(str(path))} can't be read: {said(error)}; check the path.") from error

    @property
    def told(self) -> str:
        """The name, fit for a sentence."""
        return printable(self.name[-MAX_SHOWN:]) or "The file"

    @property
    def ending(self) -> str:
        return Path(self.name).suffix.lower() if self.folders is None else ""

    @cached_property
    def text(self) -> str:
        try:
            return self.content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise UnreadableSource(f"{self.told} can't be read: it is not UTF-8 text; save it as UTF-8.") from error

    @cached_property
    def json(self) -> Any:
        """The JSON of the file, in which no key of an object stands twice."""
        try:
            return json.loads(self.text, object_pairs_hook=_without_repeats)
        except (ValueError, RecursionError) as error:
            raise UnreadableSource(f"{self.told} is not JSON: {printable(str(error)[:200])}.") from error

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The rows of a CSV table that hold anything, each with its line."""
        reader = csv.reader(io.StringIO(self.text, newline=""), strict=True)
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield reader.line_num, cells
        except csv.Error as error:
            raise UnreadableSource(f"{self.told} is not a CSV table, line {reader.line_num}: {error}.") from error


@dataclass(frozen=True)
class Reader:
    """One way of writing a list of classes."""

    accepts: Callable[[Given], bool]
    read: Callable[[Given], list[ClassRecord]]


READERS: dict[str, Reader] = {}


def register(name: str, accepts: Callable[[Given], bool]) -> Callable[..., Callable[[Given], list[ClassRecord]]]:
    """Enter a way of writing a list under its name."""

    def enter(read: Callable[[Given], list[ClassRecord]]) -> Callable[[Given], list[ClassRecord]]:
        if name in READERS:
            raise ValueError(f"There is a reader of class lists called {name!r} already.")
        READERS[name] = Reader(accepts, read)
        return read

    return enter


def read_classes(given: Given) -> list[ClassRecord]:
    """The classes of a list, however it is written; never none of them, never one twice."""
    reader = next((reader for reader in READERS.values() if reader.accepts(given)), None)
    if reader is None:
        raise UnreadableSource(
            f"{given.told} is no list of classes: it must end in .csv, .json or .txt, or be a folder of class folders."
        )
    records = reader.read(given)
    if not records:
        raise UnreadableSource(f"{given.told} holds no class; give it one for each.")
    if len(records) > MAX_CLASSES:
        raise UnreadableSource(f"{given.told} holds {len(records):,} classes; at most {MAX_CLASSES:,} are possible.")
    seen: set[str] = set()
    for record in records:
        if record.class_id in seen:
            raise UnreadableSource(f"{given.told} lists the class '{shown(record.class_id)}' twice; list each once.")
        seen.add(record.class_id)
    return records


def shown(text: object) -> str:
    """A stranger's text in a sentence: short, and nothing in it that could fake another text."""
    return printable(str(text)[:MAX_SHOWN])


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key '{shown(key)}' stands twice in one object")
        found[key] = value
    return found


def _folders(path: Path) -> tuple[str, ...]:
    """In the bytewise order of their names, hidden ones and links passed over, as images are imported."""
    with os.scandir(path) as entries:
        names = [each.name for each in entries if not each.name.startswith(".") and each.is_dir(follow_symlinks=False)]
    return tuple(sorted(names, key=os.fsencode))
