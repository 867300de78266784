"""What a set shows of its frequencies beside the original's: as chosen, and by judgements that had no say."""

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.models import Strategy, TestSet
from annotation.stats.counts import unique_counts
from annotation.stats.held_out import GapOfMeans, gap_of_means, gap_of_pairs
from annotation.stats.selection import BIN_EDGES, bins
from annotation.strategies import STRATEGIES
from annotation.testsets.counted import Counted, IntArray
from annotation.testsets.halves import Halves

VIEWS = ("whole", "chosen_by", "held_out")
SIDES = ("set", "original")
Rows = NDArray[np.float64]


@dataclass
class Compared:
    """Counts of the images of the set and of the original in three views, gathered class by class."""

    parts: dict[tuple[str, str], list[Counted]] = field(
        default_factory=lambda: {(view, side): [] for view in VIEWS for side in SIDES}
    )
    pool: Counted = field(default_factory=lambda: Counted.joined([]))
    """All that the set was drawn from; judgements that come later are none of it."""

    def add_whole(self, chosen: Counted, originals: Counted) -> None:
        """All judgements of images that are in the set, and of the originals of their class."""
        self.parts["whole", "set"].append(chosen)
        self.parts["whole", "original"].append(originals)

    def add_halves(self, chosen: Halves, originals: Halves) -> None:
        """Images chosen by half of their judgements, beside the originals of their class."""
        for side, halves in zip(SIDES, (chosen, originals), strict=True):
            self.parts["chosen_by", side].append(halves.chosen_by)
            self.parts["held_out", side].append(halves.held_out)

    def to_dict(self, *, matches_original: bool) -> dict[str, Any]:
        """As a set keeps it: rows of num_selected, num_seen, images and their share, the gap; of the pool no shares.

        Classes are not kept apart, which would be too much of a thousand: the shares, and the gap with its interval,
        are all that they are needed for.
        """
        views: dict[str, Any] = {view: self._view(view) for view in VIEWS}
        *pairs, _, num_images = unique_counts(self.pool.num_selected, self.pool.num_seen)
        pool = np.stack([*pairs, num_images], axis=1).tolist()
        return views | {"gap": _kept(self._gap(matches_original)), "pool": pool}

    def _view(self, view: str) -> dict[str, list[list[float]]]:
        new, old = (Counted.joined(self.parts[view, side]) for side in SIDES)
        return {"set": _rows(new, _shares(new, new)), "original": _rows(old, _shares(old, new))}

    def _gap(self, matches_original: bool) -> GapOfMeans | None:
        new = Counted.joined(self.parts["held_out", "set"])
        if matches_original:
            return gap_of_means(_by_class(new), _by_class(Counted.joined(self.parts["held_out", "original"])))
        same = Counted.joined(self.parts["chosen_by", "set"])
        return gap_of_pairs((new.num_selected, new.num_seen), (same.num_selected, same.num_seen))


@dataclass(frozen=True)
class View:
    """Frequencies of the set and of the original, as some of their judgements show them.

    Rows of num_selected, num_seen, images, and the share that these have. An original's share goes by its class: all
    of a class have together what the class has in the set, however many of them were judged.
    """

    set: Rows
    original: Rows

    @property
    def set_mean(self) -> float | None:
        return _mean(self.set)

    @property
    def original_mean(self) -> float | None:
        return _mean(self.original)

    @property
    def set_bins(self) -> list[float]:
        """The share of each fifth of the frequency."""
        return _in_bins(self.set)

    @property
    def original_bins(self) -> list[float]:
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
    if parameters is None or "gap" not in test_set.figures:
        return None
    kept = test_set.figures
    return Figures(
        **{name: View(*(_table(kept[name][side]) for side in SIDES)) for name in VIEWS},
        is_matched=parameters.matches_original,
        is_replayed=not parameters.holds_out_half,
        gap=GapOfMeans(**kept["gap"]) if kept["gap"] else None,
    )


def _by_class(images: Counted) -> tuple[IntArray, IntArray, IntArray]:
    return images.num_selected, images.num_seen, images.number


def _shares(images: Counted, new: Counted) -> NDArray[np.float64]:
    """Of each image, so that a class has what it has in the set; one without images leaves its part to the others."""
    classes, place, num_here = np.unique(images.number, return_inverse=True, return_counts=True)
    num_new = np.searchsorted(new.number, classes, "right") - np.searchsorted(new.number, classes, "left")
    total = num_new.sum()
    return (num_new / num_here / total)[place] if total else np.zeros(len(images))


def _rows(images: Counted, share: NDArray[np.float64]) -> list[list[float]]:
    selected, seen, pair, num_images = unique_counts(images.num_selected, images.num_seen)
    shares = np.bincount(pair, weights=share, minlength=len(num_images))
    columns = (selected.tolist(), seen.tolist(), num_images.tolist(), shares.tolist())
    return [list(row) for row in zip(*columns, strict=True)]


def _table(rows: list[list[float]]) -> Rows:
    return np.array(rows, dtype=np.float64).reshape(-1, 4)


def _mean(rows: Rows) -> float | None:
    if not len(rows):
        return None
    return float(np.average(rows[:, 0] / rows[:, 1], weights=rows[:, 3]))


def _in_bins(rows: Rows) -> list[float]:
    found = bins(rows[:, 0], rows[:, 1])
    shares: list[float] = np.bincount(found, weights=rows[:, 3], minlength=len(BIN_EDGES) + 1).tolist()
    return shares


def _kept(gap: GapOfMeans | None) -> dict[str, float] | None:
    return asdict(gap) if gap else None


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
    return told | {"gap": _kept(found.gap), "is_biased": found.is_biased}
