"""Pairs as they are kept: with their distances, and without those that are no longer found and nobody decided."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import numpy as np
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from numpy.typing import NDArray

from annotation import candidates
from annotation.duplicates.comparing import Found
from annotation.models import DuplicateDecision, DuplicatePair, ImageSignature, ReferenceImage, Study
from annotation.stats.pictures.signatures import pixel_distances, structural_distances
from annotation.stats.pictures.variants import VARIANTS

PAIRS_AT_ONCE = 2000
DISTANCES = ["copy", "hamming", "pixel_distance", "structural_distance"]

Other = Literal["second", "reference"]


@transaction.atomic
def keep_pairs(*, study: Study, found: Mapping[Other, list[Found]], now: datetime) -> None:
    """Make the study's pairs those that were found; what a person has ever decided stays."""
    Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    for other, listed in found.items():
        pairs = listed if other == "second" else _still_here(study, listed)
        _forget(study, other, {(pair.first, pair.second) for pair in pairs})
        for start in range(0, len(pairs), PAIRS_AT_ONCE):
            rows = _rows(study, other, pairs[start : start + PAIRS_AT_ONCE], now)
            DuplicatePair.objects.bulk_create(
                rows, update_conflicts=True, unique_fields=["first", other], update_fields=DISTANCES
            )


def _still_here(study: Study, pairs: list[Found]) -> list[Found]:
    """Without those whose reference was removed while the search ran."""
    ids = {pair.second for pair in pairs}
    here = set(ReferenceImage.objects.filter(study=study, pk__in=ids).values_list("pk", flat=True))
    return [pair for pair in pairs if pair.second in here]


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


def _rows(study: Study, other: Other, pairs: list[Found], now: datetime) -> list[DuplicatePair]:
    greys = _greys_of_candidates({pair.first for pair in pairs})
    ids = {pair.second for pair in pairs}
    others = _greys_of_candidates(ids) if other == "second" else _greys_of_references(ids)
    comparable = [pair for pair in pairs if pair.second in others]
    measured = dict(zip(comparable, _distances(comparable, greys, others), strict=True))
    return [
        DuplicatePair(
            study=study,
            first_id=pair.first,
            copy=pair.copy,
            hamming=pair.hamming,
            pixel_distance=measured[pair][0] if pair in measured else None,
            structural_distance=measured[pair][1] if pair in measured else None,
            found_at=now,
            **{f"{other}_id": pair.second},
        )
        for pair in pairs
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
