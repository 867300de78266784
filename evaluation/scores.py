"""Counting what a run got right, and keeping which images: the only writer of `Score`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.models import TestSet
from evaluation import listings, predictions
from evaluation.errors import InvalidPredictions, NotFinished
from evaluation.models import Classifier, Run, Score

TOP = 5


@dataclass(frozen=True)
class Right:
    """Which images the classifier has right, in the order of the set."""

    first: NDArray[np.bool_]
    """The true class comes first."""
    among_five: NDArray[np.bool_] | None
    """It is among five; None where fewer are named per image."""

    def fields(self) -> dict[str, Any]:
        """As a score keeps it: counts, and a bit per image."""
        described = {"num_correct": int(self.first.sum()), "is_correct": np.packbits(self.first).tobytes()}
        if self.among_five is None:
            return described | {"num_correct_top5": None, "is_correct_top5": None}
        top5 = {
            "num_correct_top5": int(self.among_five.sum()),
            "is_correct_top5": np.packbits(self.among_five).tobytes(),
        }
        return described | top5


def compute(*, run: Run, now: datetime) -> Score:
    """Count the run's correct images, once every shard is finished; counting again changes nothing."""
    if unfinished := run.shards.filter(finished_at__isnull=True).count():
        raise NotFinished(f"{run} still has {unfinished} unfinished shards.")
    right = _right_of(run)
    described = {**right.fields(), "num_images": len(right.first), "computed_at": now}
    score, _ = Score.objects.get_or_create(run=run, defaults=described)
    return score


def remember(*, run: Run) -> None:
    """Keep which images were right for a score from before that was kept; it must be the number that was counted."""
    score: Score = Score.objects.get(run=run)
    if score.is_correct is not None:
        return
    found = _right_of(run).fields()
    for field in ("num_correct", "num_correct_top5"):
        if found[field] != getattr(score, field):
            raise InvalidPredictions(
                f"The stored predictions of {run} ({run.classifier.name} on {run.test_set.citation}) give {field} "
                f"{found[field]}, but {getattr(score, field)} was counted; they are not those that were scored."
            )
    Score.objects.filter(pk=score.pk).update(**found)


def _right_of(run: Run) -> Right:
    truth = truth_of(run.classifier, run.test_set)
    if predictions.is_ranked(run):
        return right_in_ranked(predictions.load_ranked(run=run), truth, num_classes=len(run.classifier.class_ids))
    ranks = ranks_of_truth(predictions.load(run=run), truth)
    return Right(ranks == 0, ranks < TOP)


def right_in_ranked(ranked: NDArray[np.int64], truth: NDArray[np.intp], *, num_classes: int) -> Right:
    """Where the true class comes first, and where it is among five.

    >>> right_in_ranked(np.array([[0, 1], [1, 0]]), np.array([0, 0]), num_classes=3)
    Right(first=array([ True, False]), among_five=None)
    >>> right_in_ranked(np.array([[0, 1], [1, 0]]), np.array([0, 0]), num_classes=2).among_five
    array([ True,  True])
    """
    is_right = ranked[:, :TOP] == truth[:, np.newaxis]
    has_five = ranked.shape[1] >= min(TOP, num_classes)
    return Right(is_right[:, 0], is_right.any(axis=1) if has_five else None)


def ranks_of_truth(logits: NDArray[np.float32], truth: NDArray[np.intp]) -> NDArray[np.intp]:
    """How many classes come before the true one, per image; of equal logits the lower class number comes first.

    >>> ranks_of_truth(np.array([[0.2, 0.5, 0.5]] * 3, np.float32), np.array([0, 1, 2]))
    array([2, 0, 1])
    """
    own = np.take_along_axis(logits, truth[:, np.newaxis], axis=1)
    is_lower_number = np.arange(logits.shape[1]) < truth[:, np.newaxis]
    return np.asarray(((logits > own) | ((logits == own) & is_lower_number)).sum(axis=1), dtype=np.intp)


def truth_of(classifier: Classifier, test_set: TestSet) -> NDArray[np.intp]:
    """The true column of each image, in the order of the predictions."""
    numbers = list(classifier.study.target_classes.order_by("number").values_list("number", flat=True))
    if len(numbers) != len(classifier.class_ids):
        raise InvalidPredictions(f"The study's classes have changed since {classifier.name} was registered.")
    return np.searchsorted(numbers, listings.of(test_set).truth)
