"""Published judgements of original validation images, and which of 64 classifiers was right on each."""

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class RealImages:
    """Five judgements of each image, shape (n, 5), and which classifier was right on it, shape (n, num_classifiers)."""

    worker: NDArray[np.int64]
    is_selected: NDArray[np.bool_]
    is_correct: NDArray[np.float64]
    classifiers: tuple[str, ...]

    @property
    def num_selected(self) -> NDArray[np.int64]:
        return np.count_nonzero(self.is_selected, axis=1)

    def take(self, images: NDArray[np.int64]) -> "RealImages":
        return RealImages(self.worker[images], self.is_selected[images], self.is_correct[images], self.classifiers)


def read(reference: Path) -> RealImages:
    """The questions about each image's own class. Of the classifiers, the three `fv_*` are left out, as published."""
    judgements: dict[str, list[tuple[int, bool]]] = {}
    with gzip.open(reference / "raters" / "judgements_all_long.csv.gz", "rt", newline="") as file:
        for row in csv.DictReader(file):
            if row["is_original_label"] == "1":
                judgements.setdefault(row["image"], []).append((int(row["rater_id"]), row["vote"] == "yes"))
    images = sorted(judgements)
    of_each = np.array([judgements[image] for image in images])
    workers = np.unique(of_each[:, :, 0], return_inverse=True)[1]
    scored = np.load(reference / "imagenetv2" / "top1_imagenet-validation-original.npz")
    place = {str(image): index for index, image in enumerate(scored["images"])}
    column = np.array([place[image] for image in images])
    kept = [index for index, name in enumerate(scored["models"]) if not name.startswith("fv_")]
    return RealImages(
        worker=workers.reshape(len(images), -1),
        is_selected=of_each[:, :, 1].astype(np.bool_),
        is_correct=(scored["top1"][np.ix_(kept, column)] == scored["labels"][column]).T.astype(np.float64),
        classifiers=tuple(str(scored["models"][index]) for index in kept),
    )
