"""What a set shows of its frequencies beside the original's: as chosen, and by judgements that had no say."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.models import Strategy, TestSet
from annotation.stats.counts import unique_counts
from annotation.stats.held_out import GapOfMeans, gap_of_means
from annotation.stats.selection import BIN_EDGES, bins
from annotation.strategies import STRATEGIES
from annotation.testsets.counted import Counted
from annotation.testsets.halves import Halves

VIEWS = ("whole", "chosen_by", "held_out")
SIDES = ("set", "original")
Rows = NDArray[np.int64]


@dataclass
class Compared:
    """Counts of the images of the set and of the original in three views, gathered class by class."""

    parts: dict[tuple[str, str], list[Counted]] = field(
        default_factory=lambda: {(view, side): [] for view in VIEWS for side in SIDES}
    )

    def add_whole(self, chosen: Counted, originals: Counted) -> None:
        """All judgements of images that are in the set, and of the originals of their class."""
        self.parts["whole", "set"].append(chosen)
        self.parts["whole", "original"].append(originals)

    def add_halves(self, chosen: Halves, originals: Halves) -> None:
        """Images chosen by half of their judgements, beside the originals of their class."""
        for side, halves in zip(SIDES, (chosen, originals), strict=True):
            self.parts["chosen_by", side].append(halves.chosen_by)
            self.parts["held_out", side].append(halves.held_out)

    def to_dict(self) -> dict[str, dict[str, list[list[int]]]]:
        """As a set keeps it: rows of num_selected, num_seen, images."""
        return {view: {side: _rows(self.parts[view, side]) for side in SIDES} for view in VIEWS}


@dataclass(frozen=True)
class View:
    """Frequencies of the set and of the original, as some of their judgements show them; rows of three counts."""

    set: Rows
    original: Rows

    @property
    def set_mean(self) -> float | None:
        return _mean(self.set)

    @property
    def original_mean(self) -> float | None:
        return _mean(self.original)

    @property
    def set_bins(self) -> list[int]:
        """Images in each fifth of the frequency."""
        return _in_bins(self.set)

    @property
    def original_bins(self) -> list[int]:
        return _in_bins(self.original)


@dataclass(frozen=True)
class Figures:
    """What a set shows; `gap` is by the judgements held out, and none where there are too few images to tell.

    A set that is to match is compared with the original; another with itself, by the judgements it was chosen by.
    """

    whole: View
    chosen_by: View
    held_out: View
    is_matched: bool
    is_replayed: bool
    gap: GapOfMeans | None

    @property
    def is_biased(self) -> bool:
        """Whether judgements that had no say part from what the set was chosen for, by more than chance."""
        return self.gap is not None and not self.gap.low <= 0 <= self.gap.high


def figures_of(test_set: TestSet) -> Figures | None:
    """None of the original, and of sets that were built before figures were kept."""
    parameters = STRATEGIES.get(Strategy(test_set.strategy))
    if parameters is None or not test_set.figures:
        return None
    views = {name: View(*(_table(test_set.figures[name][side]) for side in SIDES)) for name in VIEWS}
    beside = views["held_out"].original if parameters.matches_original else views["chosen_by"].set
    return Figures(
        **views,
        is_matched=parameters.matches_original,
        is_replayed=not parameters.holds_out_half,
        gap=_gap(views["held_out"].set, beside),
    )


def _rows(parts: list[Counted]) -> list[list[int]]:
    every = Counted.joined(parts)
    selected, seen, _, images = unique_counts(every.num_selected, every.num_seen)
    return np.column_stack([selected, seen, images]).tolist()


def _table(rows: list[list[int]]) -> Rows:
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def _mean(rows: Rows) -> float | None:
    if not len(rows):
        return None
    return float(np.average(rows[:, 0] / rows[:, 1], weights=rows[:, 2]))


def _in_bins(rows: Rows) -> list[int]:
    found = bins(rows[:, 0], rows[:, 1])
    counted: list[int] = np.bincount(found, weights=rows[:, 2], minlength=len(BIN_EDGES) + 1).astype(int).tolist()
    return counted


def _gap(new: Rows, beside: Rows) -> GapOfMeans | None:
    if min(new[:, 2].sum(), beside[:, 2].sum()) < 2:
        return None
    return gap_of_means(new, beside)


def summary(test_set: TestSet) -> dict[str, Any] | None:
    """The figures in numbers, for programs: counts and fractions."""
    found = figures_of(test_set)
    if found is None:
        return None
    views = {name: getattr(found, name) for name in VIEWS}
    told: dict[str, Any] = {
        name: {"mean": view.set_mean, "original_mean": view.original_mean, "rows": test_set.figures[name]}
        for name, view in views.items()
    }
    gap = {"gap": found.gap.gap, "low": found.gap.low, "high": found.gap.high} if found.gap else None
    return told | {"gap": gap, "is_biased": found.is_biased}
