"""Two studies that have a picture in common, taken in as pictures are."""

from typing import Any

from annotation import candidates, takedowns
from annotation.models import Candidate, Origin, Study, TakeDown
from annotation.sources.base import CandidateRecord
from annotation.takedowns import Preview, Told
from tests import cast


def study(slug: str, seeds: range, origin: Origin = Origin.POOL) -> Study:
    """A study with one class and a candidate of each seed's picture."""
    made = cast.study(slug)
    cast.target_class(made, "0", "zero")
    take_in(made, seeds, origin)
    return made


def take_in(made: Study, seeds: range, origin: Origin = Origin.POOL) -> candidates.IngestReport:
    records = [CandidateRecord(f"{seed}.png", "0", lambda seed=seed: cast.png(seed), owner="Ann") for seed in seeds]
    return candidates.ingest(study=made, origin=origin, records=records, now=cast.NOW)


def candidate(made: Study, seed: int) -> Candidate:
    return Candidate.objects.get(study=made, source=f"{seed}.png")


def told(shown: Preview, note: str = "Mail of 1 March") -> Told:
    return Told(TakeDown.Ground.OWNER, note, shown.fingerprint)


def take_down(*rows: Candidate, by: Any = None) -> Preview:
    """As somebody does it who has looked at the numbers."""
    ids = [row.pk for row in rows]
    shown = takedowns.preview(candidates=ids, now=cast.NOW)
    return takedowns.take_down(candidates=ids, told=told(shown), now=cast.NOW, by=by)
