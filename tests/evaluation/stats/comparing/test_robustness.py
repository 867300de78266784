"""Robustness above the line of a baseline: by construction, and on the published testbed."""

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, logit

from evaluation.stats.comparing.robustness import effective_robustness, relative_robustness

NUM_IMAGES = 1_000_000


def pairs(accuracies: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.stack([np.rint(accuracies * NUM_IMAGES), np.full(len(accuracies), NUM_IMAGES)], axis=1).astype(np.int64)


def test_what_lies_on_the_line_has_none_and_what_lies_above_has_that_much() -> None:
    original = np.array([0.5, 0.6, 0.7, 0.8, 0.65])
    new = expit(1.1 * logit(original) - 0.4)
    new[4] += 0.05
    found = effective_robustness(pairs(original), pairs(new), is_baseline=np.arange(5) < 4)
    assert found.effective == pytest.approx([0, 0, 0, 0, 0.05], abs=1e-5)
    assert (found.fit.slope, found.fit.intercept) == pytest.approx((1.1, -0.4), abs=1e-4)


def test_perfect_classifiers_have_a_place_on_the_line() -> None:
    counts = np.array([[50, 100], [80, 100], [100, 100]])
    assert np.all(np.isfinite(effective_robustness(counts, counts, is_baseline=[True, True, True]).effective))


def test_near_copies_count_once_in_the_line() -> None:
    once = np.array([[50, 100], [60, 100], [80, 100], [70, 100]])
    new = np.array([[40, 100], [57, 100], [66, 100], [65, 100]])
    copied = [0, 0, 0, 1, 2, 3]
    names = ["copied", "copied", "copied", "b", "c", "copied"]  # the last is no baseline and makes the family no larger
    found = effective_robustness(once[copied], new[copied], is_baseline=np.arange(6) < 5, families=names)
    expected = effective_robustness(once, new, is_baseline=np.arange(4) < 3)
    assert found.effective == pytest.approx(expected.effective[copied])
    assert (found.fit.slope, found.fit.r_squared) == pytest.approx((expected.fit.slope, expected.fit.r_squared))


@pytest.mark.reference
def test_on_the_published_testbed_only_more_data_is_robust(reference_dir: Path) -> None:
    """Taori et al. (2020), figure 2: on ImageNetV2 interventions stay near the line; more data lies above."""
    kinds, original, new = testbed(reference_dir)
    found = effective_robustness(pairs(original), pairs(new), is_baseline=kinds == "STANDARD")
    mean = {kind: found.effective[kinds == kind].mean() for kind in ("STANDARD", "ROBUST_INTV", "MORE_DATA")}
    assert abs(mean["STANDARD"]) < 0.002
    assert mean["ROBUST_INTV"] < 0.01
    assert mean["MORE_DATA"] > mean["ROBUST_INTV"]
    assert found.fit.r_squared > 0.99


def testbed(reference_dir: Path) -> tuple[NDArray[np.str_], NDArray[np.float64], NDArray[np.float64]]:
    """Group, original and new top-1 of the classifiers that have both."""
    folder = reference_dir / "testbed"
    with (folder / "model_types.csv").open(newline="") as file:
        kind_of = {row["model"]: row["model_type_natural"] for row in csv.DictReader(file)}
    with next(folder.glob("robustness_top1s*.csv")).open(newline="") as file:
        rows = [
            (
                kind_of[row["model"]],
                float(row["val"]) / 100,
                float(row["imagenetv2-matched-frequency-format-val"]) / 100,
            )
            for row in csv.DictReader(file)
            if row["val"] and row["imagenetv2-matched-frequency-format-val"]
        ]
    kinds, original, new = zip(*rows, strict=True)
    return np.array(kinds), np.array(original), np.array(new)


testbed.__test__ = False  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: effective_robustness([[1, 2]], [[1, 2]], is_baseline=[1]), "truth values"),
        (lambda: effective_robustness([[1, 2]] * 2, [[1, 2]] * 2, is_baseline=[True, True]), "at least two"),
        (lambda: effective_robustness([1, 2], [[1, 2]], is_baseline=[True]), "shape"),
        (lambda: effective_robustness([[1, 2]], [[1, 2]], is_baseline=[True], families=[]), "one for each of 1"),
        (lambda: relative_robustness([[1, 2]], counterpart=[1]), "from -1 to 0"),
        (lambda: relative_robustness([[1, 2]], counterpart=[0.5]), "a place for each"),
    ],
)
def test_what_makes_no_sense_is_refused(call: object, message: str) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=message):
        call()
