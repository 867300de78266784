"""Matching by posteriors, on images whose true frequencies are known."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from numpy.typing import NDArray
from scipy.stats import beta

from annotation.stats import sampling, selection
from annotation.stats.beta_binomial import BetaBinomialMixture
from annotation.stats.held_out import Split, split
from annotation.stats.mixture_fit import choose_mixture
from annotation.stats.posterior_matching import NUM_BINS, PosteriorTable, draw_to_match, expected_mean

NUM_CLASSES, NUM_ORIGINALS, NUM_POOL, PER_CLASS = 60, 50, 200, 10
EDGES = np.arange(1, NUM_BINS) / NUM_BINS


@dataclass(frozen=True)
class Simulated:
    """Originals most people select and a poorer pool, each image judged as often, in halves."""

    true_original: NDArray[np.float64]
    true_pool: NDArray[np.float64]
    original: list[Split]
    pool: list[Split]
    tables: tuple[PosteriorTable, PosteriorTable]


def simulated(num_seen: int, seed: int) -> Simulated:
    rng = np.random.default_rng(seed)
    true_original, true_pool = (
        rng.beta(6, 1.2, (NUM_CLASSES, NUM_ORIGINALS)),
        rng.beta(1.2, 1.2, (NUM_CLASSES, NUM_POOL)),
    )
    counts = [rng.binomial(num_seen, frequency) for frequency in (true_original, true_pool)]
    tables = [
        PosteriorTable.of(choose_mixture(k.ravel(), num_seen, rng=np.random.default_rng(0)).mixture, num_seen // 2)
        for k in counts
    ]
    halves = [[split(row, num_seen, num_first=num_seen // 2, rng=rng) for row in k] for k in counts]
    return Simulated(true_original, true_pool, *halves, (tables[0], tables[1]))


def by_posterior(of: Simulated, number: int) -> NDArray[np.int64]:
    old, new = of.original[number], of.pool[number]
    target = of.tables[0].cdf(old.first_selected, old.first_seen).mean(axis=0)
    rows = of.tables[1].cdf(new.first_selected, new.first_seen)
    return draw_to_match(target, rows, total=PER_CLASS, rng=np.random.default_rng(number))


def by_counts(of: Simulated, number: int) -> NDArray[np.int64]:
    """As the calibrated set is drawn, from the same half of the judgements."""
    old, new = of.original[number], of.pool[number]
    wanted = sampling.round_to_total(
        selection.histogram(selection.bins(old.first_selected, old.first_seen)), total=PER_CLASS
    )
    bins = selection.bins(new.first_selected, new.first_seen)
    return sampling.draw_from_bins(bins, wanted, rng=np.random.default_rng(number)).indices


def gaps(of: Simulated, draw: object) -> tuple[float, float]:
    """New minus original, by the judgements held out and by the true frequencies."""
    held_out, true = [], []
    for number in range(NUM_CLASSES):
        drawn = draw(of, number)  # type: ignore[operator]
        old, new = of.original[number], of.pool[number]
        held_out.append(
            (new.second_selected / new.second_seen)[drawn].mean() - (old.second_selected / old.second_seen).mean()
        )
        true.append(of.true_pool[number][drawn].mean() - of.true_original[number].mean())
    return float(np.mean(held_out)), float(np.mean(true))


@pytest.mark.parametrize("num_seen", [10, 20])
@pytest.mark.parametrize("seed", [1, 2])
def test_with_a_poorer_pool_the_new_set_keeps_to_the_original(num_seen: int, seed: int) -> None:
    of = simulated(num_seen, seed)
    counts, posterior = gaps(of, by_counts), gaps(of, by_posterior)
    assert counts[0] < -0.06
    assert counts[1] < -0.06
    assert abs(posterior[0]) < 0.02
    assert abs(posterior[1]) < 0.02


def test_with_few_judgements_it_stays_nearer_but_falls_short() -> None:
    """Of two judgements none says more than two selections, and in a poor pool that is not enough."""
    of = simulated(5, seed=1)
    counts, posterior = gaps(of, by_counts), gaps(of, by_posterior)
    assert counts[1] < posterior[1] < -0.05


def test_the_table_holds_the_posteriors() -> None:
    mixture = BetaBinomialMixture(np.array([0.3, 0.7]), np.array([1.0, 8.0]), np.array([4.0, 2.0]))
    row = PosteriorTable.of(mixture, [2, 5]).cdf([4], [5])[0]
    share = mixture.responsibility(np.array([4]), np.array([5]))[:, 0]
    expected = share[0] * beta(5, 5).cdf(EDGES) + share[1] * beta(12, 3).cdf(EDGES)
    assert row == pytest.approx(expected)
    found = mixture.posterior([4], [5]).frequency[0]
    assert expected_mean([row]) == pytest.approx(found, abs=0.5 / NUM_BINS)


def test_counts_the_table_was_not_made_for_are_refused() -> None:
    table = PosteriorTable.of(BetaBinomialMixture(*(np.ones(1) for _ in range(3))), [2, 5])
    for num_seen in (3, 9):
        with pytest.raises(ValueError, match=f"num_seen is {num_seen}; the table was not made for it"):
            table.cdf([1], [num_seen])


def test_wrong_shapes_and_totals_are_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="a column per edge"):
        draw_to_match([0.5], [[0.1, 0.2]], total=1, rng=rng)
    with pytest.raises(ValueError, match="total must not be negative"):
        draw_to_match([0.5], [[0.1]], total=-1, rng=rng)


ROWS = some.lists(some.tuples(some.integers(0, 9), some.booleans()), max_size=30)


@given(rows=ROWS, total=some.integers(0, 12), seed=some.integers(0, 50))
def test_what_is_kept_goes_first_and_nothing_twice(rows: list[tuple[int, bool]], total: int, seed: int) -> None:
    cdf = np.array([[level / 10] for level, _ in rows]).reshape(-1, 1)
    is_kept = np.array([kept for _, kept in rows], dtype=np.bool_)
    drawn = draw_to_match([0.4], cdf, total=total, rng=np.random.default_rng(seed), is_kept=is_kept)
    assert len(set(drawn.tolist())) == len(drawn) == min(total, len(rows))
    assert is_kept[drawn].sum() == min(total, is_kept.sum())


@given(level=some.integers(0, 10), total=some.integers(1, 20), seed=some.integers(0, 50))
def test_the_taken_images_average_to_the_target(level: int, total: int, seed: int) -> None:
    cdf = np.repeat([[0.0], [1.0]], 20, axis=0)
    drawn = draw_to_match([level / 10], cdf, total=total, rng=np.random.default_rng(seed))
    assert abs(cdf[drawn].mean() - level / 10) <= 0.5 / total + 1e-9


def test_differences_in_the_last_bits_decide_nothing() -> None:
    rng = np.random.default_rng(5)
    rows = np.sort(rng.random((200, NUM_BINS - 1)).round(2), axis=1)
    target = rows[:50].mean(axis=0)
    blurred = rows * (1 + rng.choice([-1, 1], rows.shape) * 4e-16)
    drawn = [draw_to_match(target, each, total=10, rng=np.random.default_rng(1)).tolist() for each in (rows, blurred)]
    assert drawn[0] == drawn[1]
