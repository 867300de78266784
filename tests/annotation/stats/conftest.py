import csv
import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray


@dataclass(frozen=True)
class RealJudgements:
    """924,810 judgements: per judgement its worker, question and whether it says "yes"; per question the rest."""

    worker: NDArray[np.int64]
    question: NDArray[np.int64]
    is_selected: NDArray[np.bool_]
    num_selected: NDArray[np.int64]
    class_index: NDArray[np.int64]
    is_original: NDArray[np.bool_]


@pytest.fixture(scope="session")
def real(reference_dir: Path) -> RealJudgements:
    """The published judgements of original validation images, five of each question."""
    with gzip.open(reference_dir / "raters" / "judgements_all_long.csv.gz", "rt", newline="") as file:
        rows = [tuple(row) for row in csv.reader(file)][1:]
    raters, images, classes, _, originals, votes = (np.array(column) for column in zip(*rows, strict=True))
    asked = np.char.add(np.char.add(images, " "), classes)
    _, first, question = np.unique(asked, return_index=True, return_inverse=True)
    is_selected = votes == "yes"
    return RealJudgements(
        worker=np.unique(raters, return_inverse=True)[1],
        question=question,
        is_selected=is_selected,
        num_selected=np.bincount(question, weights=is_selected).astype(np.int64),
        class_index=classes[first].astype(np.int64),
        is_original=originals[first] == "1",
    )
