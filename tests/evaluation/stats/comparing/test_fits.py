"""Lines over original accuracies: against numpy, the published interval, and simulation."""

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import logit

from evaluation.stats.comparing.fits import FitWithIntervals, Sampling, Scale, fit_with_intervals
from evaluation.stats.linear_fit import linear_fit
from evaluation.stats.probit import probit

QUICK = Sampling(num_replicates=300)


def drawn(rng: np.random.Generator, num: int = 40, num_images: int = 10_000) -> tuple[NDArray[np.int64], ...]:
    """Classifiers that lie on new = 1.1 · original − 0.2 but for chance in images."""
    truth = rng.uniform(0.5, 0.85, num)
    old, new = (rng.binomial(num_images, p) for p in (truth, 1.1 * truth - 0.2))
    return tuple(np.stack([k, np.full(num, num_images)], axis=1) for k in (old, new))


def fitted(seed: int, scale: Scale = Scale.LINEAR, **fields: object) -> FitWithIntervals:
    rng = np.random.default_rng(seed)
    return fit_with_intervals(*drawn(rng), scale=scale, rng=rng, sampling=QUICK, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("scale", Scale)
def test_the_line_is_least_squares_on_its_scale(scale: Scale) -> None:
    old, new = drawn(np.random.default_rng(0))
    transform = {
        Scale.LINEAR: lambda each: each[:, 0] / each[:, 1],
        Scale.LOGIT: lambda each: logit(each[:, 0] / each[:, 1]),
        Scale.PROBIT: lambda each: probit(each[:, 0], each[:, 1]),
    }[scale]
    found = fit_with_intervals(old, new, scale=scale, rng=np.random.default_rng(0), sampling=QUICK)
    expected = linear_fit(transform(old), transform(new))
    assert (found.slope, found.intercept, found.r_squared) == pytest.approx(
        (expected.slope, expected.intercept, expected.r_squared)
    )


def test_the_drawn_line_lies_in_its_band_and_ends_at_the_classifiers() -> None:
    found = fitted(1, Scale.PROBIT)
    assert np.all((found.band_low <= found.line) & (found.line <= found.band_high))
    assert 0.4 < found.grid[0] < found.grid[-1] < 0.9


def test_the_interval_covers_the_true_slope_about_as_often_as_it_says() -> None:
    covered = [found.slope_interval.low <= 1.1 <= found.slope_interval.high for found in map(fitted, range(100))]
    assert 90 <= sum(covered) <= 100


def test_copies_of_a_classifier_say_no_more_than_one() -> None:
    rng = np.random.default_rng(2)
    old, new = drawn(rng, num=20)
    names = [str(number) for number in range(20)]
    once = fit_with_intervals(old, new, scale=Scale.LINEAR, rng=np.random.default_rng(0), families=names)
    copied = [np.concatenate([each, np.repeat(each[:1], 30, axis=0)]) for each in (old, new)]
    again = fit_with_intervals(
        copied[0], copied[1], scale=Scale.LINEAR, rng=np.random.default_rng(0), families=[*names, *["0"] * 30]
    )
    assert (again.slope, again.intercept) == pytest.approx((once.slope, once.intercept))
    assert again.num_families == 20
    widths = [each.slope_interval.high - each.slope_interval.low for each in (once, again)]
    assert widths[1] == pytest.approx(widths[0], rel=0.15)


def test_the_same_seed_gives_the_same_interval() -> None:
    assert fitted(3).slope_interval == fitted(3).slope_interval


@pytest.mark.reference
def test_the_published_interval_comes_out(reference_dir: Path) -> None:
    """Recht et al. (2019), figure 1: slope 1.11 with the bootstrap interval [1.07, 1.19], over classifiers."""
    with (reference_dir / "imagenetv2" / "accuracy_counts_67models.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if not row["model"].startswith("fv_")]
    old, new = (
        np.array([[int(row[f"{name}_top1_correct"]), int(row[f"{name}_n"])] for row in rows])
        for name in ("val50k", "matched_frequency_b33")
    )
    found = fit_with_intervals(
        old, new, scale=Scale.LINEAR, rng=np.random.default_rng(0), sampling=Sampling(10_000, over_images=False)
    )
    assert (found.slope_interval.low, found.slope_interval.high) == pytest.approx((1.07, 1.19), abs=0.01)


@pytest.mark.parametrize(
    ("pairs", "families", "message"),
    [
        ([[5, 10]] * 4, None, "different accuracies"),
        ([[5, 10], [6, 10], [7, 10]], ["a", "a", "b"], "at least three families"),
        ([[5, 10], [6, 10], [7, 10]], ["a"], "one for each of 3"),
        ([5, 10], None, "shape"),
        ([[11, 10], [6, 10], [7, 10]], None, "num_correct of original is 11"),
    ],
)
def test_what_makes_no_sense_is_refused(pairs: list[list[int]], families: list[str] | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fit_with_intervals(pairs, pairs, scale=Scale.LINEAR, rng=np.random.default_rng(0), families=families)
