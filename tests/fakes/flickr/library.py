"""The photos that Flickr has, and how its search goes through them. In memory; nothing here reads a clock."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

SIDES = {"6k": 6144, "5k": 5120, "4k": 4096, "3k": 3072, "k": 2048, "h": 1600, "l": 1024}
SIDES |= {"c": 800, "z": 640, "m": 500, "w": 400, "n": 320, "s": 240, "t": 100}
FILES = {"l": "_b", "m": ""} | {letters: f"_{letters}" for letters in SIDES if letters not in "lm"}
"""What stands behind the secret in the name of the file of a size."""
LIMIT = 4000
MOST_PER_PAGE = 500
EPOCH = datetime(2013, 1, 1, tzinfo=UTC)
TAKEN = datetime.fromisoformat("2012-12-24 18:00:00")
KEYS = {
    "date-posted": lambda photo: (photo.uploaded, photo.id),
    "date-taken": lambda photo: (photo.taken, photo.id),
    "interestingness": lambda photo: (photo.id * 7919 % 1009, photo.id),
    "relevance": lambda photo: (photo.id * 104729 % 997, photo.id),
}


@dataclass
class FakePhoto:
    id: int
    words: str
    """Of its title, description and tags."""
    title: str = "untitled"
    owner: str = "12345678@N00"
    ownername: str = "becca"
    licence: int = 4
    uploaded: datetime = EPOCH
    taken: datetime | str = TAKEN
    granularity: int = 0
    is_taken_unknown: bool = False
    width: int = 640
    height: int = 480
    has_original: bool = True
    """Whether the owner lets others have it."""
    has_sizes: bool = True
    media: str = "photo"
    content_type: int = 0
    safety: int = 1
    is_removed: bool = False
    """The search does not know it yet, and its picture is gone."""
    letters_of_secret: str = "ceff11e98e"

    def sizes(self) -> dict[str, tuple[int, int]]:
        """Those smaller than itself."""
        longer = max(self.width, self.height)
        made = {} if not self.has_sizes else {letters: side for letters, side in SIDES.items() if side <= longer}
        sizes = {
            letters: (round(self.width * side / longer), round(self.height * side / longer))
            for letters, side in made.items()
        }
        return sizes | ({"o": (self.width, self.height)} if self.has_original else {})

    def file(self, letters: str) -> str:
        if letters == "o":
            return f"{self.id}_0{self.letters_of_secret[1:]}_o.jpg"
        return f"{self.id}_{self.letters_of_secret}{FILES[letters]}.jpg"


@dataclass
class Library:
    """An index that answers the same as long as nobody changes `photos`."""

    photos: list[FakePhoto] = field(default_factory=list)
    limit: int = LIMIT
    overlap: int = 0
    """So many photos of a page come on the next one again."""
    not_shown: int = 0
    """So many of each page are held back, though they are counted."""
    has_numbers_as_texts: bool = False

    def add(self, count: int, words: str, *, first: int = 7_000_000_001, **fields: Any) -> list[FakePhoto]:
        """Photos with ids one after the other, uploaded a minute after each other."""
        begun = fields.pop("begun", EPOCH)
        minute = fields.pop("seconds", 60)
        made = [
            FakePhoto(
                first + number,
                words,
                uploaded=datetime.fromtimestamp(begun.timestamp() + number * minute, UTC),
                **fields,
            )
            for number in range(count)
        ]
        self.photos += made
        return made

    def remove(self, *gone: FakePhoto) -> None:
        self.photos = [photo for photo in self.photos if photo not in gone]

    def search(self, asked: Mapping[str, str], address: str) -> dict[str, Any]:
        """The `photos` of an answer."""
        found = sorted((photo for photo in self.photos if _is_asked_for(photo, asked)), key=_key(asked))
        if asked.get("sort", "date-posted-desc").endswith("-desc"):
            found.reverse()
        per_page = min(max(int(asked.get("per_page", 100)), 1), MOST_PER_PAGE)
        page = max(int(asked.get("page", 1)), 1)
        last = max(1, min(self.limit, len(found)) // per_page) if len(found) > self.limit else page
        begin = (min(page, last) - 1) * per_page
        shown = found[max(0, begin - (self.overlap if begin else 0)) : begin + per_page][:per_page]
        shown = shown[: max(0, len(shown) - self.not_shown)]
        extras = set(asked.get("extras", "").split(","))
        return {
            "page": page,
            "pages": math.ceil(len(found) / per_page),
            "perpage": per_page,
            "total": str(len(found)) if self.has_numbers_as_texts else len(found),
            "photo": [_described(photo, extras, address, as_text=self.has_numbers_as_texts) for photo in shown],
        }


def _is_asked_for(photo: FakePhoto, asked: Mapping[str, str]) -> bool:
    words = _words(f"{photo.words} {photo.title}")
    uploaded, taken = int(photo.uploaded.timestamp()), str(photo.taken)
    wanted = {word for word in _words(asked["text"]) if not word.startswith("-")}
    unwanted = {word[1:] for word in _words(asked["text"]) if word.startswith("-")}
    kinds = {"photos": "photo", "videos": "video"}
    return (
        wanted <= words
        and not words & unwanted
        and int(asked.get("min_upload_date", uploaded)) <= uploaded <= int(asked.get("max_upload_date", uploaded))
        and asked.get("min_taken_date", taken) <= taken <= asked.get("max_taken_date", taken)
        and ("license" not in asked or str(photo.licence) in asked["license"].split(","))
        and ("content_types" not in asked or str(photo.content_type) in asked["content_types"].split(","))
        and photo.safety == 1  # nobody who asks without an account sees others
        and photo.media == kinds.get(asked.get("media", "all"), photo.media)
    )


@cache
def _words(text: str) -> frozenset[str]:
    return frozenset(text.casefold().split())


def _key(asked: Mapping[str, str]) -> Any:
    name = asked.get("sort", "date-posted-desc").removesuffix("-asc").removesuffix("-desc")
    return KEYS.get(name, KEYS["date-posted"])


def _described(photo: FakePhoto, extras: set[str], address: str, *, as_text: bool) -> dict[str, Any]:
    """Numbers of one kind come as numbers, others as texts, and by which answer it is differs, too."""
    told: dict[str, Any] = {
        "id": str(photo.id),
        "owner": photo.owner,
        "secret": photo.letters_of_secret,
        "server": "65535",
        "farm": 66,
        "title": photo.title,
        "ispublic": 1,
        "isfriend": 0,
        "isfamily": 0,
    }
    sizes = photo.sizes()
    told |= {"license": str(photo.licence)} if "license" in extras else {}
    told |= {"dateupload": str(int(photo.uploaded.timestamp()))} if "date_upload" in extras else {}
    told |= {"ownername": photo.ownername} if "owner_name" in extras else {}
    told |= {"media": photo.media, "media_status": "ready"} if "media" in extras else {}
    if "date_taken" in extras:
        unknown = int(photo.is_taken_unknown)
        told |= {
            "datetaken": str(photo.taken),
            "datetakengranularity": str(photo.granularity) if as_text else photo.granularity,
            "datetakenunknown": str(unknown) if as_text else unknown,
        }
    if "o_dims" in extras and photo.has_original:
        told |= {"o_width": str(photo.width), "o_height": str(photo.height)}
    for letters, (width, height) in sizes.items():
        if f"url_{letters}" in extras:
            told[f"url_{letters}"] = f"{address}/65535/{photo.file(letters)}"
            told[f"width_{letters}"] = str(width) if as_text else width
            told[f"height_{letters}"] = str(height) if as_text else height
    return told
