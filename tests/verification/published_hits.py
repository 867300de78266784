"""Eight published HIT specifications, and the study that they describe.

All eight ask about one class, at eight moments within two seconds. Each has 42 candidates, none of them an original, 3
positive controls, originals of the class, and 3 negative ones, originals of the nearest other class. Three candidates
are asked about twice, so that there are 333, and some originals stand in several.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from annotation import bitmaps, candidates, studies
from annotation.models import Candidate, Grid, Origin, Study
from annotation.sources.base import CandidateRecord
from annotation.studies import TargetClassSpec
from tests import cast

NUM_ORIGINALS = 45
"""Of the class, of 50: with the 333 of the pool they fill nine grids, as the published ones are full."""


@dataclass(frozen=True)
class Spec:
    """One HIT: what it shows in order, and what of that is what."""

    wnid: str
    shown: list[str]
    measured: list[str]
    positive: list[str]
    negative: list[str]

    def bitmap(self, names: list[str]) -> bytes:
        return bitmaps.pack([self.shown.index(name) for name in names], len(self.shown))


@dataclass(frozen=True)
class Published:
    specs: list[Spec]
    wnid_of: dict[str, str]
    """Of every original validation image."""
    nearest: dict[str, list[str]]
    names: dict[str, str]

    @property
    def wnid(self) -> str:
        return self.specs[0].wnid

    @property
    def nearest_wnid(self) -> str:
        return next(wnid for wnid in self.nearest[self.wnid] if wnid != self.wnid)

    @property
    def pool(self) -> list[str]:
        return list(dict.fromkeys(name for spec in self.specs for name in spec.measured))

    def originals(self, wnid: str) -> list[str]:
        return sorted(name for name, of in self.wnid_of.items() if of == wnid)


def read(reference: Path) -> Published:
    folder = reference / "imagenetv2"
    found: list[dict[str, Any]] = json.loads((folder / "hits_8_sample.json").read_text())
    specs = [
        Spec(
            each["wnid"],
            each["images_all"],
            each["images_to_label"],
            each["images_pos_control"],
            each["images_neg_control"],
        )
        for each in found
    ]
    classes = json.loads((folder / "class_info.json").read_text())
    scored = np.load(folder / "top1_imagenet-validation-original.npz")
    return Published(
        specs,
        {str(name): classes[label]["wnid"] for name, label in zip(scored["images"], scored["labels"], strict=True)},
        json.loads((folder / "wnid_to_most_similar_wnids.json").read_text()),
        {each["wnid"]: each["synset"][0] for each in classes},
    )


def study_of(published: Published, now: datetime) -> Study:
    """Its candidates by name; their pictures are generated."""
    study = studies.create(slug="published", name="Published HITs", now=now, seed=2018)
    both = [published.wnid, published.nearest_wnid]
    studies.add_target_classes(study=study, classes=[TargetClassSpec(wnid, published.names[wnid]) for wnid in both])
    studies.set_nearest_classes(study=study, nearest=dict(zip(both, reversed(both), strict=True)))
    used = {name for spec in published.specs for name in (*spec.positive, *spec.negative)}
    mine = sorted(published.originals(published.wnid), key=lambda name: (name not in used, name))[:NUM_ORIGINALS]
    places = [
        (Origin.POOL, published.wnid, published.pool),
        (Origin.ORIGINAL, published.wnid, mine),
        (Origin.ORIGINAL, published.nearest_wnid, published.originals(published.nearest_wnid)),
    ]
    seeds = iter(range(10_000))
    for origin, wnid, names in places:
        records = [_record(name, wnid, next(seeds)) for name in names]
        report = candidates.ingest(study=study, origin=origin, records=records, now=now)
        assert report.num_created == len(names)
    return study


def _record(name: str, wnid: str, seed: int) -> CandidateRecord:
    return CandidateRecord(name, wnid, lambda: cast.png(seed, image_format="JPEG"))


def as_grids(published: Published, study: Study, now: datetime) -> list[Grid]:
    """The published specifications as grids of the study, in the order in which they were shown."""
    ids = dict(Candidate.objects.filter(study=study).values_list("source", "pk"))
    target_class = study.target_classes.get(class_id=published.wnid)
    rows = [
        Grid(
            study=study,
            target_class=target_class,
            number=number,
            candidate_ids=[ids[name] for name in spec.shown],
            measured=spec.bitmap(spec.measured),
            positive_controls=spec.bitmap(spec.positive),
            negative_controls=spec.bitmap(spec.negative),
            created_at=now,
        )
        for number, spec in enumerate(published.specs)
    ]
    return Grid.objects.bulk_create(rows)
