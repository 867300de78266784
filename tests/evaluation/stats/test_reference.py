"""What was published about 67 classifiers on an original test set and its three new ones."""

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from evaluation.stats.accuracy import clopper_pearson
from evaluation.stats.linear_fit import linear_fit
from evaluation.stats.probit import probit

pytestmark = pytest.mark.reference

ORIGINAL, CALIBRATED = "val50k", "matched_frequency_b33"


@pytest.fixture(scope="module")
def rows(reference_dir: Path) -> list[dict[str, str]]:
    with (reference_dir / "imagenetv2" / "accuracy_counts_67models.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def counts(rows: list[dict[str, str]], test_set: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return tuple(np.array([int(row[f"{test_set}_{end}"]) for row in rows]) for end in ("top1_correct", "n"))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("new", "mean_change"), [(CALIBRATED, -11.83), ("threshold07_a44", -3.20), ("top_images_c12", 2.08)]
)
def test_the_mean_changes_come_out(rows: list[dict[str, str]], new: str, mean_change: float) -> None:
    before, after = clopper_pearson(*counts(rows, ORIGINAL)), clopper_pearson(*counts(rows, new))
    assert len(rows) == 67
    assert round(100 * float((after.accuracy - before.accuracy).mean()), 2) == mean_change


def test_the_published_line_comes_out(rows: list[dict[str, str]]) -> None:
    kept = [row for row in rows if not row["model"].startswith("fv_")]
    before, after = clopper_pearson(*counts(kept, ORIGINAL)), clopper_pearson(*counts(kept, CALIBRATED))
    fit = linear_fit(100 * before.accuracy, 100 * after.accuracy)
    assert fit.num_points == 64
    assert (round(fit.slope, 3), round(fit.intercept, 2), round(fit.r_squared, 4)) == (1.110, -20.26, 0.9913)


def test_the_line_on_the_probit_scale_comes_out(rows: list[dict[str, str]]) -> None:
    fit = linear_fit(probit(*counts(rows, ORIGINAL)), probit(*counts(rows, CALIBRATED)))
    assert (round(fit.slope, 3), round(fit.intercept, 3), round(fit.r_squared, 4)) == (0.952, -0.316, 0.9983)
