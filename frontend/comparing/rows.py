"""The comparison as rows: of the tables on the page, and of the file for spreadsheets."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from annotation.candidates.comparing import CategoryFigures, Comparison, NumberFigures, Shift, Side
from annotation.candidates.comparing.window import at
from annotation.models import Origin
from frontend.comparing import words

KINDS_SHOWN = 5


@dataclass(frozen=True)
class NumberRow:
    """A quantity as the table shows it."""

    name: str
    label: str
    unit: str
    original: tuple[int, str, str]
    """How many are known, the median, and between what 80 % lie."""
    pool: tuple[int, str, str]
    shift: Shift | None

    @classmethod
    def of(cls, figures: NumberFigures) -> "NumberRow":
        quantity = figures.quantity
        return cls(
            name=quantity.name,
            label=quantity.label,
            unit="" if quantity.is_date else quantity.unit,
            original=_written(figures, figures.original),
            pool=_written(figures, figures.pool),
            shift=figures.shift,
        )

    @property
    def sides(self) -> list[tuple[int, str, str]]:
        return [self.original, self.pool]

    @property
    def chance(self) -> str:
        return words.chance(self.shift.adjusted) if self.shift else "–"


@dataclass(frozen=True)
class KindRow:
    """A kind of a category: its share of each origin."""

    name: str
    original: float
    pool: float


@dataclass(frozen=True)
class CategoryRows:
    """A category with its most frequent kinds, and the rest together."""

    figures: CategoryFigures
    kinds: list[KindRow]

    @classmethod
    def of(cls, figures: CategoryFigures) -> "CategoryRows":
        sums = {origin: max(1, sum(figures.kinds(origin).values())) for origin in Origin}
        shares = {
            kind: [figures.kinds(origin).get(kind, 0) / sums[origin] for origin in Origin]
            for kind in {**figures.original, **figures.pool}
        }
        order = sorted(shares, key=lambda kind: (-max(shares[kind]), kind))
        shown = [KindRow(words.shortened(kind), *shares[kind]) for kind in order[:KINDS_SHOWN]]
        if rest := order[KINDS_SHOWN:]:
            together = [sum(shares[kind][place] for kind in rest) for place in range(len(Origin))]
            shown.append(KindRow(f"{len(rest)} others", *together))
        return cls(figures, shown)

    @property
    def of_original(self) -> list[tuple[str, int]]:
        """The most frequent kinds of the originals."""
        found = sorted(self.figures.original.items(), key=lambda pair: (-pair[1], pair[0]))
        return [(words.shortened(kind), number) for kind, number in found[:KINDS_SHOWN]]

    @property
    def num_unknown(self) -> list[int]:
        return [self.figures.num_unknown[origin] for origin in Origin]

    @property
    def chance(self) -> str:
        return words.chance(self.figures.shift.adjusted) if self.figures.shift else "–"


def for_spreadsheets(found: Comparison) -> list[dict[str, Any]]:
    """One row per quantity and category, everything known of it; dates as such."""
    return [*map(_number, found.numbers), *_categories(found)]


def _number(figures: NumberFigures) -> dict[str, Any]:
    row: dict[str, Any] = {"quantity": figures.quantity.label, "unit": figures.quantity.unit}
    for origin in Origin:
        side = figures.side(origin)
        row |= {f"{origin}_looked_at": side.num_looked_at, f"{origin}_known": side.num_known}
        for name, number in (("10_percent", side.low), ("median", side.median), ("90_percent", side.high)):
            row[f"{origin}_{name}"] = _cell(figures, number) if side.num_known else ""
    return row | _of_shift(figures.shift)


def _categories(found: Comparison) -> Iterator[dict[str, Any]]:
    for figures in found.categories:
        row: dict[str, Any] = {"quantity": figures.category.label, "unit": "category"}
        for origin in Origin:
            known = sum(figures.kinds(origin).values())
            row |= {f"{origin}_looked_at": known + figures.num_unknown[origin], f"{origin}_known": known}
            row |= dict.fromkeys((f"{origin}_10_percent", f"{origin}_median", f"{origin}_90_percent"), "")
        yield row | _of_shift(figures.shift) | ({"cramers_v": figures.cramers_v} if figures.shift else {})


def _of_shift(shift: Shift | None) -> dict[str, Any]:
    told = {"distance": shift.distance, "p": shift.p, "p_holm": shift.adjusted} if shift else {}
    return {"distance": "", "p": "", "p_holm": "", "cramers_v": ""} | told


def _cell(figures: NumberFigures, number: float) -> Any:
    return at(number).date().isoformat() if figures.quantity.is_date else number


def _written(figures: NumberFigures, side: Side) -> tuple[int, str, str]:
    low, median, high = (words.value(figures.quantity, number) for number in (side.low, side.median, side.high))
    return side.num_known, median, f"{low} to {high}" if side.num_known else "–"
