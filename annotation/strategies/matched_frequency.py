from dataclasses import dataclass

import numpy as np

from annotation.stats import sampling, selection
from annotation.strategies.base import ClassCounts, Parameters, Selection, Shortage, check_count


@dataclass(frozen=True, kw_only=True)
class MatchedFrequency(Parameters):
    """Calibrated: the pool is drawn so that its selection frequencies fall into bins as the original's do."""

    min_originals: int = 5
    allow_borrowing: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("min_originals", self.min_originals)

    def select(self, counts: ClassCounts, *, rng: np.random.Generator) -> Selection:
        annotated = counts.original_num_seen >= self.min_judgements
        if annotated.sum() < self.min_originals:
            return self._without_a_histogram(int(annotated.sum()))
        originals = selection.bins(counts.original_num_selected[annotated], counts.original_num_seen[annotated])
        wanted = sampling.round_to_total(selection.histogram(originals), total=self.images_per_class)
        bins = selection.bins(counts.num_selected, counts.num_seen)
        draw = sampling.draw_from_bins(
            bins, wanted, rng=rng, allow_borrowing=self.allow_borrowing, is_kept=counts.is_kept
        )
        return Selection(draw.indices, self._shortages(draw.missing.tolist()), draw.substitutions)

    def _without_a_histogram(self, num_annotated: int) -> Selection:
        reason = (
            f"only {num_annotated} of the class's original images have {self.min_judgements} judgements or more; "
            f"{self.min_originals} are needed"
        )
        return Selection(np.empty(0, dtype=np.int64), (Shortage(None, self.images_per_class, reason),))

    def _shortages(self, missing: list[int]) -> tuple[Shortage, ...]:
        where = "this bin or any above it" if self.allow_borrowing else "this bin"
        reason = f"no candidates left in {where}"
        return tuple(Shortage(number, lacking, reason) for number, lacking in enumerate(missing) if lacking)
