"""Where a search stands, as a text that is kept with each photo: with it, and the page it names, it goes on.

It remembers which photos of the class were listed already, so that no photo comes twice, in whatever order the page is
when it is asked for again. That takes about six characters for each of them.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from annotation.errors import UnreadableSource

Window = tuple[int | None, int | None]
"""First and last second of upload, both in it; none where it has no end."""
MOST_WINDOWS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """The page that is being gone through. What the photos on it change is told beside it."""

    class_id: str
    query: str
    windows: tuple[Window, ...]
    """The one that is being gone through, and those still to come."""
    page: int = 1
    num_looked: int = 0
    """At how many results of the query before this page."""
    seen: str = ""
    """The photos of the class before this page, packed."""
    num_found: int = 0
    """Photos of the class that were yielded, those of this page included."""
    here: tuple[int, ...] = ()
    """The photos of this page that are done with."""
    is_over: bool = False
    """Whether the query is done with, as it finds nothing."""

    def written(self) -> str:
        return json.dumps({name: getattr(self, name) for name in self.__slots__}, separators=(",", ":"))

    @classmethod
    def read(cls, text: str) -> Self:
        try:
            told = json.loads(text)
            place = cls(**told | {"windows": tuple(map(_window, told["windows"])), "here": tuple(told["here"])})
            place._check()
            unpacked(place.seen)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise UnreadableSource(
                "The place where the search of Flickr stopped can't be read; collect again from the beginning: "
                "what is here already is not doubled."
            ) from error
        return place

    def _check(self) -> None:
        numbers = (self.page, self.num_looked, self.num_found, *self.here)
        if not all(type(each) is int and each >= 0 for each in numbers) or self.page < 1:
            raise ValueError("numbers")
        if not all(isinstance(each, str) for each in (self.class_id, self.query, self.seen)):
            raise TypeError("texts")
        if type(self.is_over) is not bool or not 1 <= len(self.windows) <= MOST_WINDOWS:
            raise ValueError("windows")


def _window(told: Any) -> Window:
    first, last = told
    if not all(each is None or type(each) is int for each in (first, last)):
        raise TypeError("a window")
    return first, last


def packed(numbers: Iterable[int]) -> str:
    """The distances between one and the next, seven bits to a byte, as text."""
    content, before = bytearray(), 0
    for number in sorted(numbers):
        distance, before = number - before, number
        while distance > 127:
            content.append(distance & 127 | 128)
            distance >>= 7
        content.append(distance)
    return base64.urlsafe_b64encode(bytes(content)).decode()


def unpacked(text: str) -> set[int]:
    if not re.fullmatch(r"[0-9A-Za-z_=-]*", text):
        raise ValueError("characters")
    try:
        content = base64.urlsafe_b64decode(text)
    except binascii.Error as error:
        raise ValueError("length") from error
    numbers, number, distance, shift = set(), 0, 0, 0
    for byte in content:
        distance |= (byte & 127) << shift
        shift += 7
        if not byte & 128:
            number, distance, shift = number + distance, 0, 0
            numbers.add(number)
    if shift:
        raise ValueError("end")
    return numbers
