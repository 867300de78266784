from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from annotation.stats import sampling, selection
from annotation.strategies.base import ClassCounts, Parameters, Selection, Shortage, described


@dataclass(frozen=True, kw_only=True)
class Threshold(Parameters):
    """Easier: drawn at random from the candidates whose selection frequency reaches a threshold."""

    threshold: Fraction = field(
        default=Fraction(7, 10),
        metadata=described("Threshold", help='Least selection frequency, such as "7/10" or "0.7".', least=0, most=1),
    )

    def select(self, counts: ClassCounts, *, rng: np.random.Generator) -> Selection:
        reached = selection.at_least(counts.num_selected, counts.num_seen, threshold=self.threshold)
        order = sampling.kept_first(rng.permutation(np.flatnonzero(reached)), counts.is_kept)
        drawn = np.sort(order[: self.images_per_class])
        num_missing = self.images_per_class - len(drawn)
        reason = f"only {len(drawn)} candidates reach a selection frequency of {self.threshold}"
        return Selection(drawn, (Shortage(None, num_missing, reason),) if num_missing else ())
