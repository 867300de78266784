import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from annotation.stats.judgements import from_table
from evaluation.stats.scored_images import ScoredImages, scored_images
from evaluation.stats.tallies import resampled_images, reweighted_workers, tally

IMAGES = some.lists(
    some.integers(1, 8).flatmap(lambda n: some.tuples(some.integers(0, n), some.just(n), some.booleans())),
    min_size=1,
    max_size=30,
)


@given(IMAGES)
def test_a_tally_counts_every_image_once(images: list[tuple[int, int, bool]]) -> None:
    k, n, correct = zip(*images, strict=True)
    found = tally(scored_images(k, n, correct))
    for index, pair in enumerate(zip(found.pairs.num_selected, found.pairs.num_seen, strict=True)):
        mine = [is_right for one, all_of_it, is_right in images if (one, all_of_it) == pair]
        assert (found.pairs.num_images[index], found.num_correct[index, 0]) == (len(mine), sum(mine))
    assert found.accuracy == pytest.approx([np.mean(correct)])


@pytest.fixture
def images() -> ScoredImages:
    rng = np.random.default_rng(0)
    return scored_images(rng.binomial(3, 0.5, 400), 3, rng.random((400, 2)) < 0.7)


def test_samples_vary_as_the_bootstrap_should(images: ScoredImages) -> None:
    found = resampled_images(images, num_replicates=2000, rng=np.random.default_rng(1))
    accuracy = tally(images).accuracy
    assert found.accuracy.mean(axis=0) == pytest.approx(accuracy, abs=0.003)
    assert found.accuracy.std(axis=0) == pytest.approx(np.sqrt(accuracy * (1 - accuracy) / 400), rel=0.06)
    share = tally(images).pairs.num_images[3] / 400
    assert found.pairs.num_images[:, 3].std() == pytest.approx(np.sqrt(400 * share * (1 - share)), rel=0.06)


def test_what_is_known_of_the_pool_stays_so_in_every_sample() -> None:
    images = scored_images([0, 0, 3, 3, 3], 3, [1, 0, 1, 0, 0], stands_for=[5, 5, 2, 2, 2])
    found = resampled_images(images, num_replicates=50, rng=np.random.default_rng(2))
    assert np.all(found.pairs.num_images == [10, 6])
    assert len(np.unique(found.num_correct)) > 3


def judged(num_images: int, num_workers: int) -> tuple[ScoredImages, object]:
    rng = np.random.default_rng(3)
    worker, image = np.tile(np.arange(num_workers), num_images), np.repeat(np.arange(num_images), num_workers)
    bits = rng.random(len(worker)) < 0.6
    k = np.bincount(image, weights=bits).astype(int)
    return scored_images(k, num_workers, rng.random(num_images) < 0.5), from_table(worker, image, bits)


def test_equal_weights_change_nothing() -> None:
    images, judgements = judged(60, 5)
    found = reweighted_workers(images, judgements, np.ones((1, 5)))  # type: ignore[arg-type]
    assert found.pairs.num_images[0] == pytest.approx(np.bincount(images.num_selected, minlength=6))
    assert found.accuracy[0] == pytest.approx(tally(images).accuracy)


def test_a_worker_of_twice_the_weight_moves_the_mean_as_a_weighted_mean_does() -> None:
    images, judgements = judged(60, 5)
    weight = np.array([[1.0, 1, 2, 1, 1]])
    found = reweighted_workers(images, judgements, weight)  # type: ignore[arg-type]
    mean = found.pairs.num_images[0] @ found.pairs.num_selected / 60 / 5
    assert mean == pytest.approx((judgements.selected @ np.ones(60)) @ weight[0] / 60 / 6)  # type: ignore[attr-defined]


def test_judgements_of_other_images_are_refused() -> None:
    images, _ = judged(60, 5)
    with pytest.raises(ValueError, match="judgements are not those"):
        reweighted_workers(images, from_table([0] * 60, range(60), [True] * 60), np.ones((1, 1)))
