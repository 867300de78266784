"""How far a frequency can be believed: its interval and its posterior, which stand beside the counts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from django.db.models import Count, QuerySet
from numpy.typing import NDArray

from annotation.models import FrequencyMixture, JudgementFilter, Origin, SelectionFrequency
from annotation.stats import selection
from annotation.stats.beta_binomial import BetaBinomialMixture
from annotation.stats.intervals import FrequencyInterval, jeffreys, wilson


class Interval(StrEnum):
    """How the interval of a frequency is computed."""

    WILSON = "wilson"
    JEFFREYS = "jeffreys"


METHODS: Mapping[Interval, Callable[..., FrequencyInterval]] = {Interval.WILSON: wilson, Interval.JEFFREYS: jeffreys}


@dataclass(frozen=True)
class Bounds:
    """In [0, 1]."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Belief:
    """Counts with their 95 % interval, none where nobody saw the image, and their posterior, none without a fit."""

    row: SelectionFrequency
    interval: Bounds | None
    posterior: Bounds | None


def of_rows(rows: Sequence[SelectionFrequency], *, interval: Interval = Interval.WILSON) -> list[Belief]:
    """What can be believed of rows that have their candidates at hand; of as many filters as they are of."""
    fits = {
        (fit.judgement_filter_id, fit.origin): fit.mixture
        for fit in FrequencyMixture.objects.filter(judgement_filter__in={row.judgement_filter_id for row in rows})
    }
    intervals = _by_row([row for row in rows if row.num_seen], METHODS[interval])
    posteriors: dict[int, Bounds] = {}
    for key, mixture in fits.items():
        mine = [row for row in rows if (row.judgement_filter_id, row.candidate.origin) == key]
        posteriors |= _by_row(mine, mixture.posterior)
    return [Belief(row, intervals.get(row.pk), posteriors.get(row.pk)) for row in rows]


def _by_row(rows: Sequence[SelectionFrequency], method: Callable[..., FrequencyInterval]) -> dict[int, Bounds]:
    if not rows:
        return {}
    found = method([row.num_selected for row in rows], [row.num_seen for row in rows])
    columns = (found.frequency.tolist(), found.low.tolist(), found.high.tolist())
    return {row.pk: Bounds(*bounds) for row, *bounds in zip(rows, *columns, strict=True)}


def measured(judgement_filter: JudgementFilter) -> QuerySet[SelectionFrequency]:
    """Counts of the candidates that take part and that somebody has seen."""
    # As `Candidate.included`: by any other column the database expects next to none that are in.
    rows: QuerySet[SelectionFrequency] = judgement_filter.frequencies.filter(
        candidate__exclusion__candidate__isnull=True, num_seen__gt=0
    )
    return rows


def histogram(judgement_filter: JudgementFilter) -> dict[Origin, Any]:
    """Rows of (num_selected, num_seen, images) for each origin, shape (n, 3), in order; one query of few rows."""
    names = ("candidate__origin", "num_selected", "num_seen")
    rows = measured(judgement_filter).values_list(*names).annotate(num=Count("pk")).order_by(*names)
    by_origin: dict[Origin, list[tuple[int, int, int]]] = {origin: [] for origin in Origin}
    for origin, *numbers in rows:
        by_origin[Origin(origin)].append(tuple(numbers))
    return {origin: np.array(numbers, dtype=np.int64).reshape(-1, 3) for origin, numbers in by_origin.items()}


def in_bins(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Images in each bin of the selection frequency, from the rows of a `histogram`."""
    found = selection.bins(rows[:, 0], rows[:, 1])
    return np.bincount(found, weights=rows[:, 2], minlength=len(selection.BIN_EDGES) + 1).astype(np.int64)


def mixtures_of(judgement_filter: JudgementFilter) -> dict[str, BetaBinomialMixture]:
    """Those that were fitted, by origin."""
    return {fit.origin: fit.mixture for fit in judgement_filter.mixtures.all()}


def columns_of(mixture: BetaBinomialMixture) -> dict[str, list[float]]:
    """As the row of a mixture keeps it."""
    return {"weight": mixture.weight.tolist(), "a": mixture.a.tolist(), "b": mixture.b.tolist()}
