"""Taking images in: each picture once, whatever it is called and however often the import is run."""

from datetime import datetime

import pytest

from annotation import candidates, storage
from annotation.models import Candidate, Exclusion, Image, Origin, Study
from annotation.sources.base import CandidateRecord, RefusedRecord
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    study = cast.study()
    cast.target_class(study, "n01", "bow")
    cast.target_class(study, "n02", "crane")
    return study


def record(source: str = "n01/a.png", content: bytes | None = None, class_id: str = "n01") -> CandidateRecord:
    stored = cast.png() if content is None else content
    return CandidateRecord(source, class_id, lambda: stored)


def ingest(study: Study, *records: CandidateRecord | RefusedRecord, origin: Origin = Origin.POOL) -> list[str]:
    """Take these in; the reasons of those that were refused."""
    report = candidates.ingest(study=study, origin=origin, records=records, now=cast.NOW)
    return [refusal.reason for refusal in report.refusals]


def test_an_image_becomes_a_candidate_with_its_files_stored(study: Study, now: datetime) -> None:
    report = candidates.ingest(study=study, origin=Origin.POOL, records=[record()], now=now)
    row = Candidate.objects.get()
    assert (report.num_read, report.num_created, report.num_existing) == (1, 1, 0)
    assert (row.source, row.target_class.class_id, row.origin) == ("n01/a.png", "n01", Origin.POOL)
    assert storage.get("images", row.image.sha256) == cast.png()
    assert storage.has("renditions", row.image.rendition_sha256)
