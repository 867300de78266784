import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import beta, binom

from annotation.stats.beta_binomial import BetaBinomialMixture
from annotation.stats.mixture_step import PairCounts
from evaluation.stats.mixture_correction import MixtureCorrection, _further_judgements
from evaluation.stats.naive_adjustment import NaiveAdjustment
from evaluation.stats.scored_images import scored_images
from evaluation.stats.tallies import tally
from tests.evaluation.stats.counted import drawn, pairs


def test_weights_add_up_to_one_and_do_nothing_where_sets_are_alike() -> None:
    same = pairs([10, 20, 30, 40, 30, 60])
    weights = MixtureCorrection().weights(same, same)
    assert weights @ same.num_images == pytest.approx(1)
    slope = weights * same.num_images @ same.num_selected
    assert slope == pytest.approx(np.average(same.num_selected, weights=same.num_images), rel=0.01)


def test_further_judgements_are_the_integral_over_the_posterior() -> None:
    mixture = BetaBinomialMixture(np.array([0.3, 0.7]), np.array([2.0, 5.0]), np.array([4.0, 1.5]))
    found = _further_judgements(mixture, pairs([1, 1, 1, 1]), 2)

    def prior(f: float) -> float:
        return float(mixture.weight @ beta.pdf(f, mixture.a, mixture.b))

    for k in range(4):
        total = quad(lambda f, k=k: prior(f) * binom.pmf(k, 3, f), 0, 1)[0]
        for m in range(3):
            wanted = quad(lambda f, k=k, m=m: prior(f) * binom.pmf(k, 3, f) * binom.pmf(m, 2, f), 0, 1)[0] / total
            assert found[k, m] == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("num_judgements", [5, 10, 20])
def test_it_recovers_the_accuracy_at_the_originals_true_frequencies(num_judgements: int) -> None:
    rng = np.random.default_rng(num_judgements)
    frequency, original = drawn(rng, (5, 2), 100_000, num_judgements)
    poor = rng.beta(3, 3, 100_000)
    step = np.where(rng.random(100_000) < 0.3 + 0.5 / (1 + np.exp(-8 * (poor - 0.6))), 1.0, 0.0)
    truth = np.mean(0.3 + 0.5 / (1 + np.exp(-8 * (frequency - 0.6))))
    first, second = tally(original), tally(scored_images(rng.binomial(num_judgements, poor), num_judgements, step))
    corrections = (NaiveAdjustment(), MixtureCorrection())
    off = [(each.weights(first.pairs, second.pairs) @ second.num_correct)[0] - truth for each in corrections]
    assert off[0] < -0.01
    assert abs(off[1]) < 0.01


def test_many_samples_at_once_are_each_what_they_are_alone() -> None:
    samples = np.array([[9, 12, 14, 20, 30, 25], [25, 22, 20, 16, 9, 8]])
    old, new = pairs([5, 6, 9, 20, 40, 50]), pairs([17, 17, 17, 18, 19, 17])
    ready = MixtureCorrection(num_components=1).near(old, new)
    together = ready.weights(old, PairCounts(old.num_selected, old.num_seen, samples))
    alone = [ready.weights(old, pairs(each)) for each in samples.tolist()]
    assert together == pytest.approx(np.stack(alone), abs=2e-5)


def test_new_images_of_one_count_are_weighted_alike() -> None:
    old, new = pairs([10, 10, 10]), PairCounts(np.array([2]), np.array([2]), np.array([8]))
    assert MixtureCorrection(num_components=1).weights(old, new) == pytest.approx([1 / 8])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_components": 6}, "num_components is 6; it must lie between 1 and 5"),
        ({"degree": 0}, "degree is 0; it must be at least 1"),
        ({"penalty": -1.0}, "penalty is -1.0; it must not be negative"),
    ],
)
def test_parameters_out_of_reach_are_named(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MixtureCorrection(**arguments)  # type: ignore[arg-type]
