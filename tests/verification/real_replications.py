"""Replications made of real judgements, of which the truth is known: nothing changes.

Original and pool are random halves of the same images. One judgement of each image, drawn at random, is laid aside; in
the biased replication it alone decides which images of the second half are in the pool. Given an image, it has nothing
to do with the other four or with what a classifier says, so that accuracy at a true frequency is the same in both.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotation.stats.held_out import HeldOutCheck, held_out_check
from annotation.stats.judgements import Judgements, from_table
from evaluation.stats.corrections import CorrectedChange, Correction, adjusted_accuracy, correct
from evaluation.stats.scored_images import ScoredImages, scored_images
from tests.verification.real_judgements import RealImages

# Of images whose judgement laid aside is "selected", so many are in the biased pool; of the others all.
SHARE_KEPT = 0.15
NUM_MATCHED = 3


@dataclass(frozen=True)
class RealReplication:
    """Original and pool, with the judgements that count."""

    original: RealImages
    pool: RealImages

    def scored(self) -> tuple[ScoredImages, ScoredImages]:
        first, second = (
            scored_images(each.num_selected, each.worker.shape[1], each.is_correct)
            for each in (self.original, self.pool)
        )
        return first, second

    def change(self, correction: Correction) -> NDArray[np.float64]:
        """Of each classifier."""
        original, pool = self.scored()
        return adjusted_accuracy(original, pool, correction) - original.is_correct.mean(axis=0)

    def mean_change(self, correction: Correction, *, seed: int) -> CorrectedChange:
        """Of the mean of all classifiers, with its errors over images and over workers."""
        original, pool = (
            replace(each, is_correct=each.is_correct.mean(axis=1, keepdims=True)) for each in self.scored()
        )
        judgements = _table(self.original), _table(self.pool)
        return correct(original, pool, correction, rng=np.random.default_rng(seed), judgements=judgements)

    def held_out(self, *, seed: int) -> HeldOutCheck:
        """Matched on three judgements, compared on the others."""
        counts = [(each.num_selected, each.worker.shape[1]) for each in (self.original, self.pool)]
        return held_out_check(*counts, num_first=NUM_MATCHED, rng=np.random.default_rng(seed))


def halves(real: RealImages, *, seed: int) -> RealReplication:
    """Null: two random halves, all five judgements."""
    order = np.random.default_rng(seed).permutation(len(real.worker))
    middle = len(order) // 2
    return RealReplication(real.take(order[:middle]), real.take(order[middle:]))


def biased(real: RealImages, *, seed: int) -> RealReplication:
    """The pool holds few images whose judgement laid aside is "selected"; four judgements are left of each."""
    rng = np.random.default_rng(seed)
    place = rng.permuted(np.tile(np.arange(real.worker.shape[1]), (len(real.worker), 1)), axis=1)
    laid_aside = np.take_along_axis(real.is_selected, place[:, :1], axis=1)[:, 0]
    left = RealImages(
        np.take_along_axis(real.worker, place[:, 1:], axis=1),
        np.take_along_axis(real.is_selected, place[:, 1:], axis=1),
        real.is_correct,
        real.classifiers,
    )
    order = rng.permutation(len(place))
    middle = len(order) // 2
    pool = order[middle:]
    is_in = ~laid_aside[pool] | (rng.random(len(pool)) < SHARE_KEPT)
    return RealReplication(left.take(order[:middle]), left.take(pool[is_in]))


def _table(images: RealImages) -> Judgements:
    image: NDArray[np.int64] = np.repeat(np.arange(len(images.worker)), images.worker.shape[1])
    return from_table(images.worker.ravel(), image, images.is_selected.ravel())
