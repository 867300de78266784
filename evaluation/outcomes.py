"""Who had which image right: several classifiers on one test set, image by image."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.models import TestSet
from evaluation import scores
from evaluation.models import Classifier, Run, Score


@dataclass(frozen=True)
class Outcomes:
    """Shape (classifiers, images): classifiers as they were given, images in the order of the set."""

    correct: NDArray[np.bool_]
    """The true class comes first."""
    correct_top5: NDArray[np.bool_] | None
    """It is among five; None where some classifier names fewer."""


def of(*, test_set: TestSet, classifiers: Sequence[Classifier], condition: str = "clean") -> Outcomes | None:
    """What finished runs had right; None where it is unknown of a classifier: no score, or no predictions were kept.

    Scores from before this was kept get it from their predictions, once; where such a file is lost, that is raised.
    """
    kept = _kept(test_set, classifiers, condition)
    if len(kept) < len(classifiers):
        return None
    if lacking := [each.run_id for each in kept.values() if each.is_correct is None]:
        if not _remembered(lacking):
            return None
        kept = _kept(test_set, classifiers, condition)
    rows = [kept[each.pk] for each in classifiers]
    num_images = test_set.images.count()
    top5 = [row.is_correct_top5 for row in rows if row.is_correct_top5 is not None]
    return Outcomes(
        correct=_unpacked([row.is_correct for row in rows if row.is_correct is not None], num_images),
        correct_top5=_unpacked(top5, num_images) if len(top5) == len(rows) else None,
    )


def _kept(test_set: TestSet, classifiers: Sequence[Classifier], condition: str) -> dict[int, Score]:
    """By classifier."""
    found = Score.objects.filter(
        run__test_set=test_set,
        run__classifier__in=classifiers,
        run__condition=condition,
        run__state=Run.State.FINISHED,
    )
    return {score.run.classifier_id: score for score in found.select_related("run")}


def _remembered(run_pks: Sequence[int]) -> bool:
    """Whether the runs have predictions, from which their scores now know it too."""
    runs = Run.objects.filter(pk__in=run_pks).select_related("classifier__study", "test_set")
    if runs.filter(shards__prediction_set__isnull=False).distinct().count() < len(run_pks):
        return False
    for run in runs:
        scores.remember(run=run)
    return True


def _unpacked(bits: Sequence[bytes | memoryview], num_images: int) -> NDArray[np.bool_]:
    packed = np.frombuffer(b"".join(bits), dtype=np.uint8).reshape(len(bits), -(-num_images // 8))
    return np.unpackbits(packed, axis=1, count=num_images).view(np.bool_)
