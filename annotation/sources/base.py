"""What a way in is: something that yields, one by one, the images it finds and the files it refuses."""

import hashlib
import os
import stat
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from annotation import imaging
from annotation.errors import RefusedImage, UnreadableSource, UnsafePath

MAX_SOURCE = 1000


@dataclass(frozen=True)
class CandidateRecord:
    """An image that may become a candidate; it is read only when it is needed."""

    source: str
    class_id: str
    read: Callable[[], bytes]
    licence: str = ""
    taken_at: datetime | None = None
    """Where none is given, the note of the camera in the picture itself counts."""


@dataclass(frozen=True)
class RefusedRecord:
    """Something found at the source that can't become a candidate, and why."""

    source: str
    reason: str


class Source(Protocol):
    """A way in, opened from a path; each pass over it yields the same records in the same order."""

    def __init__(self, path: Path) -> None: ...

    def __iter__(self) -> Iterator[CandidateRecord | RefusedRecord]: ...

    @classmethod
    def accepts(cls, path: Path) -> bool:
        """Whether this is the way in for what lies at the path."""
        ...


SOURCES: dict[str, type[Source]] = {}
SourceClass = TypeVar("SourceClass", bound=type[Source])


def register(name: str) -> Callable[[SourceClass], SourceClass]:
    """Enter a way in under its name."""

    def enter(source: SourceClass) -> SourceClass:
        if name in SOURCES:
            raise ValueError(f"There is a source called {name!r} already.")
        SOURCES[name] = source
        return source

    return enter


def open_source(path: Path) -> Source:
    """The way in that fits what lies at the path."""
    try:
        path.stat()
    except (OSError, ValueError) as error:
        raise UnreadableSource(f"There is nothing to be read at {printable(str(path))}; check the path.") from error
    for source in SOURCES.values():
        if source.accepts(path):
            return source(path)
    raise UnreadableSource(f"{printable(str(path))} is neither a folder nor a manifest that ends in .csv.")


def printable(text: str) -> str:
    """The text with all that could fake another text, or break a terminal, written as escapes."""
    return "".join(character if _is_plain(character) else ascii(character)[1:-1] for character in text)


def _is_plain(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] != "C" and category not in ("Zl", "Zp")


def said(error: Exception) -> str:
    """What the system or a library says of an error, to be put into a sentence."""
    return printable(str(getattr(error, "strerror", None) or error)).rstrip(".")


def provenance(source: str) -> str:
    """The source as it is kept: printable, and where it is too long, cut to a text that is still unique."""
    text = printable(source)
    if len(text) <= MAX_SOURCE:
        return text
    mark = f"…{hashlib.sha256(source.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}…"
    tail = 255
    return text[: MAX_SOURCE - tail - len(mark)] + mark + text[-tail:]


def read_inside(root: Path, relative: str) -> bytes:
    """The content of a file that must lie, links followed, inside the root (itself already resolved)."""
    path = resolve_inside(root, relative)
    try:
        # Not blocking: to open a pipe would otherwise wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise RefusedImage("It is not a regular file.")
            imaging.check_size(status.st_size)
            return file.read(imaging.MAX_BYTES + 1)
    except OSError as error:
        raise RefusedImage(f"The file can't be read: {error.strerror or error}.") from error


def resolve_inside(root: Path, relative: str) -> Path:
    """Where the path leads, or a refusal when that is outside the root."""
    if Path(relative).is_absolute():
        raise UnsafePath("The path is absolute; give it relative to the folder of the manifest.")
    try:
        path = (root / relative).resolve(strict=True)
    except FileNotFoundError as error:
        if not Path(os.path.normpath(root / relative)).is_relative_to(root):
            raise UnsafePath("The path leads out of its folder; only files inside it are taken.") from error
        raise RefusedImage("There is no such file.") from error
    except (OSError, RuntimeError, ValueError) as error:
        raise RefusedImage("The path can't be followed: it is malformed, a loop of links, or not permitted.") from error
    if not path.is_relative_to(root):
        raise UnsafePath("The path leads out of its folder; only files inside it are taken.")
    return path
