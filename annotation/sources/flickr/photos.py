"""A page of results as Flickr's API gives it; what is in it was written by strangers."""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from annotation import imaging
from annotation.sources.base import printable
from annotation.sources.flickr.licences import ALL_RIGHTS_RESERVED

SIDES = {
    "6k": 6144,
    "5k": 5120,
    "4k": 4096,
    "3k": 3072,
    "k": 2048,
    "h": 1600,
    "l": 1024,
    "c": 800,
    "z": 640,
    "m": 500,
    "w": 400,
    "n": 320,
}
"""The longer side of each rendition, by the letters in its field; none that is smaller, or cut square, is asked for."""
ORIGINAL = "o"
EXTRAS = ",".join(
    (
        "date_taken",
        "date_upload",
        "owner_name",
        "license",
        "media",
        "o_dims",
        *(f"url_{each}" for each in (*SIDES, "o")),
    )
)
IDENTIFIER = re.compile(r"[0-9]{1,20}")
OWNER = re.compile(r"[0-9A-Za-z@_-]{1,60}")
MAX_OWNER = 200
EXACT = "0"
"""Of the granularities of a date: the others know a month or a year only."""


class Malformed(Exception):
    """What can't be one of the API's answers; the message says what is wrong."""


@dataclass(frozen=True)
class Rendition:
    """One of the sizes that a photo can be had in."""

    url: str
    width: int | None
    height: int | None
    is_original: bool
    nominal_side: float

    @property
    def side(self) -> float:
        return max(self.width, self.height) if self.width and self.height else self.nominal_side

    @property
    def is_too_large(self) -> bool:
        """For what is taken here; what has no known size is tried."""
        return bool(self.width and self.height and self.width * self.height > imaging.MAX_PIXELS)


@dataclass(frozen=True)
class Photo:
    id: str
    owner_id: str
    owner: str
    licence: int | None
    taken_at: datetime | None
    uploaded_at: datetime | None
    is_photo: bool
    renditions: tuple[Rendition, ...]

    @property
    def page_url(self) -> str:
        return f"https://www.flickr.com/photos/{self.owner_id}/{self.id}"

    def rendition(self, max_side: int | None) -> Rendition | None:
        """The largest that is not larger than allowed; where all are, the smallest of them.

        The original only of photos that their owners let others use.
        """
        usable = [
            each
            for each in self.renditions
            if not each.is_too_large and not (each.is_original and self.licence in (None, ALL_RIGHTS_RESERVED))
        ]
        allowed = [each for each in usable if max_side is None or each.side <= max_side]
        if allowed:
            return max(allowed, key=lambda each: (each.side, each.is_original))
        return min(usable, key=lambda each: each.side, default=None)


@dataclass(frozen=True)
class Listing:
    """One page of the results of a search."""

    pages: int
    total: int
    photos: tuple[Photo, ...]


def read_listing(told: dict[str, Any]) -> Listing:
    listed = told.get("photos")
    if not isinstance(listed, dict) or not isinstance(listed.get("photo"), list):
        raise Malformed("the list of photos is missing")
    photos = tuple(map(_photo, listed["photo"]))
    return Listing(_count(listed, "pages"), _count(listed, "total"), photos)


def _count(listed: dict[str, Any], name: str) -> int:
    """A number, or one that is written as a text, as some are."""
    number = _whole(listed.get(name))
    if number is None:
        raise Malformed(f"it does not say how many there are ({name})")
    return number


def _whole(told: object) -> int | None:
    if type(told) is int and 0 <= told < 10**12:
        return told
    if isinstance(told, str) and re.fullmatch(r"[0-9]{1,12}", told):
        return int(told)
    return None


def _photo(told: object) -> Photo:
    if not isinstance(told, dict):
        raise Malformed("a photo is not described by fields")
    identifier, owner_id = str(told.get("id")), str(told.get("owner"))
    if not IDENTIFIER.fullmatch(identifier) or not OWNER.fullmatch(owner_id):
        raise Malformed("a photo has no id, or no owner")
    name = told.get("ownername")
    return Photo(
        id=identifier,
        owner_id=owner_id,
        owner=printable(name.strip())[:MAX_OWNER] if isinstance(name, str) and name.strip() else owner_id,
        licence=_whole(told.get("license")),
        taken_at=_taken(told),
        uploaded_at=_uploaded(told),
        is_photo=told.get("media", "photo") == "photo",
        renditions=tuple(_renditions(told)),
    )


def _taken(told: dict[str, Any]) -> datetime | None:
    """By the clock of the camera, whose zone nobody knows: taken for universal time. None where it is only guessed."""
    if str(told.get("datetakenunknown", "0")) != "0" or str(told.get("datetakengranularity", EXACT)) != EXACT:
        return None
    try:
        return datetime.strptime(str(told.get("datetaken")), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _uploaded(told: dict[str, Any]) -> datetime | None:
    seconds = _whole(told.get("dateupload"))
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _renditions(told: dict[str, Any]) -> list[Rendition]:
    found = []
    for letters in (*SIDES, ORIGINAL):
        url = told.get(f"url_{letters}")
        if not isinstance(url, str) or not url.startswith(("https://", "http://")):
            continue
        sides = [_whole(told.get(f"{side}_{letters}")) for side in ("width", "height")]
        if letters == ORIGINAL and None in sides:
            sides = [_whole(told.get(f"o_{side}")) for side in ("width", "height")]
        is_original = letters == ORIGINAL
        found.append(Rendition(url, sides[0], sides[1], is_original, math.inf if is_original else SIDES[letters]))
    return found
