"""What a correction explains and what remains: errors against simulated repetitions, with images in both sets."""

import numpy as np
import pytest

from evaluation.stats.comparing.explained import ExplainedChange, TwoSets, explained_change
from evaluation.stats.corrections import correct
from evaluation.stats.mixture_correction import MixtureCorrection
from evaluation.stats.naive_adjustment import NaiveAdjustment
from evaluation.stats.scored_images import ScoredImages, scored_images, stands_for
from tests.evaluation.stats.counted import drawn

NUM_SHARED, NUM_OLD, NUM_NEW = 700, 300, 300
PLACES = np.arange(NUM_SHARED)


def joined(first: ScoredImages, second: ScoredImages) -> ScoredImages:
    return scored_images(
        *(
            np.concatenate([getattr(each, name) for each in (first, second)])
            for name in ("num_selected", "num_seen", "is_correct")
        )
    )


def repeated(rng: np.random.Generator) -> TwoSets:
    """700 images in both sets, 300 in the original alone, and 300 of a poorer pool in the new set alone."""
    (_, both), (_, old), (_, young) = (
        drawn(rng, quality, size) for quality, size in (((5, 2), NUM_SHARED), ((5, 2), NUM_OLD), ((3, 3), NUM_NEW))
    )
    return TwoSets(joined(both, old), joined(both, young), shared=(PLACES, PLACES))


@pytest.fixture(scope="module")
def found() -> list[tuple[ExplainedChange, ExplainedChange]]:
    """Of many repetitions: told which images are shared, and not."""
    rng = np.random.default_rng(11)
    every = [repeated(rng) for _ in range(250)]
    return [
        (
            explained_change(each, NaiveAdjustment(), rng=rng, num_replicates=60),
            explained_change(TwoSets(each.original, each.new), NaiveAdjustment(), rng=rng, num_replicates=60),
        )
        for each in every
    ]


def test_the_remainders_error_is_its_spread_over_repetitions(
    found: list[tuple[ExplainedChange, ExplainedChange]],
) -> None:
    spread = np.std([told.remainder for told, _ in found], ddof=1)
    told, apart = (np.mean([each[place].remainder_error for each in found]) for place in (0, 1))
    assert told == pytest.approx(spread, rel=0.12)
    assert apart > 1.5 * spread, "without being told, the error is far too large: this is what is mended"


def test_its_interval_holds_the_truth_as_often_as_it_says(
    found: list[tuple[ExplainedChange, ExplainedChange]],
) -> None:
    truth = np.mean([told.remainder for told, _ in found])
    intervals = [told.remainder_interval() for told, _ in found]
    assert 0.91 <= np.mean([each.low <= truth <= each.high for each in intervals]) <= 0.99


def test_the_explained_parts_error_is_its_spread_too(found: list[tuple[ExplainedChange, ExplainedChange]]) -> None:
    spread = np.std([told.explained for told, _ in found], ddof=1)
    assert np.mean([told.explained_error for told, _ in found]) == pytest.approx(spread, rel=0.12)


def test_parts_add_up_and_of_independent_sets_errors_are_those_of_the_bootstrap() -> None:
    rng = np.random.default_rng(2)
    (_, original), (_, new) = drawn(rng, (5, 2), 2000), drawn(rng, (3, 3), 2000)
    parts = explained_change(TwoSets(original, new), MixtureCorrection(), rng=rng)
    bootstrap = correct(original, new, MixtureCorrection(), rng=rng)
    assert parts.remainder == pytest.approx(float(bootstrap.change[0]))
    assert parts.explained + parts.remainder == pytest.approx(new.is_correct.mean() - original.is_correct.mean())
    assert parts.remainder_error == pytest.approx(float(bootstrap.error_images[0]), rel=0.2)
    assert parts.share_matched == bootstrap.share_matched


def test_images_that_stand_for_a_pool_have_the_bootstraps_error_and_less_where_they_are_shared() -> None:
    rng = np.random.default_rng(3)
    _, pool = drawn(rng, (4, 3), 6000)
    kept = rng.random(6000) < 0.25
    counts = pool.num_selected[kept], pool.num_seen[kept]
    weight = stands_for(counts, (pool.num_selected, pool.num_seen))
    new = scored_images(*counts, pool.is_correct[kept], stands_for=weight)
    places = np.arange(kept.sum())
    _, other = drawn(rng, (5, 2), int(kept.sum()))
    apart = explained_change(TwoSets(other, new), NaiveAdjustment(), rng=rng, num_replicates=400)
    bootstrap = correct(other, new, NaiveAdjustment(), rng=rng, num_replicates=400)
    assert apart.remainder_error == pytest.approx(float(bootstrap.error_images[0]), rel=0.15)
    same = scored_images(*counts, pool.is_correct[kept])
    shared = explained_change(TwoSets(same, new, shared=(places, places)), NaiveAdjustment(), rng=rng)
    assert shared.remainder_error < 0.5 * apart.remainder_error


def test_images_without_judgements_belong_to_the_originals_accuracy() -> None:
    rng = np.random.default_rng(4)
    (_, original), (_, new) = drawn(rng, (5, 2), 500), drawn(rng, (5, 2), 500)
    without, withs = (
        explained_change(TwoSets(original, new, unjudged=each), NaiveAdjustment(), rng=rng)
        for each in ((), [0.0] * 500)
    )
    assert withs.remainder - without.remainder == pytest.approx(original.is_correct.mean() / 2)
    assert withs.explained == without.explained


@pytest.mark.parametrize(
    ("shared", "reason"),
    [
        (([0, 0], [0, 1]), "each once"),
        (([0], [0, 1]), "must be the same"),
        (([3], [0]), "places among the 3 original images"),
        (([0], [-1]), "places among the 2 new images"),
    ],
)
def test_places_that_are_none_are_refused(shared: tuple[list[int], list[int]], reason: str) -> None:
    sets = TwoSets(scored_images([1, 2, 2], 2, [1, 0, 1]), scored_images([1, 2], 2, [1, 0]), shared=shared)
    with pytest.raises(ValueError, match=reason):
        explained_change(sets, NaiveAdjustment(), rng=np.random.default_rng(0))
