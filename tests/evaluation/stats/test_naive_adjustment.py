from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from numpy.typing import NDArray

from annotation.stats.mixture_step import PairCounts
from evaluation.stats.naive_adjustment import NaiveAdjustment, matched_weights, share_matched, thinned
from evaluation.stats.scored_images import scored_images
from evaluation.stats.tallies import tally
from tests.evaluation.stats.counted import drawn, pairs

HISTOGRAMS = some.lists(some.integers(1, 50), min_size=6, max_size=6)


def by_hand(original: NDArray[np.int64], new: NDArray[np.int64], is_correct: NDArray[np.bool_]) -> float:
    """Image by image: each original image is given the mean accuracy of the new images selected as often."""
    return float(np.mean([is_correct[new == k].mean() for k in original]))


def test_it_is_the_published_average_over_measured_frequencies() -> None:
    rng = np.random.default_rng(0)
    old, new = (rng.binomial(5, rng.beta(*quality, 500)) for quality in ((4, 2), (2, 3)))
    is_correct = rng.random(500) < 0.2 + 0.12 * new
    first, second = tally(scored_images(old, 5, is_correct)), tally(scored_images(new, 5, is_correct))
    found = NaiveAdjustment().weights(first.pairs, second.pairs) @ second.num_correct
    assert found[0] == pytest.approx(by_hand(old, new, is_correct))


@given(HISTOGRAMS, HISTOGRAMS, some.integers(1, 5))
def test_weights_add_up_to_one(original: list[int], new: list[int], num_judgements: int) -> None:
    weights = matched_weights(pairs(original), pairs(new), num_judgements)
    assert weights @ new == pytest.approx(1)
    assert np.all(weights > 0)


@given(HISTOGRAMS, some.integers(1, 5))
def test_sets_alike_need_no_weights(images: list[int], num_judgements: int) -> None:
    assert matched_weights(pairs(images), pairs(images), num_judgements) == pytest.approx(1 / sum(images))


@given(some.integers(1, 6).flatmap(lambda n: some.tuples(some.integers(0, n), some.just(n), some.integers(1, n))))
def test_thinning_is_the_mean_over_every_way_to_delete(counts: tuple[int, int, int]) -> None:
    k, n, kept = counts
    ways = [sum(each) for each in combinations([1] * k + [0] * (n - k), kept)]
    found = thinned(PairCounts(np.array([k]), np.array([n]), np.array([1])), kept)
    assert found[0] == pytest.approx(np.bincount(ways, minlength=kept + 1) / len(ways))


def test_images_judged_more_often_are_thinned_to_the_fewest_judgements() -> None:
    original = PairCounts(np.array([4, 8]), np.array([5, 10]), np.array([10, 10]))
    new = PairCounts(np.array([2, 4, 8]), np.array([5, 5, 10]), np.array([10, 10, 10]))
    assert NaiveAdjustment().weights(original, new) == pytest.approx(matched_weights(original, new, 5))


def test_many_samples_at_once_are_each_what_they_are_alone() -> None:
    samples = np.array([[1, 2, 3, 4], [4, 3, 2, 1]])
    original = pairs([5, 5, 5, 5])
    together = NaiveAdjustment().weights(original, PairCounts(original.num_selected, original.num_seen, samples))
    alone = [NaiveAdjustment().weights(original, pairs(each)) for each in samples.tolist()]
    assert together == pytest.approx(np.stack(alone))


def test_counts_that_no_new_image_has_are_left_out_and_said_so() -> None:
    assert matched_weights(pairs([3, 3, 3]), pairs([0, 3, 3]), 2)[1:] == pytest.approx([1 / 6, 1 / 6])
    assert share_matched(pairs([3, 3, 3]), pairs([0, 3, 3]), 2) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="nothing can be compared"):
        matched_weights(pairs([3, 0, 0]), pairs([0, 0, 3]), 2)


def test_more_judgements_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="num_judgements is 3; it must lie between 1 and 2"):
        NaiveAdjustment(3).weights(pairs([1, 1, 1]), pairs([1, 1, 1]))


def test_with_a_poorer_source_it_falls_short_and_less_so_with_more_judgements() -> None:
    rng = np.random.default_rng(1)
    off = []
    for n in (20, 80):
        (frequency, original), (_, new) = (drawn(rng, quality, 60_000, n) for quality in ((5, 2), (3, 3)))
        first, second = tally(original), tally(new)
        off.append((NaiveAdjustment().weights(first.pairs, second.pairs) @ second.num_correct)[0] - frequency.mean())
    assert off[0] < -0.015
    assert off[1] / off[0] == pytest.approx(1 / 4, abs=0.1)
