"""The section of a new test set against the original: mean changes, order, lines, and what the change is made of."""

from collections.abc import Sequence

import numpy as np

from evaluation.reports.content import ComparisonContent, DecompositionContent, Headline, Move, OrderContent
from evaluation.reports.correcting import CORRECTION, Explained
from evaluation.reports.counting import Counted
from evaluation.reports.gathering import Gathered
from evaluation.reports.lines import fits, signs_of_adaptivity
from evaluation.reports.pairing import Paired
from evaluation.reports.robustness import OfNew
from evaluation.stats.comparing.decomposition import decompose, generalization_gap
from evaluation.stats.comparing.fits import Interval
from evaluation.stats.comparing.paired import order_changes
from evaluation.stats.ranks import kendall, rank_correlation, ranks

MOST_CHANGES = 20
LEVEL = 0.05


def comparison(
    gathered: Gathered, place: int, paired: Paired, robust: OfNew, explained: Explained
) -> ComparisonContent:
    """The set at this place of the report."""
    counted = gathered.counted
    x, y = (pairs[:, 0] / pairs[:, 1] for pairs in (paired.original, paired.new))
    change, top5 = paired.change, paired.change_top5
    return {
        "test_set": counted.names[place],
        "num_shared": paired.num_shared,
        "mean_original_accuracy": float(x.mean()),
        "mean_new_accuracy": float(y.mean()),
        "mean_change": float(change.change.mean()),
        # All classifiers see the same images, so their errors depend on each other in a way that counts don't show.
        # The mean of the bounds is wide enough for any such dependence.
        "mean_change_low": float(change.low.mean()),
        "mean_change_high": float(change.high.mean()),
        "mean_change_top5": None if top5 is None else float(top5.change.mean()),
        "mean_change_top5_low": None if top5 is None else float(top5.low.mean()),
        "mean_change_top5_high": None if top5 is None else float(top5.high.mean()),
        "smallest_change": float(change.change.min()),
        "largest_change": float(change.change.max()),
        "rank_correlation": rank_correlation(x, y),
        "kendall": kendall(x, y),
        "largest_move": _largest_move(counted, place),
        "order": _order(gathered, place),
        "fits": fits(counted, paired),
        "decomposition": _decomposition(counted, paired, explained),
        "robustness": robust.content,
    }


def headline(comparisons: Sequence[ComparisonContent], num_classifiers: int) -> Headline:
    """The sentence's numbers: the first new set (calibrated, where there is one) against the original."""
    first = comparisons[0]
    return {
        "test_set": first["test_set"],
        "num_classifiers": num_classifiers,
        "mean_change": first["mean_change"],
        "mean_change_low": first["mean_change_low"],
        "mean_change_high": first["mean_change_high"],
        "smallest_change": first["smallest_change"],
        "largest_change": first["largest_change"],
        "rank_correlation": first["rank_correlation"],
    }


def _largest_move(counted: Counted, place: int) -> Move | None:
    """None where nobody moves; of several the best on the original."""
    move = ranks(counted.num_correct[:, 0]) - ranks(counted.num_correct[:, place])
    row = int(np.abs(move).argmax())
    return {"classifier": counted.classifiers[row].name, "rank_change": int(move[row])} if move[row] else None


def _order(gathered: Gathered, place: int) -> OrderContent | None:
    old, young = gathered.original.correct, gathered.sets[place].correct
    if old is None or young is None:
        return None
    found = order_changes(old, young)
    names = [each.name for each in gathered.counted.classifiers]
    most = zip(
        *(each[:MOST_CHANGES].tolist() for each in (found.better, found.worse, found.p, found.adjusted)), strict=True
    )
    return {
        "num_pairs": len(names) * (len(names) - 1) // 2,
        "num_changed": len(found.p),
        "num_significant": int((found.adjusted < LEVEL).sum()),
        "most": [
            {"better": names[better], "worse": names[worse], "p": p, "adjusted": adjusted}
            for better, worse, p, adjusted in most
        ],
    }


def _decomposition(counted: Counted, paired: Paired, explained: Explained) -> DecompositionContent:
    """What the mean change is made of. Unexplained, it has the interval that is told of the change itself."""
    parts, change = explained.parts, paired.change
    found = decompose(paired.original, paired.new, explained=0.0 if parts is None else parts.explained)
    part = None if parts is None else parts.explained_interval()
    rest = (
        Interval(float(change.low.mean()), float(change.high.mean())) if parts is None else parts.remainder_interval()
    )
    gap = generalization_gap(paired.new[:, 0], paired.new[:, 1])
    return {
        "change": found.change,
        "explained": None if parts is None else parts.explained,
        "explained_low": None if part is None else part.low,
        "explained_high": None if part is None else part.high,
        "correction": None if part is None else CORRECTION,
        "why_not": explained.why_not,
        "generalization": found.generalization,
        "hoeffding": float(gap.hoeffding.mean()),
        "sampling": found.sampling,
        "remainder": found.remainder,
        "remainder_low": rest.low,
        "remainder_high": rest.high,
        "adaptivity": signs_of_adaptivity(counted, paired),
    }
