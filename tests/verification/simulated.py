"""The simulations of docs/statistics.md: which, how often, and what came of them."""

from dataclasses import replace

import numpy as np

from evaluation.stats.jackknife import DeleteJackknife, Extrapolation, extrapolation
from evaluation.stats.performance import Performance, performance
from evaluation.stats.simulation import Counts, Matching, Scenario, simulate
from evaluation.stats.tallies import tally
from tests.verification.corrections_shown import CORRECTIONS

POORER = ((1.0, 3.0, 3.0),)
NUM_REPLICATIONS, NUM_WITH_CROWDS = 30, 20
SEED = 20_260_101

JUDGED_AGAIN = Scenario("poorer pool, 10 judgements", pool=POORER)
JUMP = replace(JUDGED_AGAIN, name="poorer pool, accuracy jumps", steepness=60.0, middle=0.72)
# All images of a kind alike, and hardly any of the pool's best kind.
KINDS = replace(
    JUMP,
    name="three kinds of images, accuracy jumps",
    original=((0.3, 500.0, 500.0), (0.7, 900.0, 100.0)),
    pool=((0.5, 200.0, 800.0), (0.35, 700.0, 300.0), (0.15, 900.0, 100.0)),
    middle=0.8,
)
SCENARIOS = [
    Scenario("pool as good as the original"),
    replace(JUDGED_AGAIN, name="poorer pool, 5 judgements", num_judgements=5),
    JUDGED_AGAIN,
    replace(JUDGED_AGAIN, name="poorer pool, 20 judgements", num_judgements=20),
    replace(JUDGED_AGAIN, name="poorer pool, real change of −4", real_change=-0.04),
    replace(JUDGED_AGAIN, name="poorer pool, 7 in 10 selected it", matching=Matching.THRESHOLD),
    replace(JUDGED_AGAIN, name="poorer pool, standing for the pool", counts=Counts.POOL),
    replace(JUDGED_AGAIN, name="poorer pool, counts of the choice", counts=Counts.CHOICE),
    JUMP,
    KINDS,
]
CROWD = Scenario("one crowd of 40 for both sets", num_workers=40, leniency=0.5, num_pool=8000)
CROWDS = [CROWD, replace(CROWD, name="two crowds of 40, one for each set", has_two_crowds=True)]

Results = dict[str, dict[str, Performance]]


def results(scenarios: list[Scenario], *, num_replications: int) -> Results:
    """By scenario and correction; each scenario has a seed of its own, so that others may be added."""
    return {
        each.name: performance(
            each, CORRECTIONS, rng=np.random.default_rng([SEED, index]), num_replications=num_replications
        )
        for index, each in enumerate(scenarios)
    }


def large_extrapolation() -> Extrapolation:
    """The jackknife's diagnostic on one replication so large that chance hardly shows; estimates are changes."""
    scenario = replace(JUDGED_AGAIN, num_original=20_000, num_pool=300_000)
    made = simulate(scenario, rng=np.random.default_rng(SEED))
    original, new = tally(made.original), tally(made.new)
    found = extrapolation(original, new, DeleteJackknife())
    return replace(found, estimate=found.estimate - original.accuracy)
