"""The section of the classifiers: accuracy, rank and change of each on every set."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from evaluation.reports.content import Accuracy, ClassifierContent, ResultContent
from evaluation.reports.counting import Counted
from evaluation.reports.gathering import Gathered
from evaluation.reports.pairing import Paired
from evaluation.reports.robustness import OfNew
from evaluation.stats.accuracy import clopper_pearson
from evaluation.stats.ranks import ranks


def table(gathered: Gathered, pairs: Sequence[Paired], robust: Sequence[OfNew]) -> list[ClassifierContent]:
    """A row per classifier; `pairs` and `robust` are about the new sets, in order."""
    counted = gathered.counted
    columns = [_accuracies(counted.num_correct[:, place], counted.num_images[:, place]) for place in _places(counted)]
    top5 = [_top5(counted, place) for place in _places(counted)]
    rank = np.stack([ranks(counted.num_correct[:, place]) for place in _places(counted)], axis=1)
    rows: list[ClassifierContent] = []
    for row, classifier in enumerate(counted.classifiers):
        results = [
            _result(counted.names[place], columns[place][row], top5[place][row], int(rank[row, place]))
            for place in _places(counted)
        ]
        for result, paired, robustness in zip(results[1:], pairs, robust, strict=True):
            result.update(_moved(row, paired, robustness))
            result["rank_change"] = results[0]["rank"] - result["rank"]
        rows.append(
            {
                "name": classifier.name,
                "family": classifier.family,
                "group": str(classifier.group),
                "counterpart": classifier.counterpart.name if classifier.counterpart else None,
                "released_on": classifier.released_on.isoformat() if classifier.released_on else None,
                "results": results,
            }
        )
    return rows


def _places(counted: Counted) -> range:
    return range(len(counted.test_sets))


def _result(test_set: str, accuracy: Accuracy, top5: Accuracy | None, rank: int) -> ResultContent:
    return {**accuracy, "test_set": test_set, "top5": top5, "rank": rank}


def _accuracies(num_correct: Sequence[int] | Any, num_images: Sequence[int] | Any) -> list[Accuracy]:
    found = clopper_pearson(num_correct, num_images)
    columns = (num_correct, num_images, found.accuracy, found.low, found.high)
    return [
        {"num_correct": k, "num_images": n, "accuracy": accuracy, "low": low, "high": high}
        for k, n, accuracy, low, high in zip(*(np.asarray(each).tolist() for each in columns), strict=True)
    ]


def _top5(counted: Counted, place: int) -> list[Accuracy | None]:
    known = [row[place] for row in counted.num_correct_top5]
    found = iter(
        _accuracies(
            np.array([each for each in known if each is not None], dtype=np.int64),
            np.array([n for n, each in zip(counted.num_images[:, place], known, strict=True) if each is not None]),
        )
        if any(each is not None for each in known)
        else []
    )
    return [None if each is None else next(found) for each in known]


def _moved(row: int, paired: Paired, robustness: OfNew) -> Any:
    """The part of a result that is about the way from the original."""
    return {
        "change": float(paired.change.change[row]),
        "change_low": float(paired.change.low[row]),
        "change_high": float(paired.change.high[row]),
        "effective_robustness": robustness.effective[row],
        "relative_robustness": robustness.relative[row],
    }
