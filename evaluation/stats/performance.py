"""What corrections make of simulated replications: their bias, and how often their intervals hold the truth."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from evaluation.stats.corrections import Correction, correct
from evaluation.stats.simulation import Scenario, simulate


@dataclass(frozen=True)
class Performance:
    """Of one correction over many simulated replications; fractions.

    `bias` is the mean estimate less the truth, `spread` the standard deviation of estimates, `coverage` the share of
    95 % intervals that hold the truth, by errors over images and, `coverage_workers`, over workers too.
    """

    bias: float
    spread: float
    coverage: float
    coverage_workers: float
    num_replications: int


def performance(
    scenario: Scenario,
    corrections: Mapping[str, Correction],
    *,
    rng: np.random.Generator,
    num_replications: int,
    num_replicates: int = 50,
) -> dict[str, Performance]:
    """Bias, spread and coverage of corrections over simulated replications.

    Parameters
    ----------
    scenario : Scenario
    corrections : mapping of str to Correction
        By name.
    rng : numpy.random.Generator
    num_replications : int
        At least 2.
    num_replicates : int
        Bootstrap samples for each standard error.

    Returns
    -------
    dict of str to Performance

    Examples
    --------
    >>> from evaluation.stats.corrections import Unadjusted
    >>> poorer = Scenario("poorer", pool=((1, 2, 3),))
    >>> found = performance(poorer, {"none": Unadjusted()}, rng=np.random.default_rng(0), num_replications=5)
    >>> round(found["none"].bias, 1), found["none"].coverage
    (-0.1, 0.0)
    """
    rows: dict[str, list[list[float]]] = {name: [] for name in corrections}
    for _ in range(num_replications):
        made = simulate(scenario, rng=rng)
        for name, correction in corrections.items():
            found = correct(
                made.original, made.new, correction, rng=rng, judgements=made.judgements, num_replicates=num_replicates
            )
            rows[name].append([float(each[0]) for each in (found.change, found.error_images, found.standard_error)])
    return {name: _summary(np.array(each), scenario.real_change) for name, each in rows.items()}


def _summary(rows: NDArray[np.float64], truth: float) -> Performance:
    off = rows[:, 0] - truth
    covered = np.abs(off)[:, None] <= norm.ppf(0.975) * rows[:, 1:]
    by_images, by_both = (float(each) for each in covered.mean(axis=0))
    return Performance(float(off.mean()), float(off.std(ddof=1)), by_images, by_both, len(rows))
