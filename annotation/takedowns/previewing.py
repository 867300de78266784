"""What taking pictures down would change, in numbers, before anything is done."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from annotation import exports, grids, hits
from annotation.errors import CannotTakeDown
from annotation.models import Candidate, Example, Image, Study, TestSet, TestSetImage

MAX_PICTURES = 1000
"""At once: each is looked for in every grid and set."""


@dataclass(frozen=True)
class Preview:
    """All that goes, of all studies: a picture is stored once, whoever uses it."""

    fingerprint: str
    """Another where any picture, candidate or grid is another: who confirms says it back."""
    num_pictures: int
    """Files with the same pixels are the same picture, and go together."""
    num_candidates: int
    studies: list[str]
    num_examples: int
    num_grids_cut: int
    """Nobody was given these yet: they go on without the picture."""
    num_grids_stopped: int
    """Workers were given these: nobody begins them any more."""
    num_slots_lost: int
    num_at_work: int
    """Workers who may still hand in what they hold."""
    frozen_sets: list[str]
    drafts: list[str]
    num_downloads: int
    """Exports that are kept here: their files go, too."""
    exported_to: list[str]
    """Folders and buckets that hold a copy, or may since an export did not end; only people can remove it."""


@dataclass(frozen=True)
class Reach:
    """The rows that a take-down is about; candidates and images by id, in order."""

    images: list[Image]
    candidate_ids: list[int]


def reach_of(candidates: Collection[int], images: Collection[int]) -> Reach:
    """Of these candidates and images (ids): their pictures, every file with the same pixels, and all that are these."""
    wanted = Candidate.objects.filter(pk__in=candidates)
    found = dict(wanted.values_list("pk", "image__pixel_sha256"))
    if missing := sorted(set(candidates) - set(found)):
        raise CannotTakeDown(f"There is no candidate {missing[0]}.")
    if without := sorted(pk for pk, pixels in found.items() if pixels is None):
        raise CannotTakeDown(f"The picture of candidate {without[0]} is not here: there is nothing to take down.")
    if not 1 <= (number := len(found) + len(images)) <= MAX_PICTURES:
        raise CannotTakeDown(f"{number:,} pictures: name 1 to {MAX_PICTURES:,} at once.")
    pixels = {*found.values(), *Image.objects.filter(pk__in=images).values_list("pixel_sha256", flat=True)}
    rows = list(Image.objects.filter(pixel_sha256__in=pixels).order_by("pk"))
    return Reach(rows, list(Candidate.objects.filter(image__in=rows).order_by("pk").values_list("pk", flat=True)))


def preview(*, candidates: Collection[int], images: Collection[int] = (), now: datetime) -> Preview:
    """What `take_down` of these candidates and images (ids) would do now; changes nothing."""
    return preview_of(reach_of(candidates, images), now=now)


def preview_of(reach: Reach, *, now: datetime) -> Preview:
    ids = reach.candidate_ids
    shown = grids.showing(ids)
    never_given = set(grids.unseen(shown).values_list("pk", flat=True))
    given = set(shown.values_list("pk", flat=True)) - never_given
    stopped = hits.to_stop(grid_ids=given, now=now)
    sets = TestSet.objects.filter(Exists(holding(ids))).select_related("study").order_by("pk")
    return Preview(
        fingerprint=_fingerprint([row.pk for row in reach.images], ids, sorted(never_given), sorted(given)),
        num_pictures=len({row.pixel_sha256 for row in reach.images}),
        num_candidates=len(ids),
        studies=list(_studies_of(reach).order_by("slug").values_list("slug", flat=True)),
        num_examples=Example.objects.filter(image__in=reach.images).count(),
        num_grids_cut=len(never_given),
        num_grids_stopped=len(given),
        num_slots_lost=stopped.num_free,
        num_at_work=stopped.num_at_work,
        frozen_sets=[row.citation for row in sets if row.is_frozen],
        drafts=[row.citation for row in sets if not row.is_frozen],
        num_downloads=exports.kept_of(sets).count(),
        exported_to=exports.copies_of(sets),
    )


def holding(candidate_ids: Collection[int]) -> QuerySet[TestSetImage]:
    """Places of test sets, to be asked about the outer set."""
    return TestSetImage.objects.filter(test_set=OuterRef("pk"), candidate__in=candidate_ids)


def _studies_of(reach: Reach) -> QuerySet[Study]:
    """Those that have the pictures, as candidates or as examples."""
    of_candidates = Candidate.objects.filter(pk__in=reach.candidate_ids).order_by().values("study")
    of_examples = Example.objects.filter(image__in=reach.images).order_by().values("study")
    return Study.objects.filter(pk__in=of_candidates) | Study.objects.filter(pk__in=of_examples)


def _fingerprint(*lists: list[int]) -> str:
    return hashlib.sha256(repr(lists).encode()).hexdigest()[:16]
