"""Whether a test set can be drawn, before more is paid: what is there, what is missing, and what should fill it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from annotation.grids import GridDesign, design_for
from annotation.models import Exclusion, JudgementFilter, TargetClass
from annotation.stats import filling
from annotation.strategies import Parameters
from annotation.strategies.base import ClassCounts, Demand

# Candidates with the same counts and the same state are one row: what comes out does not grow with the judgements.
CANDIDATES = """
SELECT c.target_class_id, c.origin, coalesce(e.reason, ''), c.image_id IS NULL,
    coalesce(f.num_selected, 0), coalesce(f.num_seen, 0), count(*)
FROM annotation_candidate c
LEFT JOIN annotation_exclusion e ON e.candidate_id = c.id
LEFT JOIN annotation_selectionfrequency f ON f.candidate_id = c.id AND f.judgement_filter_id = %s
WHERE c.study_id = %s
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY 1, 2, 3, 4, 5, 6
"""
NO_PICTURE = "its picture is not here"
NOT_JUDGED = "nobody has judged it yet"
TOO_FEW = "too few judgements"
DOES_NOT_FIT = "its selection frequency does not fit"
WAITING = (NOT_JUDGED, TOO_FEW)


@dataclass(frozen=True)
class BinNeed:
    """A bin of a class: images wanted, candidates that lie in it, and what is missing after borrowing."""

    bin: int
    num_wanted: int
    num_valid: int
    num_missing: int


@dataclass(frozen=True)
class ClassNeed:
    """What a class lacks, and what should fill it at the rates seen so far."""

    target_class: TargetClass
    bins: tuple[BinNeed, ...]
    left_out: Mapping[str, int]
    """Pool candidates that can't be used, by the first reason."""
    refusal: str
    num_refused: int
    """Images that can't even be placed in bins, because of the refusal."""
    num_candidates: float
    """To be judged so that the class should be filled; inf where nothing of the kind was ever seen."""
    num_measured: int
    """Candidates that a grid measures."""

    @property
    def num_wanted(self) -> int:
        return self.num_refused + sum(each.num_wanted for each in self.bins)

    @property
    def num_valid(self) -> int:
        return sum(each.num_valid for each in self.bins)

    @property
    def num_missing(self) -> int:
        return self.num_refused + sum(each.num_missing for each in self.bins)

    @property
    def num_waiting(self) -> int:
        """Candidates that are here and only lack judgements."""
        return sum(self.left_out.get(reason, 0) for reason in WAITING)

    @property
    def is_reachable(self) -> bool:
        return math.isfinite(self.num_candidates)

    @property
    def num_new(self) -> int:
        """Candidates to be found beside those that wait."""
        return max(0, int(self.num_candidates) - self.num_waiting) if self.is_reachable else 0

    @property
    def num_grids(self) -> int:
        """Grids, and so HITs, to have them judged."""
        return math.ceil(self.num_candidates / self.num_measured) if self.is_reachable else 0


@dataclass(frozen=True)
class Feasibility:
    """All classes, in their order; `has_rates` says whether any candidate is judged, so that rates are known."""

    classes: tuple[ClassNeed, ...]
    has_rates: bool = False

    @property
    def num_wanted(self) -> int:
        return sum(each.num_wanted for each in self.classes)

    @property
    def num_missing(self) -> int:
        return sum(each.num_missing for each in self.classes)

    @property
    def num_new(self) -> int:
        return sum(each.num_new for each in self.classes)

    @property
    def num_waiting(self) -> int:
        """Of those that wait, as many as are needed; all of them where nobody knows how many are."""
        return sum(
            min(each.num_waiting, int(each.num_candidates))
            if each.is_reachable and self.has_rates
            else each.num_waiting
            for each in self.classes
        )

    @property
    def num_grids(self) -> int:
        return sum(each.num_grids for each in self.classes)

    @property
    def lacking(self) -> tuple[ClassNeed, ...]:
        """Classes that can't be filled, those that lack most first; equals in their order."""
        short = (each for each in self.classes if each.num_missing or each.refusal)
        return tuple(sorted(short, key=lambda each: (not each.refusal, -each.num_missing)))

    @property
    def unreachable(self) -> tuple[ClassNeed, ...]:
        """Classes of which no number of such candidates can be promised to be enough."""
        return tuple(each for each in self.classes if not each.is_reachable)

    @property
    def left_out(self) -> dict[str, int]:
        """Pool candidates of all classes that can't be used, by the first reason, most first."""
        total: dict[str, int] = {}
        for each in self.classes:
            for reason, number in each.left_out.items():
                total[reason] = total.get(reason, 0) + number
        return dict(sorted(total.items(), key=lambda pair: -pair[1]))


@dataclass(frozen=True)
class _Pool:
    """A class: what it has, and why what it has can't be used."""

    counts: ClassCounts
    left_out: dict[str, int]


def check(
    *, judgement_filter: JudgementFilter, parameters: Parameters, design: GridDesign | None = None
) -> Feasibility:
    """What a set of these parameters would lack, under the counts of a filter as they stand."""
    num_measured = (design or design_for(judgement_filter.study)).num_measured
    classes = list(TargetClass.objects.filter(study=judgement_filter.study_id).order_by("number"))
    if not classes:
        return Feasibility(())
    pools = _pools(judgement_filter, [each.pk for each in classes], parameters.min_judgements)
    demands = [parameters.demand(pools[each.pk].counts) for each in classes]
    borrows = demands[0].borrows
    wanted, valid = (np.array([getattr(each, name) for each in demands]) for name in ("wanted", "num_valid"))
    missing = filling.shortfall(wanted, valid, borrows=borrows)
    left_out = [_with_unfit(pools[each.pk], demand) for each, demand in zip(classes, demands, strict=True)]
    settled = _num_settled(valid, left_out)
    shares = filling.shares_of_classes(valid, settled)
    needed = filling.candidates_to_fill(missing, shares, borrows=borrows)
    return Feasibility(
        tuple(
            ClassNeed(
                target_class=target_class,
                bins=tuple(BinNeed(number, *row) for number, row in enumerate(np.stack(columns, axis=1).tolist())),
                left_out=reasons,
                refusal=demand.refusal,
                num_refused=parameters.images_per_class if demand.refusal else 0,
                num_candidates=float(number),
                num_measured=num_measured,
            )
            for target_class, demand, reasons, number, *columns in zip(
                classes, demands, left_out, needed, wanted, valid, missing, strict=True
            )
        ),
        has_rates=bool(settled.any()),
    )


def _num_settled(valid: NDArray[np.int64], left_out: Sequence[Mapping[str, int]]) -> NDArray[np.int64]:
    """Candidates of each class of which it is known whether they can be used."""
    unknown = (*WAITING, NO_PICTURE)
    of_no_use = [sum(number for reason, number in each.items() if reason not in unknown) for each in left_out]
    return valid.sum(axis=1) + np.array(of_no_use, dtype=np.int64)


def _with_unfit(pool: _Pool, demand: Demand) -> dict[str, int]:
    num_unfit = int((demand.bins < 0).sum())
    return pool.left_out | ({DOES_NOT_FIT: num_unfit} if num_unfit else {})


def _pools(judgement_filter: JudgementFilter, class_ids: Iterable[int], min_judgements: int) -> dict[int, _Pool]:
    """By class, from one statement."""
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES, [judgement_filter.pk, judgement_filter.study_id])
        rows = cursor.fetchall()
    usable: dict[tuple[int, str], list[tuple[int, int, int]]] = {}
    left_out: dict[int, dict[str, int]] = {}
    for class_id, origin, reason, is_without_picture, num_selected, num_seen, number in rows:
        why = _first_reason(reason, is_without_picture, num_seen, min_judgements)
        if origin == "original" and not reason and not is_without_picture and num_seen:
            usable.setdefault((class_id, origin), []).append((num_selected, num_seen, number))
        elif origin == "pool" and why:
            reasons = left_out.setdefault(class_id, {})
            reasons[why] = reasons.get(why, 0) + number
        elif origin == "pool":
            usable.setdefault((class_id, origin), []).append((num_selected, num_seen, number))
    return {
        pk: _Pool(
            ClassCounts(*_columns(usable.get((pk, "pool"), [])), *_columns(usable.get((pk, "original"), []))),
            left_out.get(pk, {}),
        )
        for pk in class_ids
    }


def _first_reason(reason: str, is_without_picture: bool, num_seen: int, min_judgements: int) -> str:
    if reason:
        return f"excluded: {Exclusion.Reason(reason).label}"
    if is_without_picture:
        return NO_PICTURE
    if not num_seen:
        return NOT_JUDGED
    return TOO_FEW if num_seen < min_judgements else ""


def _columns(rows: Sequence[tuple[int, int, int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Selected and seen, a place for each candidate."""
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return np.repeat(table[:, 0], table[:, 2]), np.repeat(table[:, 1], table[:, 2])
