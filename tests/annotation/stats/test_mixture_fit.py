import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy.optimize import minimize
from scipy.stats import betabinom

from annotation.stats.mixture_fit import choose_mixture, fit_mixture
from tests.annotation.stats.conftest import RealJudgements

PAIRS = some.lists(
    some.integers(1, 30).flatmap(lambda n: some.tuples(some.integers(0, n), some.just(n))), min_size=5, max_size=60
)


@settings(max_examples=15)
@given(PAIRS, some.integers(1, 4))
def test_no_step_of_em_loses_likelihood(pairs: list[tuple[int, int]], num_components: int) -> None:
    found = fit_mixture(*np.array(pairs).T, num_components=num_components)
    assert np.all(np.diff(found.trace) >= -1e-9 * abs(found.log_likelihood))
    assert found.mixture.weight.sum() == pytest.approx(1)
    assert np.all(found.mixture.a > 0)


def test_one_component_is_the_direct_maximum_of_the_likelihood() -> None:
    rng = np.random.default_rng(5)
    n = rng.integers(3, 15, 3000)
    k = rng.binomial(n, rng.beta(1.5, 4, 3000))
    direct = minimize(lambda x: -betabinom.logpmf(k, n, *np.exp(x)).sum(), [0.0, 0.0], method="Nelder-Mead")
    found = fit_mixture(k, n, num_components=1)
    assert found.log_likelihood == pytest.approx(-direct.fun, abs=1e-3)
    assert np.log([found.mixture.a[0], found.mixture.b[0]]) == pytest.approx(direct.x, abs=2e-3)


def test_known_parameters_are_recovered() -> None:
    rng = np.random.default_rng(6)
    truth = np.where(rng.random(60_000) < 0.4, rng.beta(2, 18, 60_000), rng.beta(12, 4, 60_000))
    mixture = fit_mixture(rng.binomial(20, truth), 20, num_components=2).mixture
    assert mixture.weight == pytest.approx([0.4, 0.6], abs=0.02)
    assert mixture.a == pytest.approx([2, 12], rel=0.15)
    assert mixture.b == pytest.approx([18, 4], rel=0.15)


def test_the_number_of_components_is_chosen_by_images_left_out() -> None:
    rng = np.random.default_rng(7)
    one = rng.binomial(10, rng.beta(2, 3, 3000))
    two = rng.binomial(10, rng.choice([0.1, 0.8], size=3000))
    chosen = [choose_mixture(k, 10, rng=np.random.default_rng(0), max_components=3) for k in (one, two)]
    assert [found.mixture.num_components for found in chosen] == [1, 2]
    assert len(chosen[0].held_out) == 2  # the second was no better, and no third was tried


def test_the_same_seed_chooses_the_same_mixture() -> None:
    k = np.random.default_rng(8).binomial(10, np.repeat([0.2, 0.7], 100))
    first, second = (choose_mixture(k, 10, rng=np.random.default_rng(1), max_components=2) for _ in range(2))
    assert first.trace == second.trace
    assert first.held_out == second.held_out


@pytest.mark.parametrize(("num_selected", "number"), [([0] * 20, 1), ([10] * 20, 2), ([5], 5)])
def test_images_that_all_agree_are_fitted_too(num_selected: list[int], number: int) -> None:
    found = fit_mixture(num_selected, 10, num_components=number)
    assert np.isfinite(found.log_likelihood)
    assert 0 < found.mixture.mean < 1


@pytest.mark.parametrize("number", [0, 6])
def test_a_number_of_components_out_of_reach_is_named(number: int) -> None:
    with pytest.raises(ValueError, match=f"num_components is {number}; it must lie between 1 and 5"):
        fit_mixture([1], 2, num_components=number)


def test_nothing_cannot_be_fitted() -> None:
    with pytest.raises(ValueError, match="num_seen holds no image"):
        fit_mixture([], [], num_components=1)


@pytest.mark.reference
def test_a_mixture_explains_the_real_judgements_of_original_images(real: RealJudgements) -> None:
    k = real.num_selected[real.is_original]
    observed = np.bincount(k)
    assert observed.tolist() == [6064, 4218, 3768, 3424, 3741, 3674]
    found = choose_mixture(k, 5, rng=np.random.default_rng(0), max_components=3)
    expected = len(k) * np.exp(found.mixture.log_probability(np.arange(6), 5))
    # Chi-squared over six cells; 15 would be refuted at one in a hundred, however few parameters were fitted.
    assert np.sum((observed - expected) ** 2 / expected) < 15
