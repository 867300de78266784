"""What every layout shares: pictures and pieces, and a loud failure where less was written than promised."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from annotation.errors import CannotExport
from annotation.models import TestSet

NUM_NAMED = 10
EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "BMP": "bmp", "TIFF": "tif"}


class Picture(NamedTuple):  # of which a hundred thousand are made at once, six times as fast as of a frozen dataclass
    """An image of the set with what exports tell of it; `class_number` counts from 0."""

    number: int
    class_number: int
    class_id: str
    sha256: str
    image_format: str
    num_bytes: int
    num_selected: int
    num_seen: int
    origin: str
    source: str
    licence: str
    owner: str
    page_url: str

    @property
    def extension(self) -> str:
        return EXTENSIONS[self.image_format]

    @property
    def frequency(self) -> float | None:
        return self.num_selected / self.num_seen if self.num_seen else None


@dataclass(frozen=True)
class Contents:
    """All that a layout may use: the frozen manifest, and the pictures in their order."""

    test_set: TestSet
    manifest: Mapping[str, Any]
    pictures: Sequence[Picture]
    judgements: Callable[[], Iterator[bytes]] | None = None

    @property
    def classes(self) -> list[dict[str, Any]]:
        classes: list[dict[str, Any]] = self.manifest["classes"]
        return classes


@dataclass(frozen=True)
class Written:
    """A file as it was written; a name that ends in a slash is an empty folder, an etag is what a bucket said."""

    name: str
    sha256: str
    num_bytes: int
    etag: str = ""
    is_picture: bool = False

    def to_dict(self) -> dict[str, Any]:
        told = {"name": self.name, "sha256": self.sha256, "num_bytes": self.num_bytes}
        if self.etag:
            told["etag"] = self.etag
        return told | {"is_picture": True} if self.is_picture else told

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/")


@dataclass
class SoFar:
    """What of an export is written and recorded: files by name, and how many images they hold."""

    files: dict[str, Written] = field(default_factory=dict)
    num_images: int = 0


Chunks: TypeAlias = "Callable[[Iterator[bytes], SoFar], Iterator[bytes]]"
"""The bytes of a file, from the contents of its pictures and from what was written before it."""


@dataclass(frozen=True)
class Piece:
    """What is written, recorded and taken over as one; three kinds below."""

    name: str
    pictures: Sequence[Picture] = field(default=(), repr=False)
    needs_earlier: bool = field(default=False, kw_only=True)  # else it may be written at the same time as others


@dataclass(frozen=True)
class Folders(Piece):
    """Folders, as some of them may stay empty."""

    paths: Sequence[str] = ()


@dataclass(frozen=True)
class PictureFiles(Piece):
    """Each picture as a file under its path."""

    paths: Sequence[str] = ()


@dataclass(frozen=True)
class OneFile(Piece):
    """One file of that name, made of all the pictures."""

    chunks: Chunks = field(default=lambda contents, so_far: contents, repr=False)


class Place(NamedTuple):
    """Where an export has a picture: a file, and a name within it where it holds several."""

    file: str
    member: str = ""


@dataclass(frozen=True)
class Layout:
    """A way to write a test set; `plan` gives the pieces, `places` where each picture is, in order."""

    label: str
    hint: str
    plan: Callable[[Contents], list[Piece]]
    places: Callable[[Contents], Iterator[Place]]


def small_file(name: str, content: bytes) -> OneFile:
    """A file that is known beforehand."""
    return OneFile(name, chunks=lambda contents, so_far: iter([content]))


def check_whole(num_written: int, num_expected: int, missing: Sequence[str]) -> None:
    """Refuse an export that holds less than was promised, naming what is missing."""
    if num_written == num_expected and not missing:
        return
    named = "; ".join(missing[:NUM_NAMED])
    more = f"; and {len(missing) - NUM_NAMED} more" if len(missing) > NUM_NAMED else ""
    raise CannotExport(
        f"Only {num_written} of {num_expected} images could be written, so there is no export. Missing: {named}{more}"
    )
