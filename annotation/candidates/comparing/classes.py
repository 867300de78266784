"""The classes whose pool lies farthest from their originals."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.candidates.comparing.figures import LEAST_KNOWN, LEVEL, MOVED, Shift
from annotation.candidates.comparing.looking import Looked
from annotation.candidates.comparing.quantities import NUMBERS, FloatArray, Quantity
from annotation.models import Study, TargetClass
from annotation.stats.shifts.holm import holm
from annotation.stats.shifts.numbers import shifts_by_group

CLASSES_SHOWN = 5
"""Of each quantity."""


@dataclass(frozen=True)
class ClassShift:
    """A quantity in one class."""

    quantity: Quantity
    target_class: TargetClass
    num_original: int
    num_pool: int
    original_median: float
    pool_median: float
    shift: Shift


@dataclass(frozen=True)
class Classes:
    """How many could be compared, how many of them moved, and the farthest of each quantity."""

    num_compared: int
    num_moved: int
    farthest: list[ClassShift]


@dataclass(frozen=True)
class _Table:
    """Distances and p by quantity and class, shapes (num_quantities, num_classes), and the sizes of both samples."""

    distance: FloatArray
    p: FloatArray
    adjusted: FloatArray
    sizes: NDArray[np.int64]

    @property
    def is_tested(self) -> NDArray[np.bool_]:
        return np.asarray(self.sizes.min(axis=1) >= LEAST_KNOWN)

    @property
    def has_moved(self) -> NDArray[np.bool_]:
        return np.asarray(self.is_tested & (self.adjusted < LEVEL) & (self.distance >= MOVED))


def shifted_classes(study: Study, looked: Looked, values: Mapping[str, FloatArray]) -> Classes:
    """Each quantity in each class, corrected over all of them."""
    ids, group = np.unique(looked.target_class, return_inverse=True)
    table = _table(group, len(ids), looked.is_pool, values)
    classes = {each.pk: each for each in study.target_classes.all()}
    farthest = [
        _shown(table, row, place, NUMBERS[name], classes[int(ids[place])], _medians(each, group == place, looked))
        for row, (name, each) in enumerate(values.items())
        for place in _farthest(table, row)
    ]
    return Classes(int(table.is_tested.any(axis=0).sum()), int(table.has_moved.any(axis=0).sum()), farthest)


def _table(
    group: NDArray[np.int64], num_groups: int, is_pool: NDArray[np.bool_], values: Mapping[str, FloatArray]
) -> _Table:
    found = []
    for each in values.values():
        known = np.isfinite(each)
        found.append(shifts_by_group(group[known], is_pool[known], each[known], num_groups=num_groups))
    p = np.stack([each.p for each in found])
    sizes = np.stack([[each.num_first, each.num_second] for each in found])
    table = _Table(np.stack([each.distance for each in found]), p, np.ones_like(p), sizes)
    table.adjusted[table.is_tested] = holm(p[table.is_tested])
    return table


def _farthest(table: _Table, row: int) -> list[int]:
    """Places of the classes that moved most, equals in the order of their ids."""
    distance = np.where(table.has_moved[row], table.distance[row], -1)
    order = np.argsort(-distance, kind="stable")[:CLASSES_SHOWN]
    return [int(place) for place in order if distance[place] >= 0]


def _medians(values: FloatArray, is_here: NDArray[np.bool_], looked: Looked) -> tuple[float, float]:
    original, pool = (float(np.nanmedian(values[is_here & (looked.is_pool == side)])) for side in (False, True))
    return original, pool


def _shown(
    table: _Table, row: int, place: int, quantity: Quantity, target_class: TargetClass, medians: tuple[float, float]
) -> ClassShift:
    shift = Shift(*(float(each[row, place]) for each in (table.distance, table.p, table.adjusted)))
    num_original, num_pool = map(int, table.sizes[row, :, place])
    return ClassShift(quantity, target_class, num_original, num_pool, *medians, shift)
