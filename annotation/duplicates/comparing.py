"""Which images of a study look alike: by their hashes, as they are, mirrored and cropped."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from annotation import candidates
from annotation.duplicates.thinning import Apart, Thinned, thin_others, thin_pool
from annotation.errors import CannotSearch
from annotation.models import Candidate, Exclusion, Origin, ReferenceImage, Study
from annotation.stats.pictures.hamming import ClosePairs, TooManyPairs, close_pairs, close_pairs_between
from annotation.stats.pictures.signatures import perceptual_hashes
from annotation.stats.pictures.variants import VARIANTS

ROWS_AT_ONCE = 5000
MAX_PAIRS = 200_000
TOO_MANY = (
    f"More than {MAX_PAIRS:,} pairs are that close, more than anybody can look at; search with a smaller distance."
)

Told = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done, and of how much."""
AS_IT_IS = ""


@dataclass(frozen=True)
class Hashes:
    """Images by id, with their hashes as they are and as copies, one array of shape (n,) each.

    A copy is not known of those that have only a hash: its hash is theirs, so that they are found as they are.
    """

    ids: NDArray[np.int64]
    of_copy: dict[str, NDArray[np.uint64]]

    @property
    def as_they_are(self) -> NDArray[np.uint64]:
        return self.of_copy[AS_IT_IS]

    def at(self, places: NDArray[np.int64]) -> "Hashes":
        return Hashes(self.ids[places], {copy: values[places] for copy, values in self.of_copy.items()})


@dataclass(frozen=True)
class Found:
    """Two images by id, as what copy they were found, and in how many bits they differ."""

    first: int
    second: int
    copy: str
    hamming: int


@dataclass(frozen=True)
class Compared:
    """What was found, and how many images were compared through another that stands for them."""

    pairs: list[Found]
    num_thinned: int


def pool_of(study: Study) -> Hashes:
    """Without what a person, or an import, has excluded already."""
    out = Exclusion.objects.filter(stage="").values("candidate")
    rows = Candidate.objects.filter(study=study, origin=Origin.POOL).exclude(pk__in=out)
    return _hashes(_signatures(rows))


def originals_of(study: Study) -> Hashes:
    return _hashes(_signatures(Candidate.objects.filter(study=study, origin=Origin.ORIGINAL)))


def references_of(study: Study) -> Hashes:
    return _hashes(ReferenceImage.objects.filter(study=study).order_by("pk").values_list("pk", "hash", "grey"))


def _signatures(rows: QuerySet[Candidate]) -> QuerySet[Any, Any]:
    signed = rows.filter(image__signature__isnull=False).order_by("pk")
    return signed.values_list("pk", "image__signature__hash", "image__signature__grey")


def _hashes(rows: QuerySet[Any, Any]) -> Hashes:
    """Read some at a time: only hashes stay in memory."""
    ids: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
    of_copy = {copy: [np.empty(0, dtype=np.uint64)] for copy in (AS_IT_IS, *VARIANTS)}
    for part in _parts(rows):
        ids.append(np.array([pk for pk, _, _ in part], dtype=np.int64))
        kept = np.array([value for _, value, _ in part], dtype=np.int64).view(np.uint64)
        of_copy[AS_IT_IS].append(kept)
        has_grey = np.array([grey is not None for _, _, grey in part])
        greys = candidates.unpacked(grey for _, _, grey in part if grey is not None)
        for copy, as_copy in VARIANTS.items():
            values = kept.copy()
            if len(greys):
                values[has_grey] = perceptual_hashes(as_copy(greys))
            of_copy[copy].append(values)
    return Hashes(np.concatenate(ids), {copy: np.concatenate(parts) for copy, parts in of_copy.items()})


def _parts(rows: QuerySet[Any, Any]) -> Iterator[list[Any]]:
    part: list[Any] = []
    for row in rows.iterator(chunk_size=ROWS_AT_ONCE):
        part.append(row)
        if len(part) == ROWS_AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def within(pool: Hashes, apart: Apart, max_distance: int, told: Told) -> Compared:
    """Pairs of the pool, each once, the lower id first; as what copy the hashes are closest."""
    thinned = thin_pool(pool.ids, pool.as_they_are, apart)
    kept = pool.at(thinned.places)
    nearest = _Nearest()
    nearest.note_the_same(thinned)
    # Every image is close to its own copy, and a pair may be found both ways round.
    limits = {"max_distance": max_distance, "max_pairs": 2 * MAX_PAIRS + len(kept.ids)}
    for number, copy in enumerate((AS_IT_IS, *VARIANTS)):
        told("comparing the pool", number, len(VARIANTS) + 1)
        with _told_in_words():
            if copy == AS_IT_IS:
                pairs = close_pairs(kept.as_they_are, **limits)
            else:
                pairs = close_pairs_between(kept.as_they_are, kept.of_copy[copy], **limits)
        nearest.note(copy, np.sort([kept.ids[pairs.first], kept.ids[pairs.second]], axis=0), pairs)
    return Compared(nearest.found(), thinned.num_left_out)


def between(pool: Hashes, others: Hashes, apart: frozenset[int], step: str, max_distance: int, told: Told) -> Compared:
    """Pairs of one of the pool and one of the others, whichever of the two is the copy."""
    thinned = thin_others(others.ids, others.as_they_are, apart)
    kept = others.at(thinned.places)
    nearest = _Nearest(is_of_one_list=False)
    ways = _ways(pool, kept)
    for number, (copy, mine, theirs) in enumerate(ways):
        told(step, number, len(ways))
        with _told_in_words():
            pairs = close_pairs_between(mine, theirs, max_distance=max_distance, max_pairs=MAX_PAIRS)
        nearest.note(copy, np.array([pool.ids[pairs.first], kept.ids[pairs.second]]), pairs)
    return Compared(nearest.found(), thinned.num_left_out)


def _ways(pool: Hashes, others: Hashes) -> Sequence[tuple[str, NDArray[np.uint64], NDArray[np.uint64]]]:
    ways = [(AS_IT_IS, pool.as_they_are, others.as_they_are)]
    for copy in VARIANTS:
        ways.append((copy, pool.of_copy[copy], others.as_they_are))
        ways.append((copy, pool.as_they_are, others.of_copy[copy]))
    return ways


class _Nearest:
    """For each pair of ids the way in which the hashes are closest; of several, the first."""

    def __init__(self, *, is_of_one_list: bool = True) -> None:
        self._best: dict[tuple[int, int], tuple[int, str]] = {}
        self._is_of_one_list = is_of_one_list

    def note_the_same(self, thinned: Thinned) -> None:
        self._best.update(dict.fromkeys(thinned.pairs, (0, AS_IT_IS)))

    def note(self, copy: str, ids: NDArray[np.int64], pairs: ClosePairs) -> None:
        for first, second, hamming in zip(*ids.tolist(), pairs.distance.tolist(), strict=True):
            key = (first, second)
            is_itself = self._is_of_one_list and first == second
            if is_itself or (key in self._best and self._best[key][0] <= hamming):
                continue
            self._best[key] = (hamming, copy)
        if len(self._best) > MAX_PAIRS:
            raise CannotSearch(TOO_MANY)

    def found(self) -> list[Found]:
        return [Found(*key, copy, hamming) for key, (hamming, copy) in sorted(self._best.items())]


@contextmanager
def _told_in_words() -> Iterator[None]:
    try:
        yield
    except TooManyPairs as error:
        raise CannotSearch(TOO_MANY) from error
