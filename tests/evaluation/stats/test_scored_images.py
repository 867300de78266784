import numpy as np
import pytest

from evaluation.stats.scored_images import scored_images, stands_for


def test_one_classifier_may_come_as_a_row() -> None:
    assert scored_images([1, 2], 2, [True, False]).is_correct.shape == (2, 1)
    assert scored_images([1, 2], 2, [[1, 0, 1], [0, 0, 1]]).is_correct.shape == (2, 3)


def test_only_images_that_stand_for_others_are_a_sample() -> None:
    assert not scored_images([1, 2], 2, [1, 0]).is_a_sample
    assert scored_images([1, 2], 2, [1, 0], stands_for=[1, 3]).is_a_sample


def test_new_images_stand_for_all_of_the_pool_that_has_their_counts() -> None:
    rng = np.random.default_rng(0)
    pool_n = rng.integers(4, 7, 2000)
    pool_k = rng.binomial(pool_n, 0.6)
    new = rng.permutation(2000)[:700]
    each = stands_for((pool_k[new], pool_n[new]), (pool_k, pool_n))
    for k, n in {(k, n) for k, n in zip(pool_k[new], pool_n[new], strict=True)}:
        of_new, of_pool = (pool_k[new] == k) & (pool_n[new] == n), (pool_k == k) & (pool_n == n)
        assert each[of_new].sum() == pytest.approx(of_pool.sum())


def test_new_images_must_be_part_of_the_pool() -> None:
    with pytest.raises(ValueError, match="pool holds fewer images selected 5 times of 5 than new"):
        stands_for(([5, 5], 5), ([5, 4], 5))


@pytest.mark.parametrize(
    ("counts", "is_correct", "weight", "message"),
    [
        (([], []), [], 1, "num_selected has shape"),
        (([6], [5]), [1], 1, "num_selected is 6; it must lie between 0 and num_seen"),
        (([3, 3], [5, 5]), [1], 1, r"is_correct has shape \(1, 1\); it must be \(2,"),
        (([3], [5]), [1.5], 1, "is_correct must lie between 0 and 1"),
        (([3], [5]), [1], 0, "stands_for must be positive"),
        (([3], [5]), [1], np.inf, "stands_for must be positive"),
    ],
)
def test_what_cannot_be_is_named(
    counts: tuple[object, object], is_correct: object, weight: float, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        scored_images(*counts, is_correct, stands_for=weight)  # type: ignore[arg-type]
