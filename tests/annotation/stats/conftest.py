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
    is_original: NDArray[np.bool_]


@pytest.fixture(scope="session")
def real(reference_dir: Path) -> RealJudgements:
    """The published judgements of original validation images, five of each question."""
    workers: dict[str, int] = {}
    questions: dict[tuple[str, str, str], int] = {}
    judgements = []
    with gzip.open(reference_dir / "raters" / "judgements_all_long.csv.gz", "rt", newline="") as file:
        next(file)
        for rater, image, class_index, _, is_original, vote in csv.reader(file):
            question = questions.setdefault((image, class_index, is_original), len(questions))
            judgements.append((workers.setdefault(rater, len(workers)), question, vote == "yes"))
    worker, question_of_each, is_selected = np.array(judgements).T
    return RealJudgements(
        worker=worker,
        question=question_of_each,
        is_selected=is_selected.astype(np.bool_),
        num_selected=np.bincount(question_of_each, weights=is_selected).astype(np.int64),
        is_original=np.array([is_original == "1" for *_, is_original in questions]),
    )
