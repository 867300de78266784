from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from annotation.errors import CannotBuild
from annotation.stats.posterior_matching import draw_to_match
from annotation.strategies.base import (
    MAX_COUNT,
    ClassCounts,
    Parameters,
    Selection,
    Shortage,
    described,
    too_few_originals,
)
from annotation.strategies.matched_frequency import MIN_ORIGINALS


@dataclass(frozen=True, kw_only=True)
class MatchedPosterior(Parameters):
    """Recalibrated: the pool is drawn so that its true frequencies, as far as they can be known, are the original's.

    Of the same counts less is to be thought in a poorer pool, and each image is judged as one of its own kind: by its
    posterior, under the mixture of the originals or of the pool. Half of every image's judgements have no say.
    """

    matches_original: ClassVar[bool] = True
    holds_out_half: ClassVar[bool] = True

    min_originals: int = field(
        default=5, metadata=described("Fewest originals", help=MIN_ORIGINALS, least=1, most=MAX_COUNT)
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.min_judgements < 2:
            raise CannotBuild("min_judgements must be at least 2 here, so that half of them can be held out; got 1.")

    def select(self, counts: ClassCounts, *, rng: np.random.Generator) -> Selection:
        num_originals = len(counts.original_num_seen)
        if num_originals < self.min_originals:
            return too_few_originals(num_originals, self.min_originals, self)
        if counts.posteriors is None:
            raise CannotBuild("Images are matched by their posteriors; give them with the counts.")
        target = counts.posteriors.original.cdf(counts.original_num_selected, counts.original_num_seen).mean(axis=0)
        drawn = draw_to_match(
            target,
            counts.posteriors.pool.cdf(counts.num_selected, counts.num_seen),
            total=self.images_per_class,
            rng=rng,
            is_kept=counts.is_kept,
        )
        num_missing = self.images_per_class - len(drawn)
        reason = f"only {len(drawn)} candidates have {self.min_judgements} judgements or more"
        return Selection(drawn, (Shortage(None, num_missing, reason),) if num_missing else ())
