from dataclasses import dataclass

import numpy as np

from annotation.stats import sampling, selection
from annotation.strategies.base import ClassCounts, Parameters, Selection, Shortage


@dataclass(frozen=True, kw_only=True)
class TopImages(Parameters):
    """Easiest: the most selected candidates; equals go by number of judgements, then by id. Nothing is random."""

    def select(self, counts: ClassCounts, *, rng: np.random.Generator) -> Selection:
        order = selection.order_by_frequency(counts.num_selected, counts.num_seen)
        best = sampling.kept_first(order, counts.is_kept)[: self.images_per_class]
        num_missing = self.images_per_class - len(best)
        reason = f"only {len(best)} candidates have {self.min_judgements} judgements or more"
        return Selection(np.sort(best), (Shortage(None, num_missing, reason),) if num_missing else ())
