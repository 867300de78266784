import tracemalloc
from dataclasses import astuple
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit

from annotation.stats import twin_workers as module
from annotation.stats.judgements import Judgements, from_table
from annotation.stats.twin_workers import TwinWorkers, twin_workers


def crowd(seed: int, share_careless: float = 0.0) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Sixty workers of different habits, ten to a grid of 48: worker, candidate and answer of each judgement."""
    rng = np.random.default_rng(seed)
    grids = [rng.choice(60, 10, replace=False) for _ in range(150)]
    worker, candidate = np.repeat(grids, 48, axis=0).ravel(), np.repeat(np.arange(150 * 48), 10)
    shows, difficulty = rng.random(7200) < 0.4, rng.normal(size=7200) * 0.8
    skill, leaning = np.where(rng.random(60) < share_careless, 0.0, 2.0), rng.normal(size=60) * 0.5
    strength = skill[worker] * np.where(shows, 1, -1)[candidate] + difficulty[candidate] + leaning[worker]
    return worker, candidate, rng.random(len(worker)) < expit(strength)


def copied(worker: NDArray[np.int64], candidate: NDArray[np.int64], bits: NDArray[np.bool_]) -> Judgements:
    """The same with worker 1 answering as worker 0 wherever both are asked."""
    answers = np.full(candidate.max() + 1, -1)
    answers[candidate[worker == 0]] = bits[worker == 0]
    copies = (worker == 1) & (answers[candidate] >= 0)
    return from_table(worker, candidate, np.where(copies, answers[candidate] == 1, bits))


def pair(found: TwinWorkers, first: int, second: int) -> int:
    return int(np.flatnonzero((found.first == first) & (found.second == second))[0])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_person_with_two_accounts_is_found_first(seed: int) -> None:
    found = twin_workers(copied(*crowd(seed)))
    assert (found.first[0], found.second[0]) == (0, 1)
    assert found.num_agreed[0] == found.num_shared[0]
    assert found.q_value[0] < 0.05


@pytest.mark.parametrize(("share_careless", "most"), [(0.0, 1), (0.3, 4)])
def test_honest_pairs_are_seldom_suspected(share_careless: float, most: int) -> None:
    for seed in range(4, 8):
        found = twin_workers(from_table(*crowd(seed, share_careless)))
        assert len(found.z) > 1000
        assert np.sum(found.q_value < 0.05) <= most


def test_without_differences_between_workers_z_is_standard_normal() -> None:
    rng = np.random.default_rng(9)
    worker, candidate, _ = crowd(9)
    z = twin_workers(from_table(worker, candidate, rng.random(len(worker)) < rng.random(7200)[candidate])).z
    assert np.mean(z) == pytest.approx(0, abs=0.05)
    assert np.std(z) == pytest.approx(1, abs=0.06)


def test_shared_and_agreed_are_those_counted_by_hand() -> None:
    worker, candidate, bits = (each[:4800] for each in crowd(10))
    found = twin_workers(from_table(worker, candidate, bits), least_shared=1)
    answers = {w: dict(zip(candidate[worker == w], bits[worker == w], strict=True)) for w in set(worker.tolist())}
    for one, other in list(combinations(sorted(answers), 2))[:100]:
        shared = answers[one].keys() & answers[other].keys()
        if shared:
            row = pair(found, one, other)
            agreed = sum(answers[one][each] == answers[other][each] for each in shared)
            assert (found.num_shared[row], found.num_agreed[row]) == (len(shared), agreed)


def test_p_values_are_adjusted_over_all_pairs() -> None:
    found = twin_workers(from_table(*crowd(11)))
    num_pairs = len(found.p_value)
    # Benjamini and Hochberg: the smallest of p * m / rank from each rank on.
    expected = np.minimum.accumulate((found.p_value * num_pairs / np.arange(1, num_pairs + 1))[::-1])[::-1]
    assert found.q_value == pytest.approx(np.minimum(expected, 1))


def test_pairs_that_share_too_little_or_only_unanimous_candidates_are_not_tested() -> None:
    assert len(twin_workers(from_table([0, 1, 2], [0, 0, 0], [True, True, False])).z) == 0
    everything = from_table(np.repeat([0, 1], 50), np.tile(np.arange(50), 2), np.ones(100, dtype=np.bool_))
    assert len(twin_workers(everything).z) == 0


def test_two_judgements_of_a_worker_on_a_candidate_are_refused() -> None:
    with pytest.raises(ValueError, match="twice on a candidate"):
        twin_workers(from_table([0, 0], [1, 1], [True, False]))


@pytest.mark.parametrize("pairs_at_once", [1, 7 * 60, 59 * 60])
def test_how_many_workers_are_compared_at_once_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, pairs_at_once: int
) -> None:
    judgements = from_table(*crowd(12))
    together = twin_workers(judgements)
    monkeypatch.setattr(module, "PAIRS_AT_ONCE", pairs_at_once)
    for one, other in zip(astuple(twin_workers(judgements)), astuple(together), strict=True):
        assert one == pytest.approx(other, rel=1e-9, abs=1e-12)


def test_pairs_that_share_too_little_take_no_memory() -> None:
    """Three thousand workers judge the same three candidates, and twins forty more: 4.5 million pairs for one."""
    num_workers, rng = 3000, np.random.default_rng(13)
    common = np.tile(np.arange(num_workers), 3), np.repeat(np.arange(3), num_workers)
    twins = np.repeat([5, 2000, 2500], 40), np.tile(3 + np.arange(40), 3)
    worker, candidate = (np.concatenate(each) for each in zip(common, twins, strict=True))
    judgements = from_table(worker, candidate, rng.random(len(worker)) < 0.5)
    tracemalloc.start()
    found = twin_workers(judgements)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert {*zip(found.first.tolist(), found.second.tolist(), strict=True)} == {(5, 2000), (5, 2500), (2000, 2500)}
    assert peak < 150 * 2**20
