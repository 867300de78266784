"""What is asked of Flickr for every class."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Self

from annotation.errors import CannotCollect
from annotation.sources.base import printable
from annotation.sources.flickr.licences import FREE, LICENCES

MOST_OF_QUERY = 100_000
MOST_OF_CLASS = 100_000
LONGEST_SIDE = 65_535
AT_ONCE = 4_000
"""As many of the results of one search Flickr lets be seen; behind them it repeats itself."""


class Sort(StrEnum):
    """Orders that Flickr can give its results in."""

    DATE_POSTED_ASC = "date-posted-asc"
    DATE_POSTED_DESC = "date-posted-desc"
    DATE_TAKEN_ASC = "date-taken-asc"
    DATE_TAKEN_DESC = "date-taken-desc"
    INTERESTINGNESS_DESC = "interestingness-desc"
    INTERESTINGNESS_ASC = "interestingness-asc"
    RELEVANCE = "relevance"


class SafeSearch(StrEnum):
    """Whose names are numbers at Flickr, in this order from 1; without an account it shows safe photos only."""

    SAFE = "safe"
    MODERATE = "moderate"
    RESTRICTED = "restricted"


@dataclass(frozen=True, kw_only=True)
class FlickrOptions:
    """Photographs only; neither screenshots, drawings nor videos."""

    min_taken: date | None = None
    max_taken: date | None = None
    min_uploaded: date | None = None
    max_uploaded: date | None = None
    """The days themselves belong to the windows, in universal time."""
    licences: tuple[int, ...] = FREE
    sort: Sort = Sort.RELEVANCE
    per_query: int = 100
    """So many of its first results are looked at."""
    wanted_per_class: int | None = None
    """The names of a class are searched for in any case; wider words only until so many photos were found."""
    use_wider: bool = False
    safe_search: SafeSearch = SafeSearch.SAFE
    max_side: int | None = None
    """The largest rendition is taken whose longer side has no more pixels; of all there are, where none is given."""

    def __post_init__(self) -> None:
        for what, first, last in (
            ("taken", self.min_taken, self.max_taken),
            ("uploaded", self.min_uploaded, self.max_uploaded),
        ):
            if first and last and first > last:
                raise CannotCollect(f"Photos can't be {what} after {first} and before {last}: exchange the two days.")
        if not self.licences:
            raise CannotCollect("Choose at least one licence.")
        if self.use_wider and self.wanted_per_class is None:
            raise CannotCollect("Say how many photos a class should have, so that wider searches know when to end.")
        if self.per_query > AT_ONCE and not (self.min_uploaded and self.max_uploaded):
            raise CannotCollect(
                f"Flickr shows no more than the first {AT_ONCE:,} results of a search. For more of them give the first "
                "and the last day of the upload: the time between them is then divided."
            )

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """Checked; what is left out is as it is by default."""
        unknown = sorted(told.keys() - READERS.keys())
        if unknown:
            raise CannotCollect(f"Flickr is not asked for {printable(str(unknown[0]))!r}; leave it out.")
        return cls(**{name: READERS[name](name, value) for name, value in told.items()})

    def to_json(self) -> dict[str, Any]:
        """All of it, also what is as by default, so that a later default does not change what was asked."""
        return {field.name: _plain(getattr(self, field.name)) for field in dataclasses.fields(self)}


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    return list(value) if isinstance(value, tuple) else value


def _day(name: str, value: object) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise CannotCollect(f"{name} is {_shown(value)}; give a day such as 2014-07-11.") from error


def _licences(name: str, value: object) -> tuple[int, ...]:
    """In the order of their ids, each once."""
    if not isinstance(value, list | tuple) or not all(type(each) is int and each in LICENCES for each in value):
        raise CannotCollect(f"{name} is {_shown(value)}; give a list of Flickr's licence ids, from 0 to 10.")
    return tuple(sorted(set(value)))


def _sort(name: str, value: object) -> Sort:
    return Sort(_one_of(name, value, Sort))


def _safe_search(name: str, value: object) -> SafeSearch:
    return SafeSearch(_one_of(name, value, SafeSearch))


def _one_of(name: str, value: object, known: type[StrEnum]) -> str:
    if not isinstance(value, str) or value not in list(known):
        raise CannotCollect(f"{name} is {_shown(value)}; give one of {', '.join(known)}.")
    return value


def _per_query(name: str, value: object) -> int:
    return _whole(name, value, MOST_OF_QUERY)


def _wanted(name: str, value: object) -> int | None:
    return None if value is None else _whole(name, value, MOST_OF_CLASS)


def _side(name: str, value: object) -> int | None:
    return None if value is None else _whole(name, value, LONGEST_SIDE)


def _whole(name: str, value: object, most: int) -> int:
    if type(value) is not int or not 1 <= value <= most:
        raise CannotCollect(f"{name} is {_shown(value)}; give a whole number from 1 to {most:,}.")
    return value


def _yes_or_no(name: str, value: object) -> bool:
    if type(value) is not bool:
        raise CannotCollect(f"{name} is {_shown(value)}; give true or false.")
    return value


def _shown(value: object) -> str:
    return printable(repr(value)[:60])


READERS: dict[str, Callable[[str, object], Any]] = {
    "min_taken": _day,
    "max_taken": _day,
    "min_uploaded": _day,
    "max_uploaded": _day,
    "licences": _licences,
    "sort": _sort,
    "per_query": _per_query,
    "wanted_per_class": _wanted,
    "use_wider": _yes_or_no,
    "safe_search": _safe_search,
    "max_side": _side,
}
