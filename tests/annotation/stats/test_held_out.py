import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from numpy.typing import NDArray

from annotation.stats.held_out import gap_of_means, gap_of_pairs, held_out_check, split
from tests.annotation.stats.conftest import RealJudgements

COUNTS = some.lists(
    some.integers(4, 20).flatmap(lambda n: some.tuples(some.integers(0, n), some.just(n))), min_size=1, max_size=30
)


@given(COUNTS, some.integers(1, 3))
def test_the_parts_of_a_split_add_up(counts: list[tuple[int, int]], num_first: int) -> None:
    k, n = np.array(counts).T
    found = split(k, n, num_first=num_first, rng=np.random.default_rng(0))
    assert (found.first_selected + found.second_selected).tolist() == k.tolist()
    assert (found.first_seen + found.second_seen).tolist() == n.tolist()
    assert np.all((found.second_selected >= 0) & (found.second_selected <= found.second_seen))
    assert np.all(found.first_selected <= num_first)


def test_a_split_draws_judgements_as_one_would_by_hand() -> None:
    rng = np.random.default_rng(1)
    by_hand = [rng.permutation([1] * 3 + [0] * 4)[:3].sum() for _ in range(20_000)]
    found = split(np.full(20_000, 3), 7, num_first=3, rng=rng).first_selected
    shares = [np.bincount(each, minlength=4) / 20_000 for each in (by_hand, found)]
    assert shares[0] == pytest.approx(shares[1], abs=0.015)


def drawn(k: NDArray[np.int64], pool: NDArray[np.int64], rng: np.random.Generator) -> tuple[float, float, float]:
    """One random split of 10 judgements, and one test set drawn from the pool to match it, image by image."""
    old, new = (split(each, 10, num_first=5, rng=rng) for each in (k, pool))
    cells = [np.flatnonzero(new.first_selected == cell) for cell in range(6)]
    picked = np.concatenate([rng.choice(cells[each], 1) for each in old.first_selected])
    means = (new.first_selected[picked], old.second_selected, new.second_selected[picked])
    return tuple(float(each.mean()) / 5 for each in means)  # type: ignore[return-value]


def test_the_expected_draw_is_the_mean_of_draws() -> None:
    rng = np.random.default_rng(2)
    k, pool = rng.binomial(10, rng.beta(6, 2, 200)), rng.binomial(10, rng.beta(2, 2, 2000))
    found = held_out_check((k, 10), (pool, 10), num_first=5, rng=rng)
    draws = np.mean([drawn(k, pool, rng) for _ in range(200)], axis=0)
    assert (found.matched, found.original, found.new) == pytest.approx(tuple(draws), abs=0.006)


def test_a_pool_as_good_as_the_original_has_no_gap_as_often_as_the_interval_says() -> None:
    rng = np.random.default_rng(3)
    covered = []
    for _ in range(200):
        old, new = (rng.binomial(10, rng.beta(5, 2, number)) for number in (500, 1000))
        found = held_out_check((old, 10), (new, 10), num_first=5, rng=rng, num_replicates=200)
        covered.append(found.low <= 0 <= found.high)
    assert np.mean(covered) == pytest.approx(0.95, abs=0.05)


def test_a_worse_pool_looks_equal_where_it_was_matched_and_falls_where_it_was_not() -> None:
    rng = np.random.default_rng(4)
    old, new = rng.binomial(10, rng.beta(8, 3, 3000)), rng.binomial(10, rng.beta(3, 4, 20_000))
    found = held_out_check((old, 10), (new, 10), num_first=5, rng=rng)
    assert found.original == pytest.approx(found.matched)
    assert found.high < -0.1


def test_originals_without_a_counterpart_are_left_out_and_said_so() -> None:
    found = held_out_check(([0, 0, 4, 4], 4), ([0, 0], 4), num_first=2, rng=np.random.default_rng(0))
    assert (found.share_matched, found.matched) == (0.5, 0)


@pytest.mark.parametrize(
    ("pool", "num_first", "message"),
    [
        (([0, 0], 4), 2, "nothing can be matched"),
        (([4], 4), 4, "num_first is 4; it must lie between 1 and 3"),
        (([], []), 2, "pool holds no image"),
    ],
)
def test_what_cannot_be_matched_is_refused(pool: tuple[object, object], num_first: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        held_out_check(([4, 4], 4), pool, num_first=num_first, rng=np.random.default_rng(0))  # type: ignore[arg-type]


@pytest.mark.reference
def test_random_halves_of_the_real_originals_have_no_gap(real: RealJudgements) -> None:
    rng = np.random.default_rng(5)
    k = rng.permutation(real.num_selected[real.is_original])
    found = held_out_check((k[:12_000], 5), (k[12_000:], 5), num_first=3, rng=rng)
    assert found.low <= 0 <= found.high
    assert abs(found.gap) < 0.01


@pytest.mark.reference
def test_real_images_asked_for_another_class_fall_when_held_out(real: RealJudgements) -> None:
    k = real.num_selected
    found = held_out_check(
        (k[real.is_original], 5), (k[~real.is_original], 5), num_first=3, rng=np.random.default_rng(6)
    )
    assert found.share_matched == pytest.approx(1)
    assert found.high < -0.02


def two_classes(num: tuple[int, int], rng: np.random.Generator) -> tuple[NDArray[np.int64], int, NDArray[np.int64]]:
    group = np.repeat([0, 1], num)
    return rng.binomial(10, np.where(group, rng.beta(2, 4, sum(num)), rng.beta(6, 1, sum(num)))), 10, group


def test_lots_with_other_numbers_per_class_have_no_gap_as_often_as_the_interval_says() -> None:
    rng = np.random.default_rng(7)
    found = [gap_of_means(two_classes((60, 60), rng), two_classes((200, 30), rng)) for _ in range(1000)]
    assert np.mean([each is not None and each.low <= 0 <= each.high for each in found]) == pytest.approx(
        0.95, abs=0.025
    )


def test_classes_that_one_lot_lacks_are_left_out() -> None:
    found = gap_of_means(([5, 5, 0], 10, [0, 0, 1]), ([4, 6, 10], 10, [0, 0, 2]))
    assert found is not None
    assert found.gap == 0
    assert gap_of_means(([5, 5], 10, [0, 0]), ([5, 5], 10, [1, 1])) is None


def test_what_rounding_leaves_is_no_gap() -> None:
    found = gap_of_means(([7] * 21, 10, [0] * 7 + [1] * 14), ([7] * 5, 10, [0, 0, 0, 1, 1]))
    assert found is not None
    assert found.low <= 0 <= found.high


def test_classes_of_one_image_vary_as_the_others_do() -> None:
    alone = gap_of_means(([2, 4, 6], 10, [0, 1, 2]), ([2, 4, 6], 10, [0, 1, 2]))
    mixed = gap_of_means(([2, 4, 6, 6], 10, [0, 0, 1, 1]), ([3, 3, 6], 10, [0, 0, 1]))
    assert alone is not None
    assert mixed is not None
    assert alone.high == pytest.approx(1.96 * np.sqrt(2 * 0.04 / 3), abs=1e-4)
    assert mixed.high - mixed.gap == pytest.approx(1.96 * np.sqrt(0.25 * 0.02 / 2), abs=1e-4)


def test_the_gap_of_the_same_images_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    covered = []
    for _ in range(1000):
        frequency = rng.beta(2, 1, 100)
        parts = [(rng.binomial(5, frequency), np.full(100, 5)) for _ in range(2)]
        found = gap_of_pairs(*parts)
        assert found is not None
        covered.append(found.low <= 0 <= found.high)
    assert 0.925 <= np.mean(covered) <= 0.97


def test_pairs_are_of_the_same_images() -> None:
    with pytest.raises(ValueError, match="the same ones"):
        gap_of_pairs(([1, 2], [5, 5]), ([1], [5]))
    assert gap_of_pairs(([1], [5]), ([2], [5])) is None
