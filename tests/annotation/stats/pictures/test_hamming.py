import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from numpy.typing import NDArray

from annotation.stats.pictures.hamming import TooManyPairs, close_pairs, close_pairs_between

HASHES = some.lists(some.integers(0, 2**64 - 1), max_size=40)


def brute_force(hashes: NDArray[np.uint64], max_distance: int) -> list[tuple[int, int, int]]:
    """Every pair, in plain Python."""
    numbers = hashes.tolist()
    return [
        (one, other, distance)
        for one in range(len(numbers))
        for other in range(one + 1, len(numbers))
        if (distance := (numbers[one] ^ numbers[other]).bit_count()) <= max_distance
    ]


def found(hashes: NDArray[np.uint64], max_distance: int) -> list[tuple[int, int, int]]:
    pairs = close_pairs(hashes, max_distance=max_distance)
    return list(zip(pairs.first.tolist(), pairs.second.tolist(), pairs.distance.tolist(), strict=True))


@given(HASHES, some.integers(0, 16), some.lists(some.tuples(some.integers(0, 39), some.integers(0, 2**64 - 1))))
def test_all_close_pairs_are_found_once(numbers: list[int], max_distance: int, near: list[tuple[int, int]]) -> None:
    # Neighbours of what is there, as hashes drawn at random are all far apart: few bits of the mask are set.
    neighbours = [numbers[place % len(numbers)] ^ (mask & mask >> 7 & mask >> 13) for place, mask in near if numbers]
    hashes = np.array([*numbers, *neighbours], dtype=np.uint64)
    assert found(hashes, max_distance) == brute_force(hashes, max_distance)


@pytest.mark.parametrize("distance", [0, 1, 8, 16])
def test_flipped_bits_are_found_up_to_the_distance_and_no_further(distance: int) -> None:
    rng = np.random.default_rng(distance)
    hashes = rng.integers(0, 2**64, size=2000, dtype=np.uint64)
    flipped = hashes.copy()
    for place in range(len(flipped)):
        for bit in rng.choice(64, size=distance, replace=False):
            flipped[place] ^= np.uint64(1) << np.uint64(bit)
    pairs = close_pairs(np.concatenate([hashes, flipped]), max_distance=distance)
    planted = set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
    assert {(place, place + 2000) for place in range(2000)} <= planted
    if distance:
        closer = close_pairs(np.concatenate([hashes, flipped]), max_distance=distance - 1)
        assert not {(place, place + 2000) for place in range(2000)} & set(
            zip(closer.first.tolist(), closer.second.tolist(), strict=True)
        )


def test_many_of_the_same_are_all_pairs() -> None:
    pairs = close_pairs(np.zeros(300, dtype=np.uint64), max_distance=8)
    assert len(pairs.first) == 300 * 299 // 2


@pytest.mark.parametrize("number", [0, 1])
def test_alone_there_is_no_pair(number: int) -> None:
    assert close_pairs(np.zeros(number, dtype=np.uint64), max_distance=8).first.tolist() == []


@pytest.mark.parametrize(
    ("hashes", "max_distance"),
    [(np.zeros(2, dtype=np.int64), 1), (np.zeros((2, 2), dtype=np.uint64), 1), (np.zeros(2, dtype=np.uint64), 17)],
)
def test_what_is_no_hash_or_no_distance_is_refused(hashes: NDArray[np.uint64], max_distance: int) -> None:
    with pytest.raises(ValueError, match=r"hashes|max_distance"):
        close_pairs(hashes, max_distance=max_distance)


@given(HASHES, HASHES, some.integers(0, 16), some.lists(some.tuples(some.integers(0, 39), some.integers(0, 2**64 - 1))))
def test_all_close_pairs_of_two_lists_are_found_once(
    ones: list[int], others: list[int], max_distance: int, near: list[tuple[int, int]]
) -> None:
    neighbours = [ones[place % len(ones)] ^ (mask & mask >> 7 & mask >> 13) for place, mask in near if ones]
    others = others + neighbours
    pairs = close_pairs_between(
        np.array(ones, dtype=np.uint64), np.array(others, dtype=np.uint64), max_distance=max_distance
    )
    assert list(zip(pairs.first.tolist(), pairs.second.tolist(), pairs.distance.tolist(), strict=True)) == [
        (i, j, distance)
        for i, one in enumerate(ones)
        for j, other in enumerate(others)
        if (distance := (one ^ other).bit_count()) <= max_distance
    ]


def test_too_many_pairs_are_refused_before_they_fill_the_memory() -> None:
    alike = np.zeros(2000, dtype=np.uint64)
    with pytest.raises(TooManyPairs, match="more than 1000 pairs"):
        close_pairs(alike, max_distance=8, max_pairs=1000)
    with pytest.raises(TooManyPairs, match="more than 1000 pairs"):
        close_pairs_between(alike, alike, max_distance=8, max_pairs=1000)
