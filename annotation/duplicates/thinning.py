"""Images that many others have the very hash of, such as blank ones: not each of them is compared with each.

Of n images that are all alike n (n − 1)/2 pairs are close, more than anybody can look at. Where more than `MANY` share
a hash, the first stands for the others: each is paired with it, n − 1 pairs, and only it is compared with the rest of
the pool. Where a person says that one is no duplicate of the first, the next search compares that one with the rest.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.models import DuplicateDecision, Study

MANY = 10


@dataclass(frozen=True)
class Apart:
    """What people have said to be no duplicates: pairs of candidates, the candidates in them, references."""

    pairs: frozenset[tuple[int, int]]
    candidates: frozenset[int]
    references: frozenset[int]


@dataclass(frozen=True)
class Thinned:
    """The places that are compared in full, and the others by id, paired with the image that stands for them."""

    places: NDArray[np.int64]
    pairs: list[tuple[int, int]]
    num_left_out: int


def said_apart(study: Study) -> Apart:
    rows = DuplicateDecision.objects.active().filter(pair__study=study, is_duplicate=False)
    ends = list(rows.values_list("pair__first", "pair__second", "pair__reference"))
    pairs = frozenset((first, second) for first, second, _ in ends if second is not None)
    return Apart(
        pairs,
        frozenset(pk for pair in pairs for pk in pair),
        frozenset(reference for _, _, reference in ends if reference is not None),
    )


def thin_pool(ids: NDArray[np.int64], hashes: NDArray[np.uint64], apart: Apart) -> Thinned:
    """Of the pool, where each is to be looked at beside the one that stands for it."""
    out: list[int] = []
    pairs: list[tuple[int, int]] = []
    for places in _alike(hashes):
        left = ids[places].tolist()
        while len(left) > MANY:
            first, *others = left
            pairs += [(first, other) for other in others]
            left = [other for other in others if (first, other) in apart.pairs]
            out += sorted(set(others) - set(left))
    return Thinned(np.flatnonzero(~np.isin(ids, out)), pairs, len(out))


def thin_others(ids: NDArray[np.int64], hashes: NDArray[np.uint64], apart: frozenset[int]) -> Thinned:
    """Of what the pool is compared with, which needs no looking at itself.

    The first stands for the others, and the next one too where an image of the pool was said to be none of the first.
    """
    out: list[int] = []
    for places in _alike(hashes):
        listed = ids[places].tolist()
        num_met = next((number for number, pk in enumerate(listed) if pk not in apart), len(listed))
        out += listed[num_met + 1 :]
    return Thinned(np.flatnonzero(~np.isin(ids, out)), [], len(out))


def _alike(hashes: NDArray[np.uint64]) -> Iterator[NDArray[np.int64]]:
    """Places that share a hash with more than so many, in order."""
    order = np.argsort(hashes, kind="stable")
    starts = np.flatnonzero(np.diff(hashes[order], prepend=~hashes[order][:1])) if len(order) else order
    for places in np.split(order, starts[1:]):
        if len(places) > MANY:
            yield places
