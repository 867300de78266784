"""What candidates have in common, as a person asks for it: every field typed, read and written as JSON."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Self

from django.db import models

from annotation.errors import InvalidCriteria
from annotation.models import Exclusion, Origin

MAX_TEXT, MAX_CLASSES = 200, 1000
MAX_PIXELS, MAX_BYTES, MAX_ID, MAX_ASPECT = 1_000_000, 2**40, 2**63 - 1, 10_000.0


class State(models.TextChoices):
    """What became of a candidate so far."""

    INCLUDED = "included"
    EXCLUDED = "excluded"
    REPORTED = "reported", "Reported by workers"


def _text(name: str, found: Any) -> str:
    if not isinstance(found, str) or len(found) > MAX_TEXT or not found.isprintable():
        raise InvalidCriteria(f"{name} is a text of at most {MAX_TEXT} characters in one line.")
    return found.strip()


def _texts(name: str, found: Any) -> tuple[str, ...]:
    if not isinstance(found, list | tuple) or len(found) > MAX_CLASSES:
        raise InvalidCriteria(f"{name} is a list of at most {MAX_CLASSES:,} texts.")
    return tuple(dict.fromkeys(_text(name, each) for each in found))


def _choice(choices: type[models.TextChoices]) -> Callable[[str, Any], str]:
    def read(name: str, found: Any) -> str:
        if not isinstance(found, str) or found not in ("", *choices.values):
            raise InvalidCriteria(f"{name} is one of: {', '.join(choices.values)}.")
        return found

    return read


def _number(least: int, most: int) -> Callable[[str, Any], int]:
    def read(name: str, found: Any) -> int:
        if not isinstance(found, int) or isinstance(found, bool) or not least <= found <= most:
            raise InvalidCriteria(f"{name} is a whole number from {least:,} to {most:,}.")
        return found

    return read


def _ratio(name: str, found: Any) -> float:
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    if not is_number or not math.isfinite(found) or not 0 < found <= MAX_ASPECT:
        raise InvalidCriteria(f"{name} is a width divided by a height, above 0 and at most {MAX_ASPECT:,.0f}.")
    return float(found)


def _bool(name: str, found: Any) -> bool:
    if not isinstance(found, bool):
        raise InvalidCriteria(f"{name} is true or false.")
    return found


def _day(name: str, found: Any) -> date:
    try:
        day = found if isinstance(found, date) else date.fromisoformat(found)
    except (TypeError, ValueError):
        raise InvalidCriteria(f"{name} is a day such as 2012-07-11.") from None
    if not date.min < day < date.max:
        raise InvalidCriteria(f"{name} lies outside of what a calendar holds.")
    return day


@dataclass(frozen=True)
class Criteria:
    """All that are given hold at once; a text is met by what contains it, in whatever case; days are days in UTC.

    Whatever is asked of a picture is met by no candidate without one, and no window of time by one without a date.
    """

    target_classes: tuple[str, ...] = ()
    """Class ids: any of them."""
    origin: str = ""
    collection: int | None = None
    state: str = ""
    reason: str = ""
    """Excluded for it."""
    bulk_exclusion: int | None = None
    """Excluded with it."""
    has_picture: bool | None = None
    is_measured: bool | None = None
    source: str = ""
    owner: str = ""
    licence: str = ""
    query: str = ""
    taken_from: date | None = None
    taken_until: date | None = None
    uploaded_from: date | None = None
    uploaded_until: date | None = None
    min_width: int | None = None
    max_width: int | None = None
    min_height: int | None = None
    max_height: int | None = None
    min_bytes: int | None = None
    max_bytes: int | None = None
    min_aspect: float | None = None
    """Width divided by height."""
    max_aspect: float | None = None
    format: str = ""

    @classmethod
    def from_json(cls, found: Any) -> Self:
        """What a client or a row says, read; whatever is not understood is refused, never left out."""
        if not isinstance(found, Mapping):
            raise InvalidCriteria("Criteria are an object of names and values.")
        if unknown := sorted(str(name) for name in set(found) - set(READERS)):
            raise InvalidCriteria(f"There is no criterion {unknown[0][:50]!r}. There are: {', '.join(READERS)}.")
        given = {name: READERS[name](name, value) for name, value in found.items() if value is not None}
        criteria = cls(**given)
        criteria._check_windows()
        return criteria

    def to_json(self) -> dict[str, Any]:
        """Only what is asked for."""
        return {name: _plain(value) for name, value in self._given()}

    @property
    def is_empty(self) -> bool:
        """Whether every candidate meets it."""
        return not self._given()

    @property
    def names_all(self) -> bool:
        """Whether nothing but what became of them tells those meant from all others."""
        return all(name == "state" for name, _value in self._given())

    def _given(self) -> list[tuple[str, Any]]:
        values = [(each.name, getattr(self, each.name)) for each in fields(self)]
        return [(name, value) for name, value in values if value is not None and value not in ("", ())]

    def _check_windows(self) -> None:
        given = dict(self._given())
        for first, last in WINDOWS:
            if first in given and last in given and given[first] > given[last]:
                raise InvalidCriteria(f"{first} is above {last}: nothing lies between them.")


READERS: dict[str, Callable[[str, Any], Any]] = {
    "target_classes": _texts,
    "origin": _choice(Origin),
    "collection": _number(1, MAX_ID),
    "state": _choice(State),
    "reason": _choice(Exclusion.Reason),
    "bulk_exclusion": _number(1, MAX_ID),
    "has_picture": _bool,
    "is_measured": _bool,
    "source": _text,
    "owner": _text,
    "licence": _text,
    "query": _text,
    "taken_from": _day,
    "taken_until": _day,
    "uploaded_from": _day,
    "uploaded_until": _day,
    "min_width": _number(0, MAX_PIXELS),
    "max_width": _number(0, MAX_PIXELS),
    "min_height": _number(0, MAX_PIXELS),
    "max_height": _number(0, MAX_PIXELS),
    "min_bytes": _number(0, MAX_BYTES),
    "max_bytes": _number(0, MAX_BYTES),
    "min_aspect": _ratio,
    "max_aspect": _ratio,
    "format": _text,
}
WINDOWS = [
    ("taken_from", "taken_until"),
    ("uploaded_from", "uploaded_until"),
    ("min_width", "max_width"),
    ("min_height", "max_height"),
    ("min_bytes", "max_bytes"),
    ("min_aspect", "max_aspect"),
]


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
