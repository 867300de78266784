"""Several classifiers on an original set and new ones, from counts alone: changes, and the line on two scales."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.models import TestSet
from evaluation.errors import NotFinished
from evaluation.models import Score
from evaluation.stats.accuracy import AccuracyInterval, clopper_pearson
from evaluation.stats.comparing.fits import FitWithIntervals, Sampling, Scale, fit_with_intervals
from evaluation.stats.gaps import change_from_original

FEWEST = 3
Pair = tuple[int, int]
"""Right and all images."""
Table = dict[str, dict[str, Pair]]
"""By classifier, then by test set."""


@dataclass(frozen=True)
class Comparison:
    """One new set against the original, over the classifiers that have counts on both."""

    test_set: str
    classifiers: list[str]
    original: NDArray[np.int64]
    new: NDArray[np.int64]
    mean_change: float
    """In [-1, 1]."""
    fits: list[FitWithIntervals]
    """Linear and probit, with intervals over classifiers and over images."""
    fits_over_classifiers: list[FitWithIntervals]
    """The same lines, with intervals as if accuracies were known exactly."""

    def accuracy(self, classifier: str) -> AccuracyInterval:
        """Of one classifier on the new set."""
        return clopper_pearson(*self.new[self.classifiers.index(classifier)])


def counts_of(test_sets: Sequence[TestSet]) -> Table:
    """What finished runs on the sets counted, under the sets' names."""
    rows = Score.objects.clean_on(test_sets).values_list(
        "run__classifier__name", "run__test_set__name", "num_correct", "num_images"
    )
    table: Table = {}
    for classifier, test_set, num_correct, num_images in rows:
        table.setdefault(classifier, {})[test_set] = (num_correct, num_images)
    return table


def compare(table: Table, *, original: str, new: str, seed: int) -> Comparison:
    """The mean change, and the line on two scales with bootstrap intervals."""
    classifiers = sorted(name for name, counts in table.items() if {original, new} <= set(counts))
    if len(classifiers) < FEWEST:
        raise NotFinished(
            f"{len(classifiers)} classifiers have counts on both {original} and {new}; a line needs {FEWEST}."
        )
    before, after = (np.array([table[name][each] for name in classifiers]) for each in (original, new))
    fits, over_classifiers = (
        [
            fit_with_intervals(
                before, after, scale=scale, rng=np.random.default_rng(seed), sampling=Sampling(over_images=over_images)
            )
            for scale in (Scale.LINEAR, Scale.PROBIT)
        ]
        for over_images in (True, False)
    )
    mean_change = float(change_from_original(before, after).change.mean())
    return Comparison(new, classifiers, before, after, mean_change, fits, over_classifiers)
