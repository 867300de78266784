import numpy as np
import pytest

from evaluation.stats.corrections import Unadjusted
from evaluation.stats.jackknife import DeleteJackknife
from evaluation.stats.mixture_correction import MixtureCorrection
from evaluation.stats.naive_adjustment import NaiveAdjustment
from evaluation.stats.performance import performance
from evaluation.stats.simulation import Counts, Matching, Scenario, simulate

POORER = ((1.0, 3.0, 3.0),)


def test_matching_makes_the_counts_of_the_choice_equal() -> None:
    made = simulate(Scenario("", pool=POORER, counts=Counts.CHOICE), rng=np.random.default_rng(0))
    assert np.bincount(made.new.num_selected).tolist() == np.bincount(made.original.num_selected).tolist()


def test_judged_again_the_chosen_images_of_a_poorer_pool_fall() -> None:
    made = simulate(Scenario("", pool=POORER), rng=np.random.default_rng(1))
    assert made.new.num_selected.mean() < made.original.num_selected.mean() - 0.5


def test_a_threshold_takes_images_above_it_only() -> None:
    scenario = Scenario("", pool=POORER, matching=Matching.THRESHOLD, counts=Counts.CHOICE)
    assert simulate(scenario, rng=np.random.default_rng(2)).new.num_selected.min() == 7


def test_images_of_the_choice_stand_for_the_whole_pool() -> None:
    scenario = Scenario("", pool=POORER, counts=Counts.POOL)
    made = simulate(scenario, rng=np.random.default_rng(3))
    assert made.new.stands_for.sum() == pytest.approx(scenario.num_pool)


def test_lenient_and_strict_workers_select_the_same_share_on_average() -> None:
    scenario = Scenario("", num_workers=200, leniency=1.0, num_original=20_000, num_pool=25_000)
    made = simulate(scenario, rng=np.random.default_rng(4))
    assert made.original.num_selected.mean() / 10 == pytest.approx(5 / 7, abs=0.03)
    assert made.judgements is not None
    mine = made.judgements[0].per_worker(np.ones(20_000))
    assert np.std(mine[0] / (mine[0] + mine[1])) > 0.15


def test_a_change_that_would_leave_no_chance_is_refused() -> None:
    with pytest.raises(ValueError, match=r"real_change is -0\.3"):
        Scenario("", real_change=-0.3)


def test_the_naive_adjustment_fails_where_it_should_and_the_corrections_hold() -> None:
    corrections = {
        "none": Unadjusted(),
        "naive": NaiveAdjustment(),
        "jackknife": DeleteJackknife(),
        "mixtures": MixtureCorrection(),
    }
    scenario = Scenario("", pool=POORER, real_change=-0.04)
    found = performance(scenario, corrections, rng=np.random.default_rng(5), num_replications=12, num_replicates=30)
    assert found["none"].coverage == 0
    assert found["naive"].coverage < 0.6
    assert found["naive"].bias < -0.015
    for name in ("jackknife", "mixtures"):
        assert abs(found[name].bias) < 0.012
        assert found[name].coverage > 0.75


def test_with_a_pool_as_good_nothing_needs_correction() -> None:
    corrections = {"none": Unadjusted(), "naive": NaiveAdjustment(), "jackknife": DeleteJackknife()}
    found = performance(Scenario(""), corrections, rng=np.random.default_rng(6), num_replications=40)
    for each in found.values():
        assert abs(each.bias) < 0.01
        assert each.coverage > 0.85
