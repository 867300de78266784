"""The section of accuracy by selection frequency, on the original and on new sets."""

from itertools import pairwise

from annotation.stats.selection import BIN_EDGES, bins
from evaluation.reports.content import FrequencyBin, FrequencyContent
from evaluation.reports.gathering import Bools, OfSet

CUTS = [0.0, *map(float, BIN_EDGES), 1.0]


def by_frequency(of: OfSet) -> FrequencyContent | None:
    """By the counts of images in the set; None without judgements, or where it is unknown who had which right."""
    here = of.is_judged
    if of.correct is None or not here.any():
        return None
    found, correct = bins(of.num_selected[here], of.num_seen[here]), of.correct[:, here]
    sections = [_bin(low, high, correct[:, found == number]) for number, (low, high) in enumerate(pairwise(CUTS))]
    return {"test_set": of.name, "bins": sections}


def _bin(low: float, high: float, correct: Bools) -> FrequencyBin:
    return {
        "low": low,
        "high": high,
        "num_images": correct.shape[1],
        "mean_accuracy": float(correct.mean()) if correct.shape[1] else None,
        "num_correct": correct.sum(axis=1).tolist(),
    }
