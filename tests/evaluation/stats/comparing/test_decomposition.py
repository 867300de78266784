"""What a drop is made of: bounds against simulation, signs of adaptivity planted and absent, parts that add up."""

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from evaluation.stats.comparing.decomposition import Adaptivity, adaptivity, decompose, generalization_gap
from evaluation.stats.comparing.fits import Sampling

QUICK = Sampling(num_replicates=300)
NUM_IMAGES = 20_000


def counted(accuracies: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    return np.stack([rng.binomial(NUM_IMAGES, accuracies), np.full(len(accuracies), NUM_IMAGES)], axis=1)


def reused(rate: float, later: float, seed: int = 0) -> Adaptivity:
    """Classifiers whose gain counts at a rate on the new set, and that lose with every year."""
    rng = np.random.default_rng(seed)
    years = np.sort(rng.uniform(2012, 2019, 60))
    old = norm.ppf(0.55) + 0.12 * (years - 2012) + rng.normal(0, 0.1, 60)
    new = rate * old - 0.3 + later * (years - 2012)
    original, twin = (counted(norm.cdf(each), rng) for each in (old, new))
    return adaptivity(original, twin, rng=rng, released=years.tolist(), sampling=QUICK)


def test_hoeffding_holds_for_every_accuracy_and_clopper_pearson_lies_within() -> None:
    k = np.arange(0, 1001, 50)
    found = generalization_gap(k, 1000)
    assert np.all(found.below <= found.hoeffding + 0.001)
    assert np.all(found.above <= found.hoeffding + 0.001)
    assert found.hoeffding[0] == pytest.approx(np.sqrt(np.log(40) / 2000))


def test_an_honest_test_set_shows_no_sign() -> None:
    found = reused(rate=1.0, later=0.0)
    assert not found.has_diminishing_returns
    assert found.date_p is not None
    assert found.date_p > 0.01


def test_diminishing_returns_are_seen() -> None:
    found = reused(rate=0.8, later=0.0)
    assert found.has_diminishing_returns
    assert found.slope == pytest.approx(0.8, abs=0.05)


def test_later_classifiers_that_fall_behind_are_seen() -> None:
    """By the date where it moves apart from the accuracy."""
    rng = np.random.default_rng(1)
    years = rng.uniform(2012, 2019, 80)
    old = norm.ppf(rng.uniform(0.6, 0.8, 80))
    original, twin = (counted(norm.cdf(each), rng) for each in (old, old - 0.3 - 0.02 * (years - 2012)))
    found = adaptivity(original, twin, rng=rng, released=years.tolist(), sampling=QUICK)
    assert found.date_correlation is not None
    assert found.date_p is not None
    assert found.date_correlation < -0.4
    assert found.date_p < 0.001


def test_too_few_dates_say_nothing() -> None:
    rng = np.random.default_rng(2)
    original = counted(np.array([0.6, 0.7, 0.8, 0.75]), rng)
    found = adaptivity(original, original, rng=rng, released=[2012.0, None, None, 2013.0], sampling=QUICK)
    assert (found.date_correlation, found.date_p, found.num_dated) == (None, None, 2)


def test_the_parts_add_up() -> None:
    found = decompose([[7000, 10_000], [8000, 10_000]], [[600, 1000], [720, 1000]], explained=[-0.05, -0.03])
    assert found.change == pytest.approx(-0.09)
    assert found.explained + found.remainder == pytest.approx(found.change)
    assert found.remainder_interval.low < found.remainder < found.remainder_interval.high


def test_the_interval_of_the_remainder_covers() -> None:
    rng = np.random.default_rng(3)
    old, new = (rng.binomial(2000, p, 1000) for p in (0.75, 0.70))
    found = [decompose([[a, 2000]], [[b, 2000]]).remainder_interval for a, b in zip(old, new, strict=True)]
    assert np.mean([each.low <= -0.05 <= each.high for each in found]) >= 0.945


@pytest.mark.reference
def test_the_published_classifiers_show_no_diminishing_returns(reference_dir: Path) -> None:
    """Recht et al. (2019), section 4: chance explains a point at most, and the slope is no sign of adaptivity there."""
    with (reference_dir / "imagenetv2" / "accuracy_counts_67models.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if not row["model"].startswith("fv_")]
    old, new = (
        np.array([[int(row[f"{name}_top1_correct"]), int(row[f"{name}_n"])] for row in rows])
        for name in ("val50k", "matched_frequency_b33")
    )
    found = decompose(old, new)
    assert found.change == pytest.approx(-0.118, abs=0.005)
    assert found.generalization < 0.0101
    assert found.remainder_interval.high < -0.10
    signs = adaptivity(old, new, rng=np.random.default_rng(0), sampling=Sampling(2000, over_images=False))
    assert signs.slope == pytest.approx(0.95, abs=0.03)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: decompose([[1, 2]], [[1, 2], [1, 2]]), "the same classifiers"),
        (lambda: decompose([], []), "shape"),
        (lambda: generalization_gap(3, 2), "num_correct is 3"),
        (
            lambda: adaptivity(
                [[5, 10], [6, 10], [7, 10]], [[5, 10]] * 3, rng=np.random.default_rng(0), released=[1.0]
            ),
            "one for each of 3",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(call: object, message: str) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=message):
        call()
