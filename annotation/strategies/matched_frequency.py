from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from annotation.stats import sampling, selection
from annotation.strategies.base import (
    MAX_COUNT,
    ClassCounts,
    Demand,
    Parameters,
    Selection,
    Shortage,
    described,
    too_few_originals,
)

MIN_ORIGINALS = "Originals with enough judgements that a class needs; it gets no image where it has fewer."


@dataclass(frozen=True, kw_only=True)
class MatchedFrequency(Parameters):
    """Calibrated: the pool is drawn so that its selection frequencies fall into bins as the original's do."""

    matches_original: ClassVar[bool] = True

    min_originals: int = field(
        default=5, metadata=described("Fewest originals", help=MIN_ORIGINALS, least=1, most=MAX_COUNT)
    )
    allow_borrowing: bool = field(
        default=True,
        metadata=described(
            "Borrow from higher bins", help="A bin that runs short takes images of the next higher one that has some."
        ),
    )

    def select(self, counts: ClassCounts, *, rng: np.random.Generator) -> Selection:
        demand = self.demand(counts)
        if demand.refusal:
            return self.nothing(demand.refusal)
        draw = sampling.draw_from_bins(
            demand.bins, demand.wanted, rng=rng, allow_borrowing=self.allow_borrowing, is_kept=counts.is_kept
        )
        return Selection(draw.indices, self._shortages(draw.missing.tolist()), draw.substitutions)

    def demand(self, counts: ClassCounts) -> Demand:
        bins = selection.bins(counts.num_selected, counts.num_seen)
        annotated = counts.original_num_seen >= self.min_judgements
        refusal = too_few_originals(int(annotated.sum()), self.min_originals, self.min_judgements)
        if refusal:
            nothing = np.zeros(len(selection.BIN_EDGES) + 1, dtype=np.int64)
            return Demand(nothing, bins, self.allow_borrowing, refusal)
        originals = selection.bins(counts.original_num_selected[annotated], counts.original_num_seen[annotated])
        wanted = sampling.round_to_total(selection.histogram(originals), total=self.images_per_class)
        return Demand(wanted, bins, self.allow_borrowing)

    def _shortages(self, missing: list[int]) -> tuple[Shortage, ...]:
        where = "this bin or any above it" if self.allow_borrowing else "this bin"
        reason = f"no candidates left in {where}"
        return tuple(Shortage(number, lacking, reason) for number, lacking in enumerate(missing) if lacking)
