"""The section of what a change is made of: explained by the choice of images, and the honest remainder."""

from evaluation.reports.content import DecompositionContent
from evaluation.reports.correcting import CORRECTION, Explained
from evaluation.reports.counting import Counted
from evaluation.reports.lines import signs_of_adaptivity
from evaluation.reports.pairing import Paired
from evaluation.stats.comparing.decomposition import decompose, generalization_gap


def decomposition(counted: Counted, paired: Paired, explained: Explained) -> DecompositionContent:
    """Of the mean over classifiers."""
    part, half = explained.part, explained.half_width
    found = decompose(paired.original, paired.new, explained=part or 0.0, explained_error=half)
    gap = generalization_gap(paired.new[:, 0], paired.new[:, 1])
    return {
        "change": found.change,
        "explained": part,
        "explained_low": None if part is None else part - half,
        "explained_high": None if part is None else part + half,
        "correction": None if part is None else CORRECTION,
        "why_not": explained.why_not,
        "generalization": found.generalization,
        "hoeffding": float(gap.hoeffding.mean()),
        "sampling": found.sampling,
        "remainder": found.remainder,
        "remainder_low": found.remainder_interval.low,
        "remainder_high": found.remainder_interval.high,
        "adaptivity": signs_of_adaptivity(counted, paired),
    }
