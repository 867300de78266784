"""How far the reviewers of a set agree, once all of a class have spoken."""

from dataclasses import dataclass

import numpy as np

from annotation.counting.verdicts import Tally
from annotation.stats.agreement import Agreement, krippendorff_alpha, krippendorff_alpha_by_class


@dataclass(frozen=True)
class Agreements:
    """Over all classes, and of each by its id; none where fewer than two people look at a class."""

    overall: Agreement | None
    by_class: dict[int, Agreement]


def agreements(counted: Tally, *, seed: int) -> Agreements:
    """Share of pairs of verdicts that agree and Krippendorff's alpha; the seed draws the interval of the whole."""
    rows = [
        (each.target_class.pk, number, len(each.reviewer_ids))
        for each in counted.classes
        for number in each.num_excluding().values()
        if len(each.reviewer_ids) > 1
    ]
    if not rows:
        return Agreements(None, {})
    classes, num_excluding, num_reviews = np.array(rows, dtype=np.int64).T
    rng = np.random.default_rng(seed)
    return Agreements(
        krippendorff_alpha(num_excluding, num_reviews, rng=rng),
        # Their intervals are not shown, and a thousand replicates of a thousand classes would be waited for.
        krippendorff_alpha_by_class(num_excluding, num_reviews, classes, rng=rng, num_replicates=1),
    )
