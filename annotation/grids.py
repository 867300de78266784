"""Grids: candidates put together for a worker to judge at once, with controls among them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from django.db import transaction

from annotation import bitmaps, imaging, storage
from annotation.errors import CannotCompose
from annotation.models import Candidate, Grid, Origin, Study, TargetClass

SHEETS = imaging.SheetLayout()


@dataclass(frozen=True)
class GridDesign:
    """How many positions a grid has, and how many of them are controls."""

    num_positions: int = 48
    num_positive: int = 3
    num_negative: int = 3

    def __post_init__(self) -> None:
        if min(self.num_positive, self.num_negative) < 0:
            raise CannotCompose("The number of controls can't be negative.")
        if self.num_measured < 1:
            raise CannotCompose(
                f"{self.num_positions} positions leave no room for candidates beside "
                f"{self.num_positive} positive and {self.num_negative} negative controls."
            )

    @property
    def num_measured(self) -> int:
        return self.num_positions - self.num_positive - self.num_negative


@dataclass(frozen=True)
class Composition:
    """What was composed, and what the researcher should know about it."""

    grids: list[Grid]
    warnings: list[str] = field(default_factory=list)


@transaction.atomic
def compose(*, study: Study, now: datetime, design: GridDesign | None = None) -> Composition:
    """Put every included candidate that no grid measures yet into a grid of its class."""
    design = design or GridDesign()
    Study.objects.select_for_update().get(pk=study.pk)  # two composers must not measure a candidate twice
    classes = list(study.target_classes.order_by("number"))
    if not classes:
        raise CannotCompose("The study has no target classes yet; add them first.")
    candidates, originals = _by_class(study)
    measured, num_grids = _already_measured(study)
    composition = Composition([])
    for target_class in classes:
        fresh = [pk for pk in candidates[target_class.pk] if pk not in measured]
        if not candidates[target_class.pk]:
            composition.warnings.append(f"{target_class.name}: no candidates; import images for it.")
        composer = _Composer(target_class, originals, design, num_grids[target_class.pk])
        composition.grids.extend(composer.grids(fresh, study.seed, now))
        composition.warnings.extend(composer.warnings)
    Grid.objects.bulk_create(composition.grids, batch_size=1000)
    return composition


def _by_class(study: Study) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """Ids of all included candidates, and of the originals among them, by class and in order."""
    everyone: dict[int, list[int]] = defaultdict(list)
    originals: dict[int, list[int]] = defaultdict(list)
    rows = Candidate.objects.filter(study=study).included().order_by("id")
    for pk, class_pk, origin in rows.values_list("pk", "target_class_id", "origin"):
        everyone[class_pk].append(pk)
        if origin == Origin.ORIGINAL:
            originals[class_pk].append(pk)
    return everyone, originals


def _already_measured(study: Study) -> tuple[set[int], dict[int, int]]:
    measured: set[int] = set()
    num_grids: dict[int, int] = defaultdict(int)
    rows = Grid.objects.filter(study=study).values_list("target_class_id", "candidate_ids", "measured")
    for class_pk, ids, bitmap in rows.iterator():
        num_grids[class_pk] += 1
        measured.update(ids[position] for position in bitmaps.positions(bitmap, len(ids)))
    return measured, num_grids


class _Composer:
    """Composes the grids of one target class."""

    def __init__(
        self, target_class: TargetClass, originals: dict[int, list[int]], design: GridDesign, num_grids: int
    ) -> None:
        self.target_class = target_class
        self.positives = originals[target_class.pk]
        self.negatives = originals[target_class.nearest_id] if target_class.nearest_id else []
        self.design = design
        self.num_grids = num_grids
        self.warnings: list[str] = []

    def grids(self, fresh: list[int], seed: int, now: datetime) -> list[Grid]:
        if not fresh:
            return []
        self._warn_of_few_negatives()
        rng = np.random.default_rng([seed, self.target_class.number, self.num_grids])
        num_new = -(-len(fresh) // self.design.num_measured)
        # Sizes differ by at most one: a last grid of three images would stand out.
        parts = np.array_split(rng.permutation(fresh), num_new)
        grids = [self._grid([int(pk) for pk in part], rng, now, number) for number, part in enumerate(parts)]
        if any(len(bitmaps.positions(g.positive_controls, g.num_positions)) < self.design.num_positive for g in grids):
            self.warnings.append(
                f"{self.target_class.name}: too few originals ({len(self.positives)}) for "
                f"{self.design.num_positive} positive controls in each grid; some grids have fewer."
            )
        return grids

    def _warn_of_few_negatives(self) -> None:
        if self.design.num_negative and len(self.negatives) < self.design.num_negative:
            why = (
                "no nearest class is set" if not self.target_class.nearest_id else "its nearest class has few originals"
            )
            self.warnings.append(
                f"{self.target_class.name}: {len(self.negatives)} of {self.design.num_negative} "
                f"negative controls; {why}."
            )

    def _grid(self, measured: list[int], rng: np.random.Generator, now: datetime, number: int) -> Grid:
        inside = set(measured)
        positive = _draw([pk for pk in self.positives if pk not in inside], self.design.num_positive, rng)
        negative = _draw(self.negatives, self.design.num_negative, rng)
        order = rng.permutation(len(measured) + len(positive) + len(negative))
        ids = [(measured + positive + negative)[index] for index in order]
        num_known = len(measured) + len(positive)
        size = len(ids)
        return Grid(
            study_id=self.target_class.study_id,
            target_class=self.target_class,
            number=self.num_grids + number,
            candidate_ids=ids,
            measured=bitmaps.pack(np.flatnonzero(order < len(measured)).tolist(), size),
            positive_controls=bitmaps.pack(
                np.flatnonzero((order >= len(measured)) & (order < num_known)).tolist(), size
            ),
            negative_controls=bitmaps.pack(np.flatnonzero(order >= num_known).tolist(), size),
            created_at=now,
        )


def _draw(among: list[int], count: int, rng: np.random.Generator) -> list[int]:
    return [int(pk) for pk in rng.choice(among, min(count, len(among)), replace=False)] if among else []


# --- contact sheets -----------------------------------------------------------------------------------


def make_sheets(*, grid: Grid) -> list[str]:
    """Store the contact sheets of a grid and name them in its row; again changes nothing."""
    sheets = [
        storage.put("sheets", draw_sheet(grid=grid, number=number))
        for number in range(SHEETS.num_sheets(grid.num_positions))
    ]
    Grid.objects.filter(pk=grid.pk).update(sheets=sheets)
    return sheets


def draw_sheet(*, grid: Grid, number: int) -> bytes:
    """One contact sheet, the same bytes each time."""
    ids = grid.candidate_ids[number * SHEETS.num_places : (number + 1) * SHEETS.num_places]
    renditions = dict(Candidate.objects.filter(pk__in=ids).values_list("pk", "image__rendition_sha256"))
    return imaging.contact_sheet([storage.get("renditions", renditions[pk]) for pk in ids], SHEETS)


def display_order(*, num_positions: int, seed: Sequence[int]) -> list[int]:
    """Positions as one worker sees them: sheets in random order, and the places of each sheet too.

    Sheet by sheet, so that the first rows are complete when the first sheet has come.
    """
    rng = np.random.default_rng(seed)
    positions = np.arange(num_positions)
    starts = rng.permutation(np.arange(0, num_positions, SHEETS.num_places))
    return [int(each) for start in starts for each in rng.permutation(positions[start : start + SHEETS.num_places])]
