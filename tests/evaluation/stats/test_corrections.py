import numpy as np
import pytest

from evaluation.stats.corrections import Correction, Unadjusted, adjusted_accuracy, correct
from evaluation.stats.jackknife import DeleteJackknife
from evaluation.stats.mixture_correction import MixtureCorrection
from evaluation.stats.naive_adjustment import NaiveAdjustment
from evaluation.stats.scored_images import scored_images, stands_for
from evaluation.stats.simulation import Scenario, simulate
from tests.evaluation.stats.counted import drawn

CORRECTIONS: list[Correction] = [Unadjusted(), NaiveAdjustment(), DeleteJackknife(), MixtureCorrection()]
each_correction = pytest.mark.parametrize("correction", CORRECTIONS, ids=lambda each: type(each).__name__)


def test_without_a_correction_change_and_error_are_the_textbooks() -> None:
    rng = np.random.default_rng(0)
    original, new = (scored_images([3] * n, 5, rng.random(n) < p) for n, p in ((2000, 0.7), (1000, 0.6)))
    found = correct(original, new, Unadjusted(), rng=rng, num_replicates=1000)
    shares = original.is_correct.mean(), new.is_correct.mean()
    expected = np.sqrt(sum(p * (1 - p) / n for p, n in zip(shares, (2000, 1000), strict=True)))
    assert found.change == pytest.approx([shares[1] - shares[0]])
    assert found.error_images == pytest.approx([expected], rel=0.1)
    low, high = found.interval(confidence=0.9)
    assert (high - low) / 2 == pytest.approx(1.645 * found.standard_error, rel=1e-3)


@each_correction
def test_of_counts_that_images_were_chosen_by_nothing_can_be_learned(correction: Correction) -> None:
    rng = np.random.default_rng(1)
    k = rng.binomial(10, rng.beta(5, 2, 1000))
    original, new = (scored_images(k, 10, rng.random(1000) < p) for p in (0.7, 0.6))
    assert adjusted_accuracy(original, new, correction) == pytest.approx(new.is_correct.mean(axis=0), abs=1e-3)


@each_correction
def test_the_mean_of_classifiers_is_corrected_as_a_classifier_is(correction: Correction) -> None:
    rng = np.random.default_rng(2)
    correct_of_each = [rng.random((600, 3)) < 0.6 for _ in range(2)]
    counts = [rng.binomial(5, rng.beta(*quality, 600)) for quality in ((4, 2), (2, 2))]
    pairs = list(zip(counts, correct_of_each, strict=True))
    each = correct(*(scored_images(k, 5, bits) for k, bits in pairs), correction, rng=rng, num_replicates=2)
    mean = correct(
        *(scored_images(k, 5, bits.mean(axis=1)) for k, bits in pairs), correction, rng=rng, num_replicates=2
    )
    assert each.adjusted.mean() == pytest.approx(mean.adjusted[0])


@each_correction
def test_images_that_stand_for_the_pool_say_what_the_whole_pool_would(correction: Correction) -> None:
    rng = np.random.default_rng(3)
    _, original = drawn(rng, (5, 2), 4000)
    _, pool = drawn(rng, (3, 3), 40_000)
    kept = rng.random(40_000) < 0.05 + 0.05 * pool.num_selected
    counts = pool.num_selected[kept], pool.num_seen[kept]
    weight = stands_for(counts, (pool.num_selected, pool.num_seen))
    sample = scored_images(*counts, pool.is_correct[kept], stands_for=weight)
    whole, part = (adjusted_accuracy(original, each, correction) for each in (pool, sample))
    assert part == pytest.approx(whole, abs=0.01)


def test_workers_who_judge_only_one_of_the_sets_make_its_error_larger() -> None:
    rng = np.random.default_rng(4)
    errors = []
    for has_two_crowds in (False, True):
        made = simulate(Scenario("", num_workers=20, leniency=0.5, has_two_crowds=has_two_crowds), rng=rng)
        found = correct(made.original, made.new, NaiveAdjustment(), rng=rng, judgements=made.judgements)
        errors.append(float(found.error_workers[0]))
    assert errors[1] > 2 * errors[0] > 0


def test_the_error_over_workers_is_how_far_estimates_spread() -> None:
    rng = np.random.default_rng(5)
    scenario = Scenario("", num_workers=60, leniency=0.7, has_two_crowds=True, num_pool=5000)
    rows = []
    for _ in range(60):
        made = simulate(scenario, rng=rng)
        sets = made.original, made.new, NaiveAdjustment()
        found = correct(*sets, rng=rng, judgements=made.judgements, num_replicates=20)
        rows.append((found.change[0], found.error_images[0], found.standard_error[0]))
    change, by_images, by_both = np.array(rows).T
    assert by_both.mean() == pytest.approx(change.std(), rel=0.25)
    assert by_images.mean() < 0.75 * by_both.mean()


@each_correction
def test_the_same_seed_gives_the_same_errors(correction: Correction) -> None:
    made = simulate(Scenario("", num_original=300, num_pool=3000), rng=np.random.default_rng(6))
    first, second = (
        correct(made.original, made.new, correction, rng=np.random.default_rng(7), num_replicates=5) for _ in range(2)
    )
    assert first.error_images.tolist() == second.error_images.tolist()


def test_what_cannot_be_compared_is_named() -> None:
    one, two = scored_images([1], 2, [[1]]), scored_images([1], 2, [[1, 0]])
    with pytest.raises(ValueError, match="scored by 1 and 2 classifiers"):
        correct(one, two, Unadjusted(), rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="num_replicates is 1; it must be at least 2"):
        correct(one, one, Unadjusted(), rng=np.random.default_rng(0), num_replicates=1)
