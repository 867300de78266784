from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from annotation.stats import sampling, selection
from annotation.strategies.base import (
    MAX_COUNT,
    ClassCounts,
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
        annotated = counts.original_num_seen >= self.min_judgements
        if annotated.sum() < self.min_originals:
            return too_few_originals(int(annotated.sum()), self.min_originals, self)
        originals = selection.bins(counts.original_num_selected[annotated], counts.original_num_seen[annotated])
        wanted = sampling.round_to_total(selection.histogram(originals), total=self.images_per_class)
        bins = selection.bins(counts.num_selected, counts.num_seen)
        draw = sampling.draw_from_bins(
            bins, wanted, rng=rng, allow_borrowing=self.allow_borrowing, is_kept=counts.is_kept
        )
        return Selection(draw.indices, self._shortages(draw.missing.tolist()), draw.substitutions)

    def _shortages(self, missing: list[int]) -> tuple[Shortage, ...]:
        where = "this bin or any above it" if self.allow_borrowing else "this bin"
        reason = f"no candidates left in {where}"
        return tuple(Shortage(number, lacking, reason) for number, lacking in enumerate(missing) if lacking)
