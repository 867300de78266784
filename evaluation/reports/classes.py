"""The section of the classes: where accuracy fell most, with the images that show why."""

import numpy as np
from numpy.typing import NDArray

from evaluation.reports.content import ClassContent, ClassesContent, DropContent, SeenImage
from evaluation.reports.counting import Numbers
from evaluation.reports.gathering import Gathered, OfSet

MOST_DROPS = 20
MOST_IMAGES = 8


def classes(gathered: Gathered) -> ClassesContent | None:
    """Summed over classifiers; None where it is unknown of a set who had which image right."""
    per_image = [None if each.correct is None else each.correct.sum(axis=0) for each in gathered.sets]
    right = [each.astype(np.int64) for each in per_image if each is not None]
    if len(right) < len(per_image):
        return None
    num_classifiers = len(gathered.counted.classifiers)
    size = 1 + max(gathered.class_names, default=0)
    truths = [each.listing.truth for each in gathered.sets]
    num_images = np.stack([np.bincount(truth, minlength=size) for truth in truths], axis=1)
    num_correct = np.stack(
        [np.bincount(truth, weights=each, minlength=size) for truth, each in zip(truths, right, strict=True)], axis=1
    ).astype(np.int64)
    change = _change(num_images[:, :2], num_correct[:, :2], num_classifiers)
    rows = [
        _row(gathered, number, num_images, num_correct, change)
        for number in np.flatnonzero(num_images.any(axis=1)).tolist()
    ]
    falls = np.flatnonzero(change < 0)  # nan is neither
    worst = falls[np.argsort(change[falls], kind="stable")][:MOST_DROPS]
    return {
        "num_classifiers": num_classifiers,
        "rows": rows,
        "worst": [_drop(gathered, number, float(change[number]), right) for number in worst.tolist()],
    }


def _change(num_images: Numbers, num_correct: Numbers, num_classifiers: int) -> NDArray[np.float64]:
    """Of the mean accuracy; nan for a class that has no image in one of the two."""
    accuracy = np.full(num_images.shape, np.nan)
    np.divide(num_correct, num_images * num_classifiers, out=accuracy, where=num_images > 0)
    return np.asarray(accuracy[:, 1] - accuracy[:, 0])


def _row(
    gathered: Gathered, number: int, num_images: Numbers, num_correct: Numbers, change: NDArray[np.float64]
) -> ClassContent:
    class_id, name = gathered.class_names[number]
    return {
        "class_id": class_id,
        "name": name,
        "num_images": num_images[number].tolist(),
        "num_correct": num_correct[number].tolist(),
        "change": None if np.isnan(change[number]) else float(change[number]),
    }


def _drop(gathered: Gathered, number: int, change: float, right: list[Numbers]) -> DropContent:
    class_id, name = gathered.class_names[number]
    original, new = (_seen(of, each, number) for of, each in zip(gathered.sets[:2], right[:2], strict=True))
    return {"class_id": class_id, "name": name, "change": change, "original": original, "new": new}


def _seen(of: OfSet, right: Numbers, number: int) -> list[SeenImage]:
    """Images of the class, those that fewest have right first."""
    here = np.flatnonzero(of.listing.truth == number)
    shown = here[np.argsort(right[here], kind="stable")][:MOST_IMAGES]
    return [
        {
            "candidate": of.listing.candidates[place],
            "num_correct": int(right[place]),
            "num_selected": int(of.num_selected[place]),
            "num_seen": int(of.num_seen[place]),
        }
        for place in shown.tolist()
    ]
