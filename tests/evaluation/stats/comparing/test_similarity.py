"""Agreement and effective number: against brute force, published tables and real predictions."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from evaluation.stats.comparing.similarity import effective_number, expected_maximum, similarity


def one_factor(rng: np.random.Generator, num: int, weight: float, num_images: int = 100_000) -> NDArray[np.bool_]:
    """Classifiers that share a part of what makes an image hard."""
    shared, own = rng.standard_normal(num_images), rng.standard_normal((num, num_images))
    return weight * shared + np.sqrt(1 - weight**2) * own < 0.5


def test_agreement_is_counted_pair_by_pair() -> None:
    correct = np.random.default_rng(0).random((5, 300)) < 0.6
    found = similarity(correct)
    for i in range(5):
        for j in range(5):
            assert found.agreement[i, j] == pytest.approx(np.mean(correct[i] == correct[j]))


def test_independent_classifiers_agree_as_independent_ones_would() -> None:
    found = similarity(np.random.default_rng(1).random((10, 20_000)) < 0.7)
    assert found.mean_agreement == pytest.approx(found.mean_independent, abs=0.003)
    assert found.mean_independent == pytest.approx(0.58, abs=0.01)


def test_the_expected_maximum_has_its_published_values() -> None:
    """Harter (1961), table 1."""
    published = {2: 0.56419, 3: 0.84628, 5: 1.16296, 20: 1.86748, 50: 2.24907, 100: 2.50759}
    for num, value in published.items():
        assert expected_maximum(num) == pytest.approx(value, abs=5e-5)


@pytest.mark.parametrize("weight", [0.3, 0.6, 0.9])
def test_the_effective_number_is_what_drawing_test_sets_finds(weight: float) -> None:
    """Draw many test sets from the images, and see how lucky the luckiest is."""
    rng = np.random.default_rng(2)
    correct = one_factor(rng, 12, weight)
    truth = correct.mean(axis=1)
    size = 400
    drawn = np.array([correct[:, rng.integers(0, correct.shape[1], size)].mean(axis=1) for _ in range(3000)])
    inflation = ((drawn - truth) / np.sqrt(truth * (1 - truth) / size)).max(axis=1).mean()
    found = effective_number(correct, rng=rng)
    assert found.inflation == pytest.approx(inflation, abs=0.05)
    assert expected_maximum(found.num_effective) == pytest.approx(found.inflation)


def test_the_more_alike_the_more_can_be_tested() -> None:
    rng = np.random.default_rng(3)
    multipliers = [effective_number(one_factor(rng, 20, weight), rng=rng).multiplier for weight in (0.0, 0.5, 0.9)]
    assert multipliers[0] == pytest.approx(1, abs=0.1)
    assert multipliers[0] < multipliers[1] < multipliers[2]


@pytest.mark.reference
def test_real_classifiers_agree_beyond_their_accuracies(reference_dir: Path) -> None:
    """Thirty classifiers on CIFAR-10's test set."""
    with np.load(reference_dir / "similarity" / "cifar10_test_predictions_30models.npz") as data:
        correct = data["preds"] == data["labels"]
    found = similarity(correct)
    assert found.mean_agreement > found.mean_independent + 0.02
    amount = effective_number(correct, rng=np.random.default_rng(0))
    assert 1.5 < amount.multiplier < 30


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: similarity([[1, 0]]), "truth values"),
        (lambda: similarity(np.empty((2, 0), bool)), "shape"),
        (lambda: effective_number([[True, True], [True, False]], rng=np.random.default_rng(0)), "images wrong"),
        (lambda: expected_maximum(0.5), "at least 1"),
    ],
)
def test_what_makes_no_sense_is_refused(call: object, message: str) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=message):
        call()
