"""What a way in is: something that yields, one by one, the images it finds and the files it refuses."""

import hashlib
import os
import re
import stat
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Protocol, TypeVar
from urllib.parse import unquote_to_bytes

from annotation import imaging
from annotation.errors import RefusedImage, UnreadableSource, UnsafePath

MAX_SOURCE = 1000
UNKEPT = re.compile("[%\x00-\x1f\x7f\udc80-\udcff]+")
SIGNED_IN = re.compile(r"\s*(https?:[/\\]*)[^/?#\\]*@", re.IGNORECASE)
"""The beginning of an address that holds a name, and perhaps a password."""


@dataclass(frozen=True)
class CandidateRecord:
    """An image that may become a candidate; it is read only when it is needed, and perhaps in another thread."""

    source: str
    class_id: str
    read: Callable[[], bytes] | None
    """None where the source has no pictures, only names and classes."""
    licence: str = ""
    taken_at: datetime | None = None
    """Where none is given, the note of the camera in the picture itself counts."""
    uploaded_at: datetime | None = None
    owner: str = ""
    page_url: str = ""
    query: str = ""
    cursor: str = ""
    """Where the source stands once this record is done with: `after(cursor)` goes on behind it."""


@dataclass(frozen=True)
class RefusedRecord:
    """Something found at the source that can't become a candidate, and why."""

    source: str
    reason: str
    cursor: str = ""


class Source(Protocol):
    """A way in, opened from an address; each pass over it yields the same records in the same order."""

    kind: ClassVar[str]
    """The name it is registered under."""

    def __init__(self, address: str | Path) -> None: ...

    def __iter__(self) -> Iterator[CandidateRecord | RefusedRecord]:
        """All records, from the first."""
        ...

    def after(self, cursor: str) -> Iterator[CandidateRecord | RefusedRecord]:
        """The records behind the one that bore this cursor; all of them for an empty one."""
        ...

    @classmethod
    def accepts(cls, address: str) -> bool:
        """Whether this is the way in for what lies at the address: a path, or `s3://` with a bucket."""
        ...


SOURCES: dict[str, type[Source]] = {}
SourceClass = TypeVar("SourceClass", bound=type[Source])
ANY_FOLDER = "folder"
"""The kind that a folder is of when it is of no other; so it is asked last."""


def register(name: str) -> Callable[[SourceClass], SourceClass]:
    """Enter a way in under its name."""

    def enter(source: SourceClass) -> SourceClass:
        if name in SOURCES:
            raise ValueError(f"There is a source called {name!r} already.")
        source.kind = name
        SOURCES[name] = source
        return source

    return enter


def open_source(address: str | Path) -> Source:
    """The way in that fits what lies at the address."""
    return SOURCES[kind_of(address)](address)


def kind_of(address: str | Path) -> str:
    """What kind of source lies at the address."""
    text = str(address)
    for kind in sorted(SOURCES, key=lambda kind: kind == ANY_FOLDER):
        if SOURCES[kind].accepts(text):
            return kind
    shown = printable(text)
    if not (is_remote(text) or _mode(text)):
        raise UnreadableSource(f"There is nothing to be read at {shown}; check the path.")
    raise UnreadableSource(
        f"{shown} is neither a folder nor a manifest that ends in .csv, .jsonl or .parquet, nor a WebDataset shard "
        "that ends in .tar."
    )


def is_remote(address: str) -> bool:
    """Whether it lies in a bucket; everything else is a path of this machine."""
    return address.startswith("s3://")


def is_folder(address: str) -> bool:
    return stat.S_ISDIR(_mode(address))


def is_file(address: str) -> bool:
    return stat.S_ISREG(_mode(address))


def _mode(address: str) -> int:
    """What lies there; 0 for nothing, or where nothing can lie."""
    try:
        return 0 if is_remote(address) else Path(address).stat().st_mode
    except (OSError, ValueError):
        return 0


def cursor_of(name: str) -> str:
    """A name as a cursor: as it is, but for what no database keeps and the sign that stands for it."""
    return UNKEPT.sub(lambda found: "".join(f"%{byte:02X}" for byte in os.fsencode(found[0])), name)


def name_of(cursor: str) -> str:
    """The name that became this cursor."""
    return os.fsdecode(unquote_to_bytes(cursor)) if "%" in cursor else cursor


def printable(text: str) -> str:
    """The text with all that could fake another text, or break a terminal, written as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if _is_plain(character) else ascii(character)[1:-1] for character in text)


def _is_plain(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] != "C" and category not in ("Zl", "Zp")


def said(error: Exception) -> str:
    """What the system or a library says of an error, to be put into a sentence."""
    return printable(str(getattr(error, "strerror", None) or error)).rstrip(".")


def provenance(source: str) -> str:
    """The source as it is kept: printable, without a password, and where it is too long, cut but still unique."""
    text = printable(SIGNED_IN.sub(r"\1…@", source, count=1) if SIGNED_IN.match(source) else source)
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
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise RefusedImage("It is not a regular file.")
            imaging.check_size(status.st_size)
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                return file.read(imaging.MAX_BYTES + 1)
        finally:
            os.close(descriptor)
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
