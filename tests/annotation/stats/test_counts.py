import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from annotation.stats.counts import checked_counts, unique_counts

PAIRS = some.lists(some.integers(0, 40).flatmap(lambda n: some.tuples(some.integers(0, n), some.just(n))), min_size=1)


@pytest.mark.parametrize(
    ("num_selected", "num_seen", "message"),
    [
        (3, 0, "num_seen is 0; it must be at least 1"),
        ([1, -2], 5, "num_selected is -2; it must lie between 0 and num_seen, here 5"),
        (2.5, 5, "num_selected is 2.5; it must be a whole number"),
        (1, float("nan"), "num_seen is nan"),
        (True, 5, "num_selected is of type bool"),
    ],
)
def test_what_is_no_count_is_named(num_selected: object, num_seen: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        checked_counts(num_selected, num_seen)  # type: ignore[arg-type]


def test_no_images_are_no_mistake() -> None:
    assert checked_counts([], [])[0].shape == (0,)


@given(PAIRS)
def test_the_different_pairs_give_back_every_image(pairs: list[tuple[int, int]]) -> None:
    k, n = np.array(pairs).T
    unique_k, unique_n, pair, num_images = unique_counts(k, n)
    assert list(zip(unique_k[pair].tolist(), unique_n[pair].tolist(), strict=True)) == pairs
    assert len(set(pairs)) == len(unique_k)
    assert num_images.tolist() == np.bincount(pair).tolist()
