import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.integrate import quad
from scipy.stats import beta, betabinom

from annotation.stats.beta_binomial import BetaBinomialMixture

POSITIVE = some.floats(0.05, 200)
COUNTS = some.integers(0, 60).flatmap(lambda n: some.tuples(some.integers(0, n), some.just(n)))
TWO = BetaBinomialMixture(np.array([0.3, 0.7]), np.array([2.0, 12.0]), np.array([18.0, 4.0]))


def one(a: float, b: float) -> BetaBinomialMixture:
    return BetaBinomialMixture(np.array([1.0]), np.array([a]), np.array([b]))


@given(POSITIVE, POSITIVE, COUNTS)
def test_scipy_gives_the_same_probability(a: float, b: float, counts: tuple[int, int]) -> None:
    assert one(a, b).log_probability(*counts) == pytest.approx(betabinom.logpmf(*counts, a, b), abs=1e-7)


@given(some.integers(0, 40))
def test_the_probabilities_of_all_counts_add_up_to_one(num_seen: int) -> None:
    total = np.exp(TWO.log_probability(np.arange(num_seen + 1), num_seen)).sum()
    assert total == pytest.approx(1)


@given(POSITIVE, POSITIVE, COUNTS)
def test_with_one_component_the_posterior_is_a_beta(a: float, b: float, counts: tuple[int, int]) -> None:
    k, n = counts
    found = one(a, b).posterior(k, n, confidence=0.9)
    assert found.frequency == pytest.approx((a + k) / (a + b + n))
    assert [found.low, found.high] == pytest.approx(beta.ppf([0.05, 0.95], a + k, b + n - k), abs=1e-9)


@pytest.mark.parametrize(("k", "n"), [(0, 0), (3, 10), (7, 10), (30, 40)])
def test_the_posterior_mean_is_that_of_bayes_theorem_by_quadrature(k: int, n: int) -> None:
    def density(f: float) -> float:
        prior = sum(w * beta.pdf(f, a, b) for w, a, b in zip(TWO.weight, TWO.a, TWO.b, strict=True))
        return float(prior * f**k * (1 - f) ** (n - k))

    mean = quad(lambda f: f * density(f), 0, 1)[0] / quad(density, 0, 1)[0]
    assert TWO.posterior(k, n).frequency == pytest.approx(mean, rel=1e-6)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(2)
    component = rng.choice(2, size=20_000, p=TWO.weight)
    truth = rng.beta(TWO.a[component], TWO.b[component])
    found = TWO.posterior(rng.binomial(10, truth), 10)
    assert np.mean((found.low <= truth) & (truth <= found.high)) == pytest.approx(0.95, abs=0.006)


def test_more_selections_never_lower_the_posterior() -> None:
    found = TWO.posterior(np.arange(21), 20)
    assert np.all(np.diff(found.frequency) > 0)
    assert np.all(np.diff(found.low) > 0)


def test_arrays_keep_their_shape() -> None:
    assert TWO.posterior(np.full((3, 2), 4), 9).high.shape == (3, 2)
    assert TWO.log_probability(np.full((3, 2), 4), 9).shape == (3, 2)


def test_an_image_nobody_saw_has_the_mean_of_the_study() -> None:
    assert float(TWO.posterior(0, 0).frequency) == pytest.approx(TWO.mean)
