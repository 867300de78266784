"""A small pool in which candidates differ in everything that can be asked for."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from annotation import candidates, frequencies
from annotation.models import Candidate, Collection, Exclusion, Image, Origin, SelectionFrequency, Study
from tests import cast

NUM_ROWS = 24
BEGAN = datetime(2012, 7, 11, 23, 30, tzinfo=UTC)
SOURCES = ["a/100%_sure.jpg", "a/100 and sure.jpg", "B\\x.png", "b/y_z.png", "b/yz.png", "c'\";--.gif"]
SIZES = [(100, 100), (300, 200), (200, 300), (1000, 10)]


@dataclass(frozen=True)
class Pool:
    study: Study
    collections: list[Collection]

    @property
    def rows(self) -> list[Candidate]:
        of = ("image", "target_class", "exclusion", "collection")
        return list(Candidate.objects.filter(study=self.study).select_related(*of).order_by("pk"))


def pool(slug: str = "digits-twin", **fields: Any) -> Pool:
    """Every seventh has no picture, every fifth is excluded, every third is measured."""
    study = cast.study(slug, **fields)
    classes = [cast.target_class(study, str(number), f"class {number}") for number in range(3)]
    collections = [
        Collection.objects.create(study=study, origin=Origin.POOL, kind="flickr", requested_at=cast.NOW)
        for _ in range(2)
    ]
    for number in range(NUM_ROWS):
        row = Candidate.objects.create(
            study=study,
            target_class=classes[number % 3],
            image=None if number % 7 == 0 else image(f"{slug} {number}", SIZES[number % 4], number),
            origin=Origin.ORIGINAL if number % 6 == 0 else Origin.POOL,
            source=f"{SOURCES[number % 6]}" + ("" if number % 7 else f"#{number}"),
            licence=["CC BY 2.0", "", "CC0"][number % 3],
            owner=["Ann_Lee", "bob", ""][number % 3],
            query=f"class {number % 3}" if number % 2 else "",
            taken_at=BEGAN + timedelta(hours=number) if number % 4 else None,
            uploaded_at=BEGAN + timedelta(days=number) if number % 5 else None,
            collection=[None, *collections][number % 3],
            created_at=cast.NOW,
        )
        if number % 3 == 1:
            SelectionFrequency.objects.create(
                judgement_filter=frequencies.standard_filter(study), candidate=row, num_selected=1,
                num_seen=number % 2 * 10 or 1,
            )  # fmt: skip
        if number % 5 == 1:
            reason = Exclusion.Reason.UNUSABLE if number % 2 else Exclusion.Reason.OTHER
            candidates.exclude(candidates=Candidate.objects.filter(pk=row.pk), reason=reason, now=cast.NOW)
    return Pool(study, collections)


def image(name: str, size: tuple[int, int], number: int) -> Image:
    digest = f"{abs(hash(name)) % 2**60:064x}"
    return Image.objects.create(
        sha256=digest, pixel_sha256=digest, rendition_sha256=digest, format=["JPEG", "PNG"][number % 2],
        width=size[0], height=size[1], num_bytes=1000 * number, created_at=cast.NOW,
    )  # fmt: skip
