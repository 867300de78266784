"""Pairs as they are kept: with their distances, and without those that are no longer found and nobody decided."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

import numpy as np
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from numpy.typing import NDArray

from annotation import candidates
from annotation.duplicates.comparing import Found
from annotation.models import DuplicateDecision, DuplicatePair, ImageSignature, ReferenceImage, Study
from annotation.stats.pictures.signatures import pixel_distances, structural_distances
from annotation.stats.pictures.variants import VARIANTS

PAIRS_AT_ONCE = 2000
UPSERT = """
INSERT INTO annotation_duplicatepair AS held
    (study_id, found_at, embedded_by, first_id, {other}, copy, hamming, pixel_distance, structural_distance)
SELECT %s, %s, '', * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::int[], %s::float8[], %s::float8[])
ON CONFLICT (first_id, {other}) DO UPDATE SET copy = excluded.copy, hamming = excluded.hamming,
    pixel_distance = excluded.pixel_distance, structural_distance = excluded.structural_distance
WHERE (held.copy, held.hamming, held.pixel_distance, held.structural_distance) IS DISTINCT FROM
    (excluded.copy, excluded.hamming, excluded.pixel_distance, excluded.structural_distance)
"""

Other = Literal["second", "reference"]


class Measured(NamedTuple):
    """A pair that was found, with its distances where both signatures are known."""

    first: int
    other: int
    copy: str
    hamming: int
    pixel_distance: float | None
    structural_distance: float | None


def measured(other: Other, found: Sequence[Found]) -> list[Measured]:
    """Reads the signatures, and takes its time: to be called before anything is locked."""
    rows: list[Measured] = []
    for start in range(0, len(found), PAIRS_AT_ONCE):
        rows += _measured(other, found[start : start + PAIRS_AT_ONCE])
    return rows


@transaction.atomic
def keep_pairs(*, study: Study, found: Mapping[Other, Sequence[Measured]], now: datetime) -> None:
    """Make the study's pairs those that were found; what a person has ever decided stays."""
    Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    for other, listed in found.items():
        pairs = listed if other == "second" else _still_here(study, listed)
        _forget(study, other, {(pair.first, pair.other) for pair in pairs})
        if pairs:
            with connection.cursor() as cursor:
                cursor.execute(
                    UPSERT.format(other=f"{other}_id"), [study.pk, now, *map(list, zip(*pairs, strict=True))]
                )


def _still_here(study: Study, pairs: Sequence[Measured]) -> list[Measured]:
    """Without those whose reference was removed while the search ran."""
    ids = {pair.other for pair in pairs}
    here = set(ReferenceImage.objects.filter(study=study, pk__in=ids).values_list("pk", flat=True))
    return [pair for pair in pairs if pair.other in here]


def drop_pairs(*, references: QuerySet[ReferenceImage]) -> tuple[int, int]:
    """Take away the pairs with these, and what was said of them; how many pairs, and how many decisions that held."""
    pairs = DuplicatePair.objects.filter(reference__in=references.order_by().values("pk"))
    num_decisions = DuplicateDecision.objects.active().filter(pair__in=pairs).count()
    _, deleted = pairs.delete()
    return deleted.get(DuplicatePair._meta.label, 0), num_decisions


def _forget(study: Study, other: Other, found: set[tuple[int, int]]) -> None:
    decided = DuplicateDecision.objects.filter(pair=OuterRef("pk"))
    rows = DuplicatePair.objects.filter(study=study, **{f"{other}__isnull": False}).exclude(Exists(decided))
    gone = [pk for pk, *key in rows.values_list("pk", "first_id", f"{other}_id") if tuple(key) not in found]
    DuplicatePair.objects.filter(pk__in=gone).delete()


def _measured(other: Other, found: Sequence[Found]) -> list[Measured]:
    greys = _greys_of_candidates({pair.first for pair in found})
    ids = {pair.second for pair in found}
    others = _greys_of_candidates(ids) if other == "second" else _greys_of_references(ids)
    comparable = [pair for pair in found if pair.second in others]
    distances = dict(zip(comparable, _distances(comparable, greys, others), strict=True))
    return [
        Measured(pair.first, pair.second, pair.copy, pair.hamming, *distances.get(pair, (None, None))) for pair in found
    ]


def _greys_of_references(ids: set[int]) -> dict[int, bytes]:
    """Without those of which only the hash is known."""
    rows = ReferenceImage.objects.filter(pk__in=ids, grey__isnull=False)
    return {pk: bytes(grey) for pk, grey in rows.values_list("pk", "grey") if grey is not None}


def _greys_of_candidates(ids: set[int]) -> dict[int, bytes]:
    rows = ImageSignature.objects.filter(image__candidates__in=ids)
    return {pk: bytes(grey) for pk, grey in rows.values_list("image__candidates", "grey") if pk in ids}


def _distances(
    pairs: list[Found], greys: Mapping[int, bytes], others: Mapping[int, bytes]
) -> list[tuple[float, float]]:
    """Pixel and structural distance of each, when one is made the copy as which the pair was found."""
    first, second = (
        candidates.unpacked(known[getattr(pair, name)] for pair in pairs).astype(np.float64)
        for known, name in ((greys, "first"), (others, "second"))
    )
    pixel, structural = pixel_distances(first, second), structural_distances(first, second)
    for copy, as_copy in VARIANTS.items():
        places = np.flatnonzero([pair.copy == copy for pair in pairs])
        if not len(places):
            continue
        one, other = first[places], second[places]
        ways = [(as_copy(one), other), (one, as_copy(other))]  # either may be the copy of the other
        by_structure = np.array([structural_distances(*way) for way in ways])
        by_pixels = np.array([pixel_distances(*way) for way in ways])
        nearer = by_structure.argmin(axis=0)
        structural[places], pixel[places] = (_picked(each, nearer) for each in (by_structure, by_pixels))
    return list(zip(pixel.tolist(), structural.tolist(), strict=True))


def _picked(values: NDArray[np.float64], rows: NDArray[np.intp]) -> NDArray[np.float64]:
    return np.asarray(values[rows, np.arange(values.shape[1])])


@transaction.atomic
def record_embedding_distances(*, study: Study, distances: Mapping[int, float], classifier: str) -> int:
    """Note how far apart the pairs are by the features of a classifier; returns for how many that is new."""
    rows = list(DuplicatePair.objects.select_for_update().filter(study=study, pk__in=distances).order_by("pk"))
    for row in rows:
        row.embedding_distance, row.embedded_by = distances[row.pk], classifier
    DuplicatePair.objects.bulk_update(rows, ["embedding_distance", "embedded_by"], batch_size=PAIRS_AT_ONCE)
    return len(rows)
