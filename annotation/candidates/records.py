"""What is known of each file on its way in, and what became of them all."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Protocol, runtime_checkable
from urllib.parse import urlsplit

from annotation.models import Candidate, Collection, Image, Origin, Study, TargetClass
from annotation.sources.base import CandidateRecord, RefusedRecord, printable

MAX_WORDS = 200
MAX_URL = 2000


@runtime_checkable
class Part(Protocol):
    """Records that are only a part of a whole, which says what other files are called like them."""

    whole: Iterable[CandidateRecord | RefusedRecord]

    def __iter__(self) -> Iterator[CandidateRecord | RefusedRecord]: ...

    def still_here(self) -> None:
        """Called while files are waited for, for they may take long; what it raises ends the import."""
        ...


@dataclass(frozen=True)
class Refusal:
    """A file that was not taken, and why."""

    source: str
    reason: str


@dataclass
class IngestReport:
    """What became of every file: `num_read` is the sum of the others."""

    num_created: int = 0
    num_supplied: int = 0
    """Pictures of candidates that had none."""
    num_existing: int = 0
    num_refused: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    """None where a collection keeps them: there may be millions."""

    @property
    def num_read(self) -> int:
        return self.num_created + self.num_supplied + self.num_existing + self.num_refused

    def add(self, chunk: "ChunkReport") -> None:
        """Without its refusals."""
        self.num_created += chunk.num_created
        self.num_supplied += chunk.num_supplied
        self.num_existing += chunk.num_existing
        self.num_refused += chunk.num_refused


@dataclass
class ChunkReport(IngestReport):
    """What became of the records that were stored together."""

    cursor: str = ""
    """Of the last of them: behind it the next chunk begins."""

    @classmethod
    def of(cls, chunk: list["File"]) -> "ChunkReport":
        refusals = [Refusal(file.source, file.reason) for file in chunk if file.reason]
        taken = [file for file in chunk if not file.reason]
        num_existing = sum(file.is_existing for file in taken)
        num_supplied = sum(file.supplies is not None for file in taken)
        return cls(
            num_created=len(taken) - num_existing - num_supplied,
            num_supplied=num_supplied,
            num_existing=num_existing,
            num_refused=len(refusals),
            refusals=refusals,
            cursor=chunk[-1].cursor,
        )


@dataclass(frozen=True)
class WayIn:
    """What holds for all that an import takes in."""

    study: Study
    origin: Origin
    collection: Collection | None
    now: datetime

    def has_brought(self, candidate: Candidate) -> bool:
        """Whether it came with this very collection, however often that was resumed."""
        return self.collection is not None and candidate.collection_id == self.collection.pk


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a source says of an image, within bounds and printable; empty where it does not say it."""

    licence: str = ""
    taken_at: datetime | None = None
    uploaded_at: datetime | None = None
    owner: str = ""
    page_url: str = ""
    query: str = ""

    def __bool__(self) -> bool:
        return self != NOTHING_SAID

    def fields(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in PROVENANCE}


PROVENANCE = tuple(field.name for field in fields(Provenance))
NOTHING_SAID = Provenance()


def said_of(record: CandidateRecord) -> Provenance:
    words = record.licence or record.owner or record.page_url or record.query
    if not (words or record.taken_at or record.uploaded_at):
        return NOTHING_SAID
    return Provenance(
        licence=_words(record.licence),
        taken_at=record.taken_at,
        uploaded_at=record.uploaded_at,
        owner=_words(record.owner),
        page_url=_address(record.page_url),
        query=_words(record.query),
    )


def _words(text: str) -> str:
    text = printable(text.strip())
    return text if len(text) <= MAX_WORDS else f"{text[: MAX_WORDS - 1]}…"


def _address(text: str) -> str:
    """An address that a browser may be led to; half of one would lead elsewhere, so it is kept whole or not at all."""
    text = printable(text.strip())
    try:
        parts = urlsplit(text)
        may_be_led_to = parts.scheme in ("http", "https") and "@" not in parts.netloc  # before it stands a password
    except ValueError:
        may_be_led_to = False
    return text if may_be_led_to and len(text) <= MAX_URL else ""


@dataclass(slots=True)
class File:
    """One record on its way in: refused as soon as it has a reason."""

    source: str
    target_class: TargetClass | None = None
    cursor: str = ""
    said: Provenance = NOTHING_SAID
    has_picture: bool = True
    """Whether there is one to be read, or only a name and a class."""
    sha256: str = ""
    num_bytes: int = 0
    image: Image | None = None
    """Not yet known of a file that was stored before."""
    grey: bytes = b""
    """Its signature, where the picture was decoded."""
    reason: str = ""
    is_existing: bool = False
    known_as: int | None = None
    """The candidate that it is already, where that was there before the chunk."""
    is_restored: bool = False
    supplies: Candidate | None = None

    @property
    def picture(self) -> Image:
        assert self.image is not None
        return self.image


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the study a picture is already."""

    target_class_id: int
    class_id: str
    origin: str
    source: str
