"""The one table a benchmark prints: what · here · target · peer · floor · here ÷ peer · here ÷ floor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

HEADINGS = ("what", "here", "target", "peer", "floor", "here ÷ peer", "here ÷ floor")


@dataclass(frozen=True)
class Row:
    """One figure; `floor` is the least the machine could need (or the most it could do)."""

    what: str
    here: float
    target: float | None = None
    better: Literal["more", "less"] = "less"
    peer: float | None = None
    floor: float | None = None

    @property
    def is_missed(self) -> bool:
        if self.target is None:
            return False
        return self.here < self.target if self.better == "more" else self.here > self.target

    def cells(self) -> list[str]:
        bound = "≥" if self.better == "more" else "≤"
        target = "" if self.target is None else f"{bound} {_figure(self.target)}{' MISSED' if self.is_missed else ''}"
        return [
            self.what,
            _figure(self.here),
            target,
            _figure(self.peer),
            _figure(self.floor),
            _figure(self.here / self.peer if self.peer else None),
            _figure(self.here / self.floor if self.floor else None),
        ]


def report(rows: Sequence[Row], notes: Sequence[str] = ()) -> int:
    """Print the table, the notes and the verdict; returns the exit status."""
    lines = [list(HEADINGS), *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    for line in lines:
        first, *others = (
            cell.ljust(width) if not column else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        print("  ".join([first, *others]).rstrip())
    for note in notes:
        print(note)
    missed = sum(row.is_missed for row in rows)
    print(f"{sum(row.target is not None for row in rows)} targets, {missed} missed")
    return 1 if missed else 0


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
