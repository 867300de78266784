"""The section of similarity: how much classifiers agree beyond what their accuracies alone explain."""

import numpy as np

from evaluation.reports.content import SimilarityContent
from evaluation.reports.gathering import Bools, OfSet
from evaluation.stats.comparing.similarity import EffectiveNumber, effective_number, similarity

SEED = 0
DIGITS = 3


def similarities(of: OfSet) -> SimilarityContent | None:
    """None of a single classifier, or where it is unknown who had which image right."""
    if of.correct is None or len(of.correct) < 2:
        return None
    found, effective = similarity(of.correct), _effective(of.correct)
    return {
        "test_set": of.name,
        "mean_agreement": found.mean_agreement,
        "mean_independent": found.mean_independent,
        "agreement": found.agreement.round(DIGITS).tolist(),
        "independent": found.independent.round(DIGITS).tolist(),
        "num_effective": effective.num_effective if effective else None,
        "multiplier": effective.multiplier if effective else None,
        "inflation": effective.inflation if effective else None,
    }


def _effective(correct: Bools) -> EffectiveNumber | None:
    """Errors of who has all images right, or none, are related to nobody's."""
    if np.any(correct.min(axis=1) == correct.max(axis=1)):
        return None
    return effective_number(correct, rng=np.random.default_rng(SEED))
