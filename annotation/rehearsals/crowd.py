"""What a picture shows a made-up worker, and what they answer. Nothing is looked at: all follows from the seed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.models import Candidate, Grid, Origin
from annotation.platforms.simulated import Trait, chance_to_select

CLEAR, DOUBTFUL, ABSENT = (9.0, 1.5), (2.5, 2.5), (1.0, 14.0)
"""How clearly a picture shows its class: beta distributions."""
POOL = ((0.45, CLEAR), (0.20, DOUBTFUL), (0.35, ABSENT))
ORIGINAL = ((0.90, CLEAR), (0.10, DOUBTFUL))
OTHER_CLASS = ((1.0, (1.0, 60.0)),)
ASSUMPTIONS = (
    "Assumed: 90 % of the original images show their class clearly and 10 % doubtfully; of the pool 45 % clearly, 20 % "
    "doubtfully and 35 % not at all; negative controls don't show it. A grid takes a worker half a minute to three."
)
Mixture = Sequence[tuple[float, tuple[float, float]]]


@dataclass
class Pictures:
    """What each position of a grid shows of its class, the same for every worker and in every rehearsal of the seed."""

    seed: int

    def __post_init__(self) -> None:
        self._known: dict[int, NDArray[np.float64]] = {}

    def clarity(self, grid: Grid) -> NDArray[np.float64]:
        """In [0, 1], by position."""
        if grid.pk not in self._known:
            self._known[grid.pk] = self._made_up(grid)
        return self._known[grid.pk]

    def _made_up(self, grid: Grid) -> NDArray[np.float64]:
        rows = Candidate.objects.filter(pk__in=grid.candidate_ids).values_list(
            "pk", "image", "origin", "target_class", "target_class__number"
        )
        known = {pk: rest for pk, *rest in rows}
        clarity = np.zeros(len(grid.candidate_ids))
        for position, candidate_id in enumerate(grid.candidate_ids):
            image, origin, target_class, number = known[candidate_id]
            mixture: Mixture = ORIGINAL if origin == Origin.ORIGINAL else POOL
            if target_class != grid.target_class_id:
                mixture = OTHER_CLASS
            clarity[position] = _drawn(mixture, np.random.default_rng([self.seed, number, image or candidate_id]))
        return clarity


def selected(clarity: NDArray[np.float64], trait: Trait, *, place: Sequence[int]) -> list[int]:
    """The positions that this worker selects in the grid at this place (class and number); each time the same."""
    rng = np.random.default_rng([trait.seed, *place])
    chances = chance_to_select(trait, clarity)
    return [int(position) for position in np.flatnonzero(rng.random(len(clarity)) < chances)]


def seconds_of(trait: Trait, *, number: int) -> float:
    """That the grid which is their so manieth takes this worker: half a minute to three."""
    rng = np.random.default_rng([trait.seed, number, 0, 1])
    return float(np.clip(rng.lognormal(np.log(75), 0.35), 30, 180))


def _drawn(mixture: Mixture, rng: np.random.Generator) -> float:
    weights = [weight for weight, _ in mixture]
    a, b = mixture[int(rng.choice(len(weights), p=weights))][1]
    return float(rng.beta(a, b))
