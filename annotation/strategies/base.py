"""A strategy is its parameters: given the counts of one class and a source of chance, it selects images."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from annotation.errors import CannotBuild
from annotation.stats.sampling import Substitution

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
MAX_COUNT = 1_000_000
# Few digits and no exponent: "1e999999999" would keep the server busy, and products must fit 64 bits.
FRACTION = re.compile(r"[0-9]{1,9}(/0*[1-9][0-9]{0,8}|\.[0-9]{1,9})?")


@dataclass(frozen=True)
class ClassCounts:
    """The counts of one class: its pool candidates, ordered by id, and its originals. All arrays one row.

    `is_kept` marks pool candidates that the set held before, which are taken first where they still fit; none: no one.
    """

    num_selected: IntArray
    num_seen: IntArray
    original_num_selected: IntArray
    original_num_seen: IntArray
    is_kept: BoolArray | None = None


@dataclass(frozen=True)
class Shortage:
    """Images of a class that could not be had; `bin` is none where the whole class is concerned."""

    bin: int | None
    num_missing: int
    reason: str


@dataclass(frozen=True)
class Selection:
    """Indices of the chosen pool candidates, ascending, and what the strategy had to do about gaps."""

    indices: IntArray
    shortages: tuple[Shortage, ...] = ()
    substitutions: tuple[Substitution, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Parameters(ABC):
    """What all strategies share: fields, their checks, JSON there and back, and the verb they differ in."""

    images_per_class: int = 10
    min_judgements: int = 5

    def __post_init__(self) -> None:
        for field in fields(self):
            check_type(field.name, getattr(self, field.name), type(field.default))
        check_count("images_per_class", self.images_per_class)
        check_count("min_judgements", self.min_judgements)

    @abstractmethod
    def select(self, counts: ClassCounts, *, rng: np.random.Generator) -> Selection:
        """Choose `images_per_class` of the class's candidates, kept ones first, or say what is lacking."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON takes it; fractions as text, such as "7/10"."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: str(value) if isinstance(value, Fraction) else value for name, value in values.items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Parameters from JSON; what is unknown or wrong raises `CannotBuild`, what is absent has its default."""
        known = {field.name: field for field in fields(cls)}
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise CannotBuild(f"Unknown parameter {', '.join(unknown)}; {cls.__name__} takes {', '.join(known)}.")
        return cls(**{name: _read(name, value, type(known[name].default)) for name, value in values.items()})


def check_type(name: str, value: object, expected: type) -> None:
    if type(value) is not expected:
        raise CannotBuild(f"{name} must be {_kind(expected)}; got {value!r}.")


def check_count(name: str, value: int) -> None:
    if not 1 <= value <= MAX_COUNT:
        raise CannotBuild(f"{name} must lie between 1 and {MAX_COUNT:,}; got {value}.")


def _read(name: str, value: Any, expected: type) -> Any:
    if expected is not Fraction or not isinstance(value, str):
        return value
    if not FRACTION.fullmatch(value):
        raise CannotBuild(f'{name} must be a fraction as text, such as "7/10"; got {value[:30]!r}.')
    return Fraction(value)


def _kind(expected: type) -> str:
    return {int: "a whole number", bool: "true or false", Fraction: 'a fraction as text, such as "7/10"'}[expected]
