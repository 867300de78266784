"""The pool beside the original: how far apart in each quantity, what luck would do, which classes moved most."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from annotation.candidates.comparing.classes import Classes, shifted_classes
from annotation.candidates.comparing.figures import LEAST_KNOWN, CategoryFigures, Histogram, NumberFigures, Shift, Side
from annotation.candidates.comparing.looking import Kinds, Looked, kinds_of, look, owners_of
from annotation.candidates.comparing.owners import Owners
from annotation.candidates.comparing.quantities import CATEGORIES, NUMBERS, Category, FloatArray, Quantity
from annotation.candidates.comparing.window import Span, Window
from annotation.models import Origin, Study, TargetClass
from annotation.stats.shifts.categories import category_shift
from annotation.stats.shifts.holm import holm
from annotation.stats.shifts.numbers import number_shift

NUM_BINS = 30


@dataclass(frozen=True)
class Comparison:
    """What is known of the images that take part, original beside pool."""

    looked: Looked
    window: Window
    """Of the originals."""
    owners: Mapping[Origin, Owners]
    numbers: list[NumberFigures]
    categories: list[CategoryFigures]
    classes: Classes | None
    """None where one class is looked at."""

    @property
    def moved(self) -> list[NumberFigures]:
        return [each for each in self.numbers if each.shift is not None and each.shift.has_moved]

    @property
    def moved_categories(self) -> list[CategoryFigures]:
        return [each for each in self.categories if each.shift is not None and each.shift.has_moved]

    @property
    def is_compared(self) -> bool:
        return any(each.shift is not None for each in self.numbers)

    @property
    def num_unmeasured(self) -> int:
        """Pictures looked at whose colours nobody has measured."""
        return int(np.sum(np.isnan(self.looked.raw["red"]) & ~np.isnan(self.looked.raw["width"])))

    @property
    def histograms(self) -> dict[str, Histogram]:
        """What charts are drawn from: of every quantity that is known in both origins."""
        return _histograms(self.looked)


def compare(*, study: Study, seed: int, target_class: TargetClass | None = None) -> Comparison:
    """All candidates that take part, or those of one class."""
    looked = look(study, target_class, seed=seed)
    kinds = kinds_of(looked)
    values = {name: quantity.of(looked.raw) for name, quantity in NUMBERS.items()}
    numbers = [_number(NUMBERS[name], each, looked.is_pool) for name, each in values.items()]
    numbers, categories = _corrected(numbers, [_category(each, kinds) for each in CATEGORIES.values()])
    originals = {name: values[name][~looked.is_pool] for name in ("taken", "uploaded")}
    return Comparison(
        looked=looked,
        window=Window(**{name: Span.of(each) for name, each in originals.items()}),
        owners=owners_of(looked),
        numbers=numbers,
        categories=categories,
        classes=None if target_class else shifted_classes(study, looked, values),
    )


def histograms(*, study: Study, seed: int, target_class: TargetClass | None = None) -> dict[str, Histogram]:
    """Those of a comparison, and nothing else of it."""
    return _histograms(look(study, target_class, seed=seed))


def _histograms(looked: Looked) -> dict[str, Histogram]:
    found = {name: _histogram(quantity, quantity.of(looked.raw), looked.is_pool) for name, quantity in NUMBERS.items()}
    return {name: each for name, each in found.items() if each is not None}


def _number(quantity: Quantity, values: FloatArray, is_pool: NDArray[np.bool_]) -> NumberFigures:
    original, pool = _known(values, is_pool)
    sides = (_side(original, int(np.sum(~is_pool))), _side(pool, int(np.sum(is_pool))))
    if min(len(original), len(pool)) < LEAST_KNOWN:
        return NumberFigures(quantity, *sides, shift=None)
    found = number_shift(original, pool)
    return NumberFigures(quantity, *sides, shift=Shift(found.distance, found.p, found.p))


def _known(values: FloatArray, is_pool: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    is_known = np.isfinite(values)
    return values[is_known & ~is_pool], values[is_known & is_pool]


def _side(known: FloatArray, num_looked_at: int) -> Side:
    quantiles = np.quantile(known, [0.1, 0.5, 0.9]) if len(known) else [np.nan] * 3
    return Side(num_looked_at, len(known), *map(float, quantiles))


def _histogram(quantity: Quantity, values: FloatArray, is_pool: NDArray[np.bool_]) -> Histogram | None:
    """Over where 98 % of each lie; None where nothing is known of one."""
    original, pool = _known(values, is_pool)
    if not len(original) or not len(pool):
        return None
    bounds = np.array([np.quantile(each, [0.01, 0.99]) for each in (original, pool)])
    low, high = bounds[:, 0].min(), bounds[:, 1].max()
    if quantity.is_ratio:
        edges = np.geomspace(low, high, NUM_BINS + 1) if high > low else np.array([low / 1.1, low * 1.1])
    else:
        edges = np.linspace(low, high, NUM_BINS + 1) if high > low else np.array([low - 0.5, low + 0.5])
    shares = [np.histogram(np.clip(each, edges[0], edges[-1]), edges)[0] / len(each) for each in (original, pool)]
    return Histogram(edges.tolist(), shares[0].tolist(), shares[1].tolist())


def _category(category: Category, kinds: Mapping[Origin, Kinds]) -> CategoryFigures:
    counts = {origin: dict(each[category.name]) for origin, each in kinds.items()}
    num_unknown = {origin: each.pop("", 0) for origin, each in counts.items()}
    figures = partial(
        CategoryFigures,
        category=category, original=counts[Origin.ORIGINAL], pool=counts[Origin.POOL], num_unknown=num_unknown,
    )  # fmt: skip
    if min(sum(each.values()) for each in counts.values()) < LEAST_KNOWN:
        return figures(cramers_v=np.nan, shift=None)
    names = sorted(set().union(*counts.values()))
    found = category_shift(*([counts[origin].get(name, 0) for name in names] for origin in Origin))
    return figures(cramers_v=found.cramers_v, shift=Shift(found.distance, found.p, found.p))


def _corrected(
    numbers: list[NumberFigures], categories: list[CategoryFigures]
) -> tuple[list[NumberFigures], list[CategoryFigures]]:
    """Holm over everything that was tested."""
    shifts = [each.shift for each in numbers] + [each.shift for each in categories]
    adjusted = iter(holm([each.p for each in shifts if each is not None]))
    return (
        [replace(each, shift=each.shift and _with(each.shift, adjusted)) for each in numbers],
        [replace(each, shift=each.shift and _with(each.shift, adjusted)) for each in categories],
    )


def _with(shift: Shift, adjusted: Iterator[float]) -> Shift:
    return replace(shift, adjusted=float(next(adjusted)))
