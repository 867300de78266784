"""The lines of new over original accuracy, with what chance in classifiers and images does to them."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from evaluation.reports.content import AdaptivityContent, FitContent
from evaluation.reports.counting import Counted, Numbers
from evaluation.reports.pairing import Paired
from evaluation.stats.comparing.decomposition import adaptivity
from evaluation.stats.comparing.fits import Sampling, Scale, fit_with_intervals

SEED = 0
FEWEST = 3
SAMPLING = Sampling(num_drawn=41)


def fits(counted: Counted, paired: Paired) -> dict[str, FitContent | None]:
    """On every scale; none where there are too few classifiers."""
    if not _has_line(paired.original, counted.families):
        return {str(scale): None for scale in Scale}
    return {str(scale): _fit(counted, paired, scale) for scale in Scale}


def _fit(counted: Counted, paired: Paired, scale: Scale) -> FitContent:
    found = fit_with_intervals(
        paired.original,
        paired.new,
        scale=scale,
        rng=np.random.default_rng(SEED),
        families=counted.families,
        sampling=SAMPLING,
    )
    line = np.stack([found.grid, found.line, found.band_low, found.band_high], axis=1)
    return {
        "slope": found.slope,
        "slope_low": found.slope_interval.low,
        "slope_high": found.slope_interval.high,
        "intercept": found.intercept,
        "intercept_low": found.intercept_interval.low,
        "intercept_high": found.intercept_interval.high,
        "r_squared": found.r_squared,
        "num_points": found.num_classifiers,
        "num_families": found.num_families,
        "line": [(x, y, low, high) for x, y, low, high in line.round(6).tolist()],
    }


def signs_of_adaptivity(counted: Counted, paired: Paired) -> AdaptivityContent | None:
    """None where there are too few classifiers for a line."""
    if not _has_line(paired.original, counted.families):
        return None
    found = adaptivity(
        paired.original,
        paired.new,
        rng=np.random.default_rng(SEED),
        released=[_year(each.released_on) for each in counted.classifiers],
        families=counted.families,
        sampling=SAMPLING,
    )
    return {
        "slope": found.slope,
        "slope_low": found.slope_interval.low,
        "slope_high": found.slope_interval.high,
        "has_diminishing_returns": found.has_diminishing_returns,
        "date_correlation": found.date_correlation,
        "date_p": found.date_p,
        "num_dated": found.num_dated,
    }


def _has_line(original: Numbers, families: Sequence[str] | None) -> bool:
    num_families = len(original) if families is None else len(set(families))
    return num_families >= FEWEST and len(np.unique(original[:, 0] / original[:, 1])) > 1


def _year(released_on: date | None) -> float | None:
    """With its part that has passed, such as 2015.5."""
    if released_on is None:
        return None
    first, last = date(released_on.year, 1, 1), date(released_on.year, 12, 31)
    return released_on.year + (released_on - first).days / ((last - first).days + 1)
