import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from numpy.typing import NDArray
from scipy.stats import beta

from annotation.stats import dawid_skene
from annotation.stats.dawid_skene import one_coin, two_coin
from annotation.stats.judgements import Judgements, from_table
from tests.annotation.stats.conftest import RealJudgements

TABLE = some.lists(some.tuples(some.integers(0, 5), some.integers(0, 8), some.booleans()), min_size=1, max_size=80)
MODELS = pytest.mark.parametrize(("model", "num_coins"), [(one_coin, 1), (two_coin, 2)])


def table(rows: list[tuple[int, int, bool]]) -> Judgements:
    return from_table(*(np.array(column) for column in zip(*rows, strict=True)))


def simulated(seed: int, num_candidates: int = 3000) -> tuple[Judgements, NDArray[np.bool_], NDArray[np.float64]]:
    """Ten of 40 workers on each candidate, their truth and their rates of selecting (2, 40): absent, present."""
    rng = np.random.default_rng(seed)
    rates = np.stack([rng.uniform(0.02, 0.4, 40), rng.uniform(0.5, 0.98, 40)])
    truth = rng.random(num_candidates) < 0.3
    worker = np.concatenate([rng.choice(40, 10, replace=False) for _ in range(num_candidates)])
    candidate = np.repeat(np.arange(num_candidates), 10)
    return (
        from_table(worker, candidate, rng.random(len(worker)) < rates[truth[candidate].astype(int), worker]),
        truth,
        rates,
    )


def plain_em(rows: list[tuple[int, int, bool]], num_iterations: int, num_coins: int) -> tuple[list[float], float]:
    """The same EM, judgement by judgement, in probabilities."""
    candidates = range(max(row[1] for row in rows) + 1)
    votes = [[is_selected for _, j, is_selected in rows if j == candidate] for candidate in candidates]
    shows = [sum(each) / len(each) if each else sum(row[2] for row in rows) / len(rows) for each in votes]
    for _ in range(num_iterations):
        prevalence = (sum(shows) + 1) / (len(shows) + 2)
        right = {(w, t): dawid_skene.PRIOR[0] for w, _, _ in rows for t in (0, 1)}
        wrong = dict.fromkeys(right, dawid_skene.PRIOR[1])
        for w, j, is_selected in rows:
            for t, share in ((1, shows[j]), (0, 1 - shows[j])):
                for key in [(w, t)] if num_coins == 2 else [(w, 0), (w, 1)]:
                    (right if is_selected == bool(t) else wrong)[key] += share
        rate = {key: right[key] / (right[key] + wrong[key]) for key in right}
        joint = [[1 - prevalence, prevalence] for _ in candidates]
        for w, j, is_selected in rows:
            for t in (0, 1):
                joint[j][t] *= rate[w, t] if is_selected == bool(t) else 1 - rate[w, t]
        shows = [present / (absent + present) for absent, present in joint]
    return shows, float(sum(np.log(sum(each)) for each in joint))


@MODELS
@settings(max_examples=60)
@given(rows=TABLE, num_iterations=some.integers(1, 4))
def test_the_plain_em_comes_to_the_same(model, num_coins, rows, num_iterations) -> None:  # type: ignore[no-untyped-def]
    found = model(table(rows), num_iterations=num_iterations, tolerance=-1)
    posterior, log_likelihood = plain_em(rows, num_iterations, num_coins)
    assert found.posterior == pytest.approx(posterior, abs=1e-9)
    assert found.log_likelihood == pytest.approx(log_likelihood, abs=1e-7)


@MODELS
@given(rows=TABLE)
def test_no_iteration_loses_posterior_and_all_stays_inside(model, num_coins, rows) -> None:  # type: ignore[no-untyped-def]
    found = model(table(rows), num_iterations=30, tolerance=-1)
    assert found.num_iterations == 30
    assert np.all(np.diff(found.trace) >= -1e-9)
    for each in (found.sensitivity, found.specificity, found.prevalence):
        assert np.all((np.asarray(each) > 0) & (np.asarray(each) < 1))


@given(TABLE)
def test_selected_and_passed_over_mirror_each_other(rows: list[tuple[int, int, bool]]) -> None:
    found = two_coin(table(rows), num_iterations=5, tolerance=-1)
    mirrored = two_coin(table([(w, j, not bit) for w, j, bit in rows]), num_iterations=5, tolerance=-1)
    assert mirrored.posterior == pytest.approx(1 - found.posterior, abs=1e-9)
    assert mirrored.sensitivity == pytest.approx(found.specificity, abs=1e-9)


def test_known_rates_are_recovered_within_their_intervals() -> None:
    judgements, truth, rates = simulated(3)
    found = two_coin(judgements)
    low, high = found.intervals()
    expected = np.stack([rates[1], 1 - rates[0]])
    assert np.mean((low <= expected) & (expected <= high)) > 0.88
    assert np.corrcoef(found.sensitivity, rates[1])[0, 1] > 0.96
    assert found.prevalence == pytest.approx(truth.mean(), abs=0.01)


def test_the_model_finds_the_truth_more_often_than_the_majority() -> None:
    judgements, truth, _ = simulated(4)
    majority = judgements.per_candidate(np.ones(40), np.zeros(40)) > 5
    assert np.mean((two_coin(judgements).posterior > 0.5) == truth) > np.mean(majority == truth)


def test_intervals_are_the_quantiles_of_the_expected_answers() -> None:
    found = two_coin(simulated(5, 200)[0])
    low, high = found.intervals(confidence=0.9)
    assert beta.cdf(low, found.right, found.wrong) == pytest.approx(0.05)
    assert beta.sf(high, found.right, found.wrong) == pytest.approx(0.05)


def test_a_candidate_nobody_judged_has_the_prevalence() -> None:
    found = two_coin(from_table([0, 0, 1], [0, 2, 2], [True, False, False]))
    assert found.posterior[1] == pytest.approx(found.prevalence)


def test_no_judgements_and_no_iterations_are_refused() -> None:
    with pytest.raises(ValueError, match="needs at least one"):
        two_coin(from_table([], [], []))
    with pytest.raises(ValueError, match="num_iterations is 0"):
        two_coin(from_table([0], [0], [True]), num_iterations=0)


def compare_with_crowdkit(worker: NDArray[np.int64], candidate: NDArray[np.int64], bits: NDArray[np.bool_]) -> None:
    """Ten iterations of crowd-kit's, and of ours with next to no prior."""
    pandas, aggregation = pytest.importorskip("pandas"), pytest.importorskip("crowdkit.aggregation")
    rows = pandas.DataFrame({"task": candidate, "worker": worker, "label": bits.astype(int)})
    theirs = aggregation.DawidSkene(n_iter=10, tol=-np.inf).fit(rows)
    ours = two_coin(from_table(worker, candidate, bits), prior=(1e-9, 1e-9), num_iterations=10, tolerance=-np.inf)
    assert ours.posterior == pytest.approx(theirs.probas_.sort_index()[1].to_numpy(), abs=2e-3)


@pytest.mark.filterwarnings("ignore")
def test_crowdkit_comes_to_the_same_on_simulated_judgements() -> None:
    rng = np.random.default_rng(11)
    worker, candidate = rng.integers(0, 30, 20_000), np.repeat(np.arange(2000), 10)
    truth = rng.random(2000) < 0.4
    compare_with_crowdkit(worker, candidate, rng.random(20_000) < np.where(truth[candidate], 0.8, 0.15))


@pytest.mark.reference
@pytest.mark.filterwarnings("ignore")
def test_crowdkit_comes_to_the_same_on_real_judgements(real: RealJudgements) -> None:
    compare_with_crowdkit(real.worker, real.question, real.is_selected)
