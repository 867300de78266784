"""Grids: candidates put together for a worker to judge at once, with controls among them."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from annotation import bitmaps, imaging, storage
from annotation.collecting import FLICKR
from annotation.errors import CannotCompose, MissingContent
from annotation.models import HIT, IMPORTED, Candidate, Grid, Origin, Study, TargetClass
from annotation.stats.controls import Lenders

SHEETS = imaging.SheetLayout()
MOST_OF_FLICKR = 30
"""Photos that may be shown together, as the terms of its API want it."""
BITMAPS = ("measured", "positive_controls", "negative_controls")


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


def design_for(study: Study) -> GridDesign:
    """The design that a study's grids have where nobody chooses another."""
    has_flickr = study.collections.filter(kind=FLICKR).exists()
    return GridDesign(MOST_OF_FLICKR) if has_flickr else GridDesign()


def num_measured_of(study: Study) -> int:
    """How many candidates a grid of the study measures, as far as those composed last tell; else as usual.

    Composing makes as few grids of a class as hold its candidates, of the same size but for one. So a grid can hold as
    many as the largest does, and fewer than would have let a class do with one grid less.
    """
    composed = Grid.objects.filter(study=study).exclude(hits__batch__platform=IMPORTED)
    newest = composed.order_by("-created_at").values("created_at")[:1]
    sizes: dict[int, list[int]] = defaultdict(list)
    rows = composed.filter(created_at=newest).order_by().values_list("target_class_id", "measured")
    for class_pk, measured in rows.iterator():
        sizes[class_pk].append(bitmaps.count(measured))
    usual = design_for(study).num_measured
    least = max((max(each) for each in sizes.values()), default=0)
    most = min((-(-sum(each) // (len(each) - 1)) - 1 for each in sizes.values() if len(each) > 1), default=usual)
    return max(least, min(usual, most), 1)


@dataclass(frozen=True)
class Composition:
    """What was composed, and what the researcher should know about it."""

    grids: list[Grid]
    warnings: list[str] = field(default_factory=list)


@transaction.atomic
def compose(*, study: Study, now: datetime, design: GridDesign | None = None) -> Composition:
    """Put every included candidate that has a picture and that no grid measures yet into a grid of its class."""
    composition = _compose(study, now, design or design_for(study), again=None)
    if num_lacking := Candidate.objects.filter(study=study).included().without_picture().count():
        composition.warnings.append(
            f"{num_lacking:,} candidates are left out: their pictures are not here, only judgements of them; "
            "import_images supplies the pictures."
        )
    return composition


@transaction.atomic
def compose_again(
    *, study: Study, candidate_ids: Collection[int], now: datetime, design: GridDesign | None = None
) -> Composition:
    """Put candidates that were measured before into new grids, for workers who have not judged them."""
    return _compose(study, now, design or design_for(study), again=set(candidate_ids))


def _compose(study: Study, now: datetime, design: GridDesign, again: set[int] | None) -> Composition:
    Study.objects.select_for_update(no_key=True).get(pk=study.pk)  # two composers must not measure a candidate twice
    classes = list(study.target_classes.order_by("number"))
    if not classes:
        raise CannotCompose("The study has no target classes yet; add them first.")
    candidates, originals = _by_class(study)
    lenders = Lenders()
    measured, num_grids = _already_measured(study, originals, lenders, now)
    composition = Composition([])
    composers = []
    for target_class in classes:
        mine = candidates[target_class.pk]
        if not mine and again is None:
            composition.warnings.append(f"{target_class.name}: no candidates; import images for it.")
        wanted = [pk for pk in mine if (pk not in measured if again is None else pk in again)]
        composers.append(_Composer(target_class, wanted, design, num_grids[target_class.pk], study.seed))
    for composer in composers:  # all before the first control is lent: classes lend to each other
        composer.enter(lenders, originals[composer.target_class.pk] - measured)
    for composer in composers:
        composition.grids.extend(composer.grids(lenders, now))
        composition.warnings.extend(composer.warnings)
    Grid.objects.bulk_create(composition.grids, batch_size=1000)
    return composition


def _by_class(study: Study) -> tuple[dict[int, list[int]], dict[int, set[int]]]:
    """Ids of all candidates that can be shown, in order, and of the originals among them, by class."""
    everyone: dict[int, list[int]] = defaultdict(list)
    originals: dict[int, set[int]] = defaultdict(set)
    rows = Candidate.objects.filter(study=study).included().with_picture().order_by("id")
    for pk, class_pk, origin in rows.values_list("pk", "target_class_id", "origin"):
        everyone[class_pk].append(pk)
        if origin == Origin.ORIGINAL:
            originals[class_pk].add(pk)
    return everyone, originals


def _already_measured(
    study: Study, originals: dict[int, set[int]], lenders: Lenders, now: datetime
) -> tuple[set[int], dict[int, int]]:
    """What the study's grids measure, and how many there are of each class; each lends what it measures first.

    One that was stopped before anybody judged it measures nothing: its other images are composed anew.
    """
    measured: set[int] = set()
    num_grids: dict[int, int] = defaultdict(int)
    rows = Grid.objects.filter(study=study).order_by("target_class_id", "number")
    columns = ("pk", "target_class_id", "number", "candidate_ids", "measured")
    lost = set(rows.lost(now).values_list("pk", flat=True))
    for pk, class_pk, number, ids, bitmap in rows.values_list(*columns).iterator():
        for _ in range(num_grids[class_pk], number):  # one was removed: its place stays, as others count on theirs
            lenders.add_grid(class_pk, [])
        num_grids[class_pk] = number + 1
        if pk in lost:
            lenders.add_grid(class_pk, [])
            continue
        here = {ids[position] for position in bitmaps.positions(bitmap, len(ids))}
        lenders.add_grid(class_pk, list((here & originals[class_pk]) - measured), lent=set(ids) - here)
        measured |= here
    return measured, num_grids


def put_together(*, study: Study, measured: Mapping[int, Sequence[int]], now: datetime) -> list[Grid]:
    """Grids for judgements made elsewhere: of each class its candidates, all measured, in the order given."""
    num_grids = dict(study.grids.order_by().values_list("target_class_id").annotate(num=Max("number") + 1))
    size = GridDesign().num_positions
    made = []
    for class_pk, ids in measured.items():
        parts = [list(ids[start : start + size]) for start in range(0, len(ids), size)]
        for number, part in enumerate(parts, num_grids.get(class_pk, 0)):
            made.append(
                Grid(
                    study=study,
                    target_class_id=class_pk,
                    number=number,
                    candidate_ids=part,
                    measured=bitmaps.pack(range(len(part)), len(part)),
                    positive_controls=bitmaps.pack([], len(part)),
                    negative_controls=bitmaps.pack([], len(part)),
                    created_at=now,
                )
            )
    return Grid.objects.bulk_create(made, batch_size=1000)


class _Composer:
    """Composes the grids of one target class."""

    def __init__(
        self, target_class: TargetClass, fresh: list[int], design: GridDesign, num_grids: int, seed: int
    ) -> None:
        self.target_class = target_class
        self.design = design
        self.num_grids = num_grids
        self.rng = np.random.default_rng([seed, target_class.number, num_grids])
        self.warnings: list[str] = []
        self.parts: list[list[int]] = []
        if fresh:
            num_new = -(-len(fresh) // design.num_measured)
            # Sizes differ by at most one: a last grid of three images would stand out.
            parts = np.array_split(self.rng.permutation(fresh), num_new)
            self.parts = [[int(pk) for pk in part] for part in parts]

    def enter(self, lenders: Lenders, originals: set[int]) -> None:
        for part in self.parts:
            lenders.add_grid(self.target_class.pk, [pk for pk in part if pk in originals])

    def grids(self, lenders: Lenders, now: datetime) -> list[Grid]:
        composed = [self._grid(part, lenders, now, self.num_grids + index) for index, part in enumerate(self.parts)]
        kinds = [
            ("positive", self.design.num_positive, [grid.positive_controls for grid in composed]),
            ("negative", self.design.num_negative, [grid.negative_controls for grid in composed]),
        ]
        for what, wanted, controls in kinds:
            fewest = min((bitmaps.count(bitmap) for bitmap in controls), default=wanted)
            if fewest < wanted:
                self.warnings.append(self._too_few(what, fewest, wanted))
        return composed

    def _too_few(self, what: str, fewest: int, wanted: int) -> str:
        why = "there are too few originals in other grids of the class"
        if what == "negative":
            why = "its nearest class has few originals" if self.target_class.nearest_id else "no nearest class is set"
        return f"{self.target_class.name}: some grids have {fewest} of {wanted} {what} controls; {why}."

    def _grid(self, measured: list[int], lenders: Lenders, now: datetime, number: int) -> Grid:
        nearest = self.target_class.nearest_id
        positive = lenders.positives(self.target_class.pk, number, self.design.num_positive, self.rng, besides=measured)
        negative = lenders.negatives(nearest, number, self.design.num_negative, self.rng) if nearest else []
        order = self.rng.permutation(len(measured) + len(positive) + len(negative))
        ids = [(measured + positive + negative)[index] for index in order]
        num_known = len(measured) + len(positive)
        size = len(ids)
        return Grid(
            study_id=self.target_class.study_id,
            target_class=self.target_class,
            number=number,
            candidate_ids=ids,
            measured=bitmaps.pack(np.flatnonzero(order < len(measured)).tolist(), size),
            positive_controls=bitmaps.pack(
                np.flatnonzero((order >= len(measured)) & (order < num_known)).tolist(), size
            ),
            negative_controls=bitmaps.pack(np.flatnonzero(order >= num_known).tolist(), size),
            created_at=now,
        )


def showing(candidate_ids: Collection[int]) -> QuerySet[Grid]:
    """The grids of whatever study that show one of these candidates, as measured or as a control."""
    return Grid.objects.filter(candidate_ids__overlap=sorted(candidate_ids))


def unseen(rows: QuerySet[Grid]) -> QuerySet[Grid]:
    """Those of these grids that were never put to anybody, so that they may still change."""
    return rows.filter(~Exists(HIT.objects.filter(grid=OuterRef("pk"))))


@transaction.atomic
def cut(*, candidate_ids: Collection[int]) -> list[str]:
    """Take candidates out of grids that nobody was given yet, and let the others' contact sheets go.

    The sha256 of each sheet that no grid has any more. Who was given a grid goes on with the same positions.
    """
    rows = showing(candidate_ids).order_by("pk").select_for_update(no_key=True)
    sheets = [sha256 for found in rows.values_list("sheets", flat=True) for sha256 in found]
    for grid in unseen(rows):
        _cut(grid, set(candidate_ids))
    Grid.objects.filter(pk__in=showing(candidate_ids).values("pk")).update(sheets=[])
    return sheets


def _cut(grid: Grid, gone: set[int]) -> None:
    kept = [position for position, pk in enumerate(grid.candidate_ids) if pk not in gone]
    if not kept:
        grid.delete()
        return
    for name in BITMAPS:
        held = set(bitmaps.positions(getattr(grid, name), grid.num_positions))
        setattr(grid, name, bitmaps.pack([place for place, old in enumerate(kept) if old in held], len(kept)))
    grid.candidate_ids = [grid.candidate_ids[position] for position in kept]
    grid.sheets = []
    grid.save(update_fields=["candidate_ids", "sheets", *BITMAPS])


# --- contact sheets -----------------------------------------------------------------------------------


def make_sheets(*, grid: Grid) -> list[str]:
    """Store the contact sheets of a grid and name them in its row; again changes nothing.

    Drawing takes a while: what no longer shows the grid as it is then is stored nowhere, and drawn anew. None where the
    grid is gone.
    """
    shown = _shown_now(grid)
    while shown:
        drawn = [_sheet(shown[each : each + SHEETS.num_places]) for each in range(0, len(shown), SHEETS.num_places)]
        with transaction.atomic():  # a take-down waits until it can find them by the row
            Grid.objects.select_for_update(no_key=True).filter(pk=grid.pk).first()
            before, shown = shown, _shown_now(grid)
            if shown == before:
                sheets = [storage.put("sheets", content) for content in drawn]
                Grid.objects.filter(pk=grid.pk).update(sheets=sheets)
                return sheets
    return []


def restore_sheet(*, grid: Grid, number: int) -> bytes:
    """Draw a contact sheet whose file is gone, and store it again if the row names it still."""
    content = draw_sheet(grid=grid, number=number)
    with transaction.atomic():
        row = Grid.objects.select_for_update(no_key=True).get(pk=grid.pk)
        if hashlib.sha256(content).hexdigest() in row.sheets:
            storage.put("sheets", content)
    return content


def draw_sheet(*, grid: Grid, number: int) -> bytes:
    """One contact sheet, the same bytes each time; the place of a picture that was taken down is empty."""
    return _sheet(_shown(grid.candidate_ids[number * SHEETS.num_places : (number + 1) * SHEETS.num_places]))


def _shown_now(grid: Grid) -> list[tuple[int, str | None]]:
    ids = Grid.objects.filter(pk=grid.pk).values_list("candidate_ids", flat=True).first()
    return _shown(ids or [])


def _shown(ids: Sequence[int]) -> list[tuple[int, str | None]]:
    """Each candidate with its rendition, and none where its picture was taken down."""
    rows = Candidate.objects.filter(Q(image__isnull=False) | Q(take_down__isnull=False), pk__in=ids)
    renditions = dict(rows.values_list("pk", "image__rendition_sha256"))
    if lacking := sorted(set(ids) - set(renditions)):
        raise MissingContent(f"The picture of candidate {lacking[0]} is not here; import_images supplies it.")
    return [(pk, renditions[pk]) for pk in ids]


def _sheet(shown: Iterable[tuple[int, str | None]]) -> bytes:
    return imaging.contact_sheet([storage.get("renditions", each) if each else None for _, each in shown], SHEETS)


def display_order(*, num_positions: int, seed: Sequence[int]) -> list[int]:
    """Positions as one worker sees them: sheets in random order, and the places of each sheet too.

    Sheet by sheet, so that the first rows are complete when the first sheet has come.
    """
    rng = np.random.default_rng(seed)
    positions = np.arange(num_positions)
    starts = rng.permutation(np.arange(0, num_positions, SHEETS.num_places))
    return [int(each) for start in starts for each in rng.permutation(positions[start : start + SHEETS.num_places])]
