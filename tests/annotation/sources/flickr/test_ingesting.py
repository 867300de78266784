"""From Flickr into a study: photos become candidates, and what stops on the way goes on without doubling or losing."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from annotation import candidates
from annotation.candidates.records import ChunkReport
from annotation.errors import SourceBusy
from annotation.models import Candidate, Origin, Study
from annotation.sources.flickr import ClassQuery, FlickrSource
from tests import cast
from tests.annotation.sources.flickr import given
from tests.fakes.flickr import Fault, FlickrServer

CLASSES = [ClassQuery("n1", "bow", ("longbow",)), ClassQuery("n2", "crane")]
SMALL = {"width": 320, "height": 240}


@pytest.fixture
def study(db: None) -> Study:
    study = cast.study()
    for asked in CLASSES:
        cast.target_class(study, asked.class_id, asked.name)
    return study


@pytest.fixture
def shelf(pictures: FlickrServer) -> FlickrServer:
    """Ten bows, ten longbows, a crane; two are removed, one of each class is the same photo."""
    bows = pictures.library.add(10, "bow", first=101, **SMALL)
    pictures.library.add(10, "longbow", first=201, licence=9, ownername="弓道家", **SMALL)
    pictures.library.add(1, "crane", first=301, **SMALL)
    bows[3].is_removed = bows[4].is_removed = True
    bows[5].words = "bow crane"
    return pictures


def collect(study: Study, source: FlickrSource, cursor: str = "", **more: Any) -> candidates.IngestReport:
    return candidates.ingest(study=study, origin=Origin.POOL, records=source.after(cursor), now=cast.NOW, **more)


def test_photos_become_candidates_with_their_provenance(shelf: FlickrServer, study: Study) -> None:
    report = collect(study, given.source(shelf, *CLASSES, sort="date-posted-asc"))
    assert (report.num_created, report.num_existing) == (19, 0)
    candidate = Candidate.objects.get(page_url__endswith="/201")
    assert candidate.source == f"{shelf.address}/65535/201_0eff11e98e_o.jpg"
    assert (candidate.target_class.class_id, candidate.query) == ("n1", "longbow")
    assert (candidate.owner, candidate.licence) == ("弓道家", "CC0 1.0")
    assert candidate.uploaded_at == datetime(2013, 1, 1, tzinfo=UTC)
    assert candidate.taken_at == datetime(2012, 12, 24, 18, tzinfo=UTC)
    assert candidate.image is not None
    assert (candidate.image.width, candidate.image.height) == (320, 240)


def test_what_can_not_be_taken_is_refused_with_a_line(shelf: FlickrServer, study: Study) -> None:
    """The photo of two classes is one of the first alone."""
    report = collect(study, given.source(shelf, *CLASSES, sort="date-posted-asc"))
    gone = "The address leads on to another file, as that of a removed picture does."
    assert [refusal.reason for refusal in report.refusals[:2]] == [gone, gone]
    assert "is in class 'n1' already" in report.refusals[2].reason
    assert len(report.refusals) == 3


def test_collecting_once_more_doubles_nothing(shelf: FlickrServer, study: Study) -> None:
    source = given.source(shelf, *CLASSES, sort="date-posted-asc")
    first, second = collect(study, source), collect(study, source)
    assert (second.num_created, second.num_existing) == (0, first.num_created)
    assert Candidate.objects.count() == 19


def test_a_search_that_is_throttled_keeps_what_was_found_and_goes_on_there(shelf: FlickrServer, study: Study) -> None:
    source = given.source(shelf, *CLASSES, sort="date-posted-asc")
    whole = collect(cast_twin(study), source)
    shelf.searches.clear()
    chunks: list[ChunkReport] = []
    records = source.after("")
    kept = []

    def until_the_second_name() -> Any:
        for record in records:
            kept.append(record)
            if len(kept) == 10:
                shelf.faults.plan("search", Fault.THROTTLED_FOR_LONG)
            yield record

    with pytest.raises(SourceBusy):
        candidates.ingest(
            study=study, origin=Origin.POOL, records=until_the_second_name(), now=cast.NOW, on_chunk=chunks.append
        )
    assert Candidate.objects.filter(study=study).count() == 8
    cursor = chunks[-1].cursor
    assert json.loads(cursor)["query"] == "bow"
    report = collect(study, source, cursor)
    assert report.num_existing == 0
    assert sum(chunk.num_created for chunk in chunks) + report.num_created == whole.num_created
    assert [asked["text"] for asked in shelf.searches] == ["bow", "longbow", "bow", "longbow", "crane"]


def test_pictures_that_are_throttled_are_fetched_when_going_on(shelf: FlickrServer, study: Study) -> None:
    source = given.source(shelf, *CLASSES, sort="date-posted-asc")
    shelf.faults.plan("picture", Fault.THROTTLED_FOR_LONG)
    chunks: list[ChunkReport] = []
    with pytest.raises(SourceBusy) as caught:
        collect(study, source, on_chunk=chunks.append)
    assert caught.value.seconds == 900
    cursor = chunks[-1].cursor if chunks else ""
    collect(study, source, cursor)
    assert Candidate.objects.filter(study=study).count() == 19


def cast_twin(study: Study) -> Study:
    """Another study with the same classes."""
    twin = cast.study("twin")
    for row in study.target_classes.order_by("number"):
        cast.target_class(twin, row.class_id, row.name)
    return twin
