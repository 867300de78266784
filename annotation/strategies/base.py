"""A strategy is its parameters: given the counts of one class and a source of chance, it selects images."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from annotation.errors import CannotBuild
from annotation.stats.posterior_matching import PosteriorTable
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
    posteriors: "Posteriors | None" = None


@dataclass(frozen=True)
class Posteriors:
    """What counts say of true frequencies, among the originals and in the pool of the study."""

    original: PosteriorTable
    pool: PosteriorTable


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


@dataclass(frozen=True)
class ParameterSpec:
    """One parameter as forms, the API and commands offer it: what it is called, takes, and means."""

    name: str
    kind: type
    default: Any
    least: Any
    most: Any
    label: str
    help: str

    def checked(self, value: object) -> Any:
        """The value, if it is of the kind and in the range."""
        if type(value) is not self.kind:
            raise CannotBuild(f"{self.name} must be {_kind(self.kind)}; got {value!r}.")
        if self.least is not None and not self.least <= value <= self.most:
            raise CannotBuild(f"{self.name} must lie between {self.least:,} and {self.most:,}; got {value}.")
        return value

    def read(self, value: Any) -> Any:
        """From JSON: fractions are text there."""
        if self.kind is not Fraction or not isinstance(value, str):
            return value
        if not FRACTION.fullmatch(value):
            raise CannotBuild(f'{self.name} must be a fraction as text, such as "7/10"; got {value[:30]!r}.')
        return Fraction(value)


def described(label: str, *, help: str, least: Any = None, most: Any = None) -> dict[str, Any]:
    """The metadata of a field of parameters: all that is to be said of it; without a range, anything goes."""
    return {"label": label, "help": help, "least": least, "most": most}


@dataclass(frozen=True, kw_only=True)
class Parameters(ABC):
    """What all strategies share: fields, their checks, JSON there and back, and the verb they differ in."""

    matches_original: ClassVar[bool] = False
    """Whether the set is to have the frequencies of the original."""
    holds_out_half: ClassVar[bool] = False
    """Whether the strategy is shown half of each image's judgements, so that the others can tell what came of it."""

    images_per_class: int = field(
        default=10, metadata=described("Images per class", help="Wanted of every class.", least=1, most=MAX_COUNT)
    )
    min_judgements: int = field(
        default=5,
        metadata=described(
            "Fewest judgements", help="Images that fewer workers have seen are left out.", least=1, most=MAX_COUNT
        ),
    )

    def __post_init__(self) -> None:
        for spec in self.schema():
            spec.checked(getattr(self, spec.name))

    @abstractmethod
    def select(self, counts: ClassCounts, *, rng: np.random.Generator) -> Selection:
        """Choose `images_per_class` of the class's candidates, kept ones first, or say what is lacking."""

    @classmethod
    def schema(cls) -> list[ParameterSpec]:
        """Every parameter, described once for all who ask for it."""
        return [ParameterSpec(each.name, type(each.default), each.default, **each.metadata) for each in fields(cls)]

    def to_dict(self) -> dict[str, Any]:
        """As JSON takes it; fractions as text, such as "7/10"."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: str(value) if isinstance(value, Fraction) else value for name, value in values.items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Parameters from JSON; what is unknown or wrong raises `CannotBuild`, what is absent has its default."""
        known = {spec.name: spec for spec in cls.schema()}
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise CannotBuild(f"Unknown parameter {', '.join(unknown)}; {cls.__name__} takes {', '.join(known)}.")
        return cls(**{name: known[name].read(value) for name, value in values.items()})


def too_few_originals(num_annotated: int, min_originals: int, wanted: Parameters) -> Selection:
    """Nothing at all of a class whose originals say too little."""
    reason = (
        f"only {num_annotated} of the class's original images have {wanted.min_judgements} judgements or more; "
        f"{min_originals} are needed"
    )
    return Selection(np.empty(0, dtype=np.int64), (Shortage(None, wanted.images_per_class, reason),))


def _kind(expected: type) -> str:
    return {int: "a whole number", bool: "true or false", Fraction: 'a fraction as text, such as "7/10"'}[expected]
