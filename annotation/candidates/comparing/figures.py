"""What is said of one quantity, or one category, in both origins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from annotation.candidates.comparing.quantities import Category, Quantity
from annotation.models import Origin

MOVED = 0.1
"""The distance from which a shift is spoken of: of so many images anything is beyond chance."""
LEVEL = 0.01
"""Below which p, after Holm, a difference is beyond chance."""
LEAST_KNOWN = 20
"""Values that must be known of each origin, in the study or a class, to be compared."""


@dataclass(frozen=True)
class Side:
    """A quantity in one origin: of how many it is known, and where 80 % of those lie; nan where of none."""

    num_looked_at: int
    num_known: int
    low: float
    median: float
    high: float

    @property
    def share_unknown(self) -> float:
        return 1 - self.num_known / self.num_looked_at if self.num_looked_at else 0.0


@dataclass(frozen=True)
class Histogram:
    """The shares of both origins in the same bins; what lies beyond is in the outermost. One edge more than bins."""

    edges: Sequence[float]
    original: Sequence[float]
    pool: Sequence[float]


@dataclass(frozen=True)
class Shift:
    """How far the origins are apart, `distance` in [0, 1], and the chance of as much by luck, before and after Holm."""

    distance: float
    p: float
    adjusted: float

    @property
    def is_beyond_chance(self) -> bool:
        return self.adjusted < LEVEL

    @property
    def has_moved(self) -> bool:
        return self.is_beyond_chance and self.distance >= MOVED


@dataclass(frozen=True)
class NumberFigures:
    """A quantity in both origins; no `shift` where too little is known."""

    quantity: Quantity
    original: Side
    pool: Side
    shift: Shift | None

    def side(self, origin: Origin) -> Side:
        return self.pool if origin == Origin.POOL else self.original


@dataclass(frozen=True)
class CategoryFigures:
    """A category in both origins: how many images of each kind, the most frequent first, the unknown apart."""

    category: Category
    original: Mapping[str, int]
    pool: Mapping[str, int]
    num_unknown: Mapping[Origin, int]
    cramers_v: float
    shift: Shift | None

    def kinds(self, origin: Origin) -> Mapping[str, int]:
        return self.pool if origin == Origin.POOL else self.original
