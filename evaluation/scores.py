"""Counting what a run got right: the only writer of `Score`."""

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from annotation.models import TestSet
from evaluation import listings, predictions
from evaluation.errors import InvalidPredictions, NotFinished
from evaluation.models import Classifier, Run, Score

TOP = 5


def compute(*, run: Run, now: datetime) -> Score:
    """Count the run's correct images, once every shard is finished; counting again changes nothing."""
    if unfinished := run.shards.filter(finished_at__isnull=True).count():
        raise NotFinished(f"{run} still has {unfinished} unfinished shards.")
    truth = truth_of(run.classifier, run.test_set)
    if predictions.is_ranked(run):
        counted = count_ranked(predictions.load_ranked(run=run), truth, num_classes=len(run.classifier.class_ids))
    else:
        ranks = ranks_of_truth(predictions.load(run=run), truth)
        counted = int((ranks == 0).sum()), int((ranks < TOP).sum())
    described = dict(zip(("num_correct", "num_correct_top5"), counted, strict=True))
    score, _ = Score.objects.get_or_create(
        run=run, defaults={**described, "num_images": len(truth), "computed_at": now}
    )
    return score


def count_ranked(ranked: NDArray[np.int64], truth: NDArray[np.intp], *, num_classes: int) -> tuple[int, int | None]:
    """Images whose true class comes first, and those where it is among five; none where fewer are named.

    >>> count_ranked(np.array([[0, 1], [1, 0]]), np.array([0, 0]), num_classes=3)
    (1, None)
    >>> count_ranked(np.array([[0, 1], [1, 0]]), np.array([0, 0]), num_classes=2)
    (1, 2)
    """
    is_right = ranked[:, :TOP] == truth[:, np.newaxis]
    has_five = ranked.shape[1] >= min(TOP, num_classes)
    return int(is_right[:, 0].sum()), int(is_right.any(axis=1).sum()) if has_five else None


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
