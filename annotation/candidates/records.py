"""What is known of each file on its way in, and what became of them all."""

from dataclasses import dataclass, field
from datetime import datetime

from annotation.models import Candidate, Image, TargetClass


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
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def num_read(self) -> int:
        return self.num_created + self.num_supplied + self.num_existing + len(self.refusals)


@dataclass
class File:
    """One record on its way in: refused as soon as it has a reason."""

    source: str
    target_class: TargetClass | None = None
    content: bytes = b""
    sha256: str = ""
    licence: str = ""
    taken_at: datetime | None = None
    image: Image = field(default_factory=Image)
    grey: bytes = b""
    """Its signature, where the picture was decoded."""
    reason: str = ""
    is_existing: bool = False
    is_restored: bool = False
    supplies: Candidate | None = None

    @property
    def is_supplied(self) -> bool:
        return self.supplies is not None


@dataclass(frozen=True)
class Place:
    """Where in the study a picture is already."""

    target_class_id: int
    class_id: str
    origin: str
    source: str
