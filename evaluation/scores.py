"""Counting what a run got right: the only writer of `Score`."""

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from evaluation import predictions
from evaluation.errors import InvalidPredictions, NotFinished
from evaluation.models import Run, Score

TOP = 5


def compute(*, run: Run, now: datetime) -> Score:
    """Count the run's correct images, once every shard is finished; counting again changes nothing."""
    if unfinished := run.shards.filter(finished_at__isnull=True).count():
        raise NotFinished(f"{run} still has {unfinished} unfinished shards.")
    ranks = ranks_of_truth(predictions.load(run=run), _truth(run))
    score, _ = Score.objects.get_or_create(
        run=run,
        defaults={
            "num_correct": int((ranks == 0).sum()),
            "num_correct_top5": int((ranks < TOP).sum()),
            "num_images": len(ranks),
            "computed_at": now,
        },
    )
    return score


def ranks_of_truth(logits: NDArray[np.float32], truth: NDArray[np.intp]) -> NDArray[np.intp]:
    """How many classes come before the true one, per image; of equal logits the lower class number comes first.

    >>> ranks_of_truth(np.array([[0.2, 0.5, 0.5]] * 3, np.float32), np.array([0, 1, 2]))
    array([2, 0, 1])
    """
    own = np.take_along_axis(logits, truth[:, np.newaxis], axis=1)
    is_lower_number = np.arange(logits.shape[1]) < truth[:, np.newaxis]
    return np.asarray(((logits > own) | ((logits == own) & is_lower_number)).sum(axis=1), dtype=np.intp)


def _truth(run: Run) -> NDArray[np.intp]:
    """The true column of each image, in the order of the predictions."""
    classes = run.classifier.study.target_classes.order_by("number").values_list("pk", flat=True)
    column = {pk: index for index, pk in enumerate(classes)}
    if len(column) != len(run.classifier.class_ids):
        raise InvalidPredictions(f"The study's classes have changed since {run.classifier.name} was registered.")
    true = run.test_set.images.order_by("number").values_list("target_class_id", flat=True)
    return np.fromiter((column[pk] for pk in true), dtype=np.intp)
