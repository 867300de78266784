"""Pairs of hashes that differ in few bits, all of them, without comparing everything with everything."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

NUM_BITS = 64
BLOCK = 1 << 16
"""Comparisons at once: what they need stays within a core's cache."""


@dataclass(frozen=True)
class ClosePairs:
    """Pairs of hashes by their places, first < second, in that order; arrays of shape (num_pairs,)."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    distance: NDArray[np.int64]


class TooManyPairs(ValueError):
    """More pairs are close than the caller wants to have."""


def close_pairs(hashes: ArrayLike, *, max_distance: int, max_pairs: int | None = None) -> ClosePairs:
    """All pairs of 64-bit hashes that differ in at most so many bits.

    Hashes are cut into `max_distance + 1` parts. Two that differ in no more bits than that agree in at least one whole
    part, so only hashes that agree in a part are compared: exact, and for 8 bits and evenly spread hashes a fourteenth
    of the comparisons of everything with everything. A pair that agrees in several parts is kept once, by the first.
    Parts are searched side by side on all cores.

    Parameters
    ----------
    hashes : array_like of uint64, shape (n,)
        Such as perceptual hashes.
    max_distance : int
        From 0 to 16; the more, the shorter the parts and the more there is to compare.
    max_pairs : int, optional
        Give up when there are more: of n hashes that are all alike, n (n − 1)/2 pairs are close.

    Returns
    -------
    ClosePairs
        Sorted by first, then second.

    Raises
    ------
    ValueError
        If the hashes are no 64-bit unsigned integers in one dimension, or `max_distance` is not from 0 to 16.
    TooManyPairs
        If there are more than `max_pairs`.

    References
    ----------
    Norouzi, Punjani and Fleet (2012), "Fast search in Hamming space with multi-index hashing".

    Examples
    --------
    >>> found = close_pairs(np.array([0b0000, 0b0111, 0b0001], dtype=np.uint64), max_distance=2)
    >>> list(zip(found.first.tolist(), found.second.tolist(), found.distance.tolist()))
    [(0, 2, 1), (1, 2, 2)]
    """
    values = _checked(hashes, "hashes")
    parts = _parts(values, max_distance)
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:  # numpy lets go of the interpreter while it compares
        found = list(threads.map(partial(_agreeing_in, values, parts, max_distance, max_pairs), range(len(parts))))
    return _sorted(found, values, values)


def close_pairs_between(
    hashes: ArrayLike, others: ArrayLike, *, max_distance: int, max_pairs: int | None = None
) -> ClosePairs:
    """All pairs of one hash of each of two lists that differ in at most so many bits.

    Found as `close_pairs` finds them.

    Parameters
    ----------
    hashes, others : array_like of uint64, shapes (n,) and (m,)
        Such as perceptual hashes of images, and of the same images mirrored.
    max_distance : int
        From 0 to 16.
    max_pairs : int, optional
        Give up when there are more.

    Returns
    -------
    ClosePairs
        Sorted by first, the place in `hashes`, then second, the place in `others`.

    Raises
    ------
    ValueError
        If the hashes are no 64-bit unsigned integers in one dimension, or `max_distance` is not from 0 to 16.
    TooManyPairs
        If there are more than `max_pairs`.

    References
    ----------
    Norouzi, Punjani and Fleet (2012), "Fast search in Hamming space with multi-index hashing".

    Examples
    --------
    >>> hashes, others = np.array([0b0000, 0b0111], dtype=np.uint64), np.array([0b0011], dtype=np.uint64)
    >>> found = close_pairs_between(hashes, others, max_distance=1)
    >>> list(zip(found.first.tolist(), found.second.tolist(), found.distance.tolist()))
    [(1, 0, 1)]
    """
    values, against = _checked(hashes, "hashes"), _checked(others, "others")
    parts, parts_against = _parts(values, max_distance), _parts(against, max_distance)
    search = partial(_agreeing_between, (values, against), (parts, parts_against), max_distance, max_pairs)
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        found = list(threads.map(search, range(len(parts))))
    return _sorted(found, values, against)


def _checked(hashes: ArrayLike, name: str) -> NDArray[np.uint64]:
    values = np.asarray(hashes)
    if values.dtype != np.uint64 or values.ndim != 1:
        raise ValueError(f"{name} have type {values.dtype} and shape {values.shape}; give uint64 of one dimension")
    return values


def _parts(values: NDArray[np.uint64], max_distance: int) -> list[NDArray[np.uint64]]:
    if not 0 <= max_distance <= 16:
        raise ValueError(f"max_distance is {max_distance}; it must lie between 0 and 16")
    cuts = [NUM_BITS * part // (max_distance + 1) for part in range(max_distance + 2)]
    return [_part(values, start, end) for start, end in pairwise(cuts)]


def _sorted(found: list[NDArray[np.int64]], values: NDArray[np.uint64], others: NDArray[np.uint64]) -> ClosePairs:
    first, second = np.concatenate([np.empty((2, 0), dtype=np.int64), *found], axis=1)
    order = np.lexsort((second, first))
    first, second = first[order], second[order]
    distance = np.bitwise_count(values[first] ^ others[second]).astype(np.int64)
    return ClosePairs(first, second, distance)


def _part(values: NDArray[np.uint64], start: int, end: int) -> NDArray[np.uint64]:
    """The bits from `start` to before `end`, as numbers."""
    mask = np.uint64((1 << (end - start)) - 1)
    return (values >> np.uint64(start)) & mask


class _Pairs:
    """Pairs as they are found, as long as they are not too many."""

    def __init__(self, max_pairs: int | None) -> None:
        self._max, self._number = max_pairs, 0
        self._blocks = [np.empty((2, 0), dtype=np.int64)]

    def extend(self, blocks: Iterator[NDArray[np.int64]]) -> None:
        for block in blocks:
            self._blocks.append(block)
            self._number += block.shape[1]
            if self._max is not None and self._number > self._max:
                raise TooManyPairs(f"more than {self._max} pairs are close")

    def together(self) -> NDArray[np.int64]:
        return np.concatenate(self._blocks, axis=1)


def _agreeing_in(
    values: NDArray[np.uint64],
    parts: list[NDArray[np.uint64]],
    max_distance: int,
    max_pairs: int | None,
    number: int,
) -> NDArray[np.int64]:
    """Close pairs that agree in this part and in none before, shape (2, num_pairs)."""
    order = np.argsort(parts[number], kind="stable")
    bounds = [0, *(np.flatnonzero(np.diff(parts[number][order])) + 1).tolist(), len(order)]
    pairs = _Pairs(max_pairs)
    for start, end in pairwise(bounds):
        pairs.extend(_within(values[order[start:end]], order[start:end], max_distance))
    found = pairs.together()
    is_new = np.ones(found.shape[1], dtype=np.bool_)
    for before in parts[:number]:
        is_new &= before[found[0]] != before[found[1]]
    return np.sort(found[:, is_new], axis=0)


def _within(values: NDArray[np.uint64], places: NDArray[np.int64], max_distance: int) -> Iterator[NDArray[np.int64]]:
    """Close pairs among hashes that agree in a part, some rows of the triangle at a time."""
    start = 0
    while start < len(values) - 1:
        others = values[start + 1 :]
        num_rows = min(max(1, BLOCK // len(others)), len(values) - 1 - start)
        rows = values[start : start + num_rows]
        row, column = np.nonzero(np.bitwise_count(rows[:, None] ^ others) <= max_distance)
        is_above = column >= row
        yield np.stack([places[start + row[is_above]], places[start + 1 + column[is_above]]])
        start += num_rows


def _agreeing_between(
    values: tuple[NDArray[np.uint64], NDArray[np.uint64]],
    parts: tuple[list[NDArray[np.uint64]], list[NDArray[np.uint64]]],
    max_distance: int,
    max_pairs: int | None,
    number: int,
) -> NDArray[np.int64]:
    """Close pairs of the two lists that agree in this part and in none before, shape (2, num_pairs)."""
    orders = [np.argsort(part[number], kind="stable") for part in parts]
    keys = [part[number][order] for part, order in zip(parts, orders, strict=True)]
    common = np.intersect1d(keys[0], keys[1])
    bounds = [[np.searchsorted(key, common, side=side) for side in ("left", "right")] for key in keys]
    pairs = _Pairs(max_pairs)
    for place in range(len(common)):
        mine, theirs = (
            order[starts[place] : ends[place]] for order, (starts, ends) in zip(orders, bounds, strict=True)
        )
        pairs.extend(_across(values, mine, theirs, max_distance))
    found = pairs.together()
    is_new = np.ones(found.shape[1], dtype=np.bool_)
    for before, before_there in zip(parts[0][:number], parts[1][:number], strict=True):
        is_new &= before[found[0]] != before_there[found[1]]
    return found[:, is_new]


def _across(
    values: tuple[NDArray[np.uint64], NDArray[np.uint64]],
    mine: NDArray[np.int64],
    theirs: NDArray[np.int64],
    max_distance: int,
) -> Iterator[NDArray[np.int64]]:
    """Close pairs of two groups that agree in a part, some rows at a time."""
    others = values[1][theirs]
    num_rows = max(1, BLOCK // len(others))
    for start in range(0, len(mine), num_rows):
        places = mine[start : start + num_rows]
        row, column = np.nonzero(np.bitwise_count(values[0][places][:, None] ^ others) <= max_distance)
        yield np.stack([places[row], theirs[column]])
