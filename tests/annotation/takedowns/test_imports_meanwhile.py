"""Whoever takes a picture in at the moment at which it is taken down either has it before, or does not get it."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from annotation import candidates, storage
from annotation.candidates.preparing import Preparation
from annotation.candidates.records import ChunkReport, File
from annotation.errors import NumberChanged
from annotation.models import Candidate, Origin, Study
from annotation.sources.base import CandidateRecord
from tests import cast
from tests.annotation.takedowns.scenes import candidate, study, take_down
from tests.at_once import wait_until_somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)
COPY = cast.png(2) + b"a byte more"  # the same pixels in another file


@pytest.fixture
def mine() -> Study:
    return study("mine", range(3))


@pytest.fixture
def yours() -> Study:
    """Which has none of the pictures."""
    return study("yours", range(7, 8))


def records(content: bytes) -> Iterator[CandidateRecord]:
    yield CandidateRecord("before.png", "0", lambda: cast.png(50))
    yield CandidateRecord("found.png", "0", lambda: content)


@pytest.mark.parametrize("content", [cast.png(2), COPY], ids=["the same file", "the same pixels"])
def test_what_is_taken_down_after_it_was_recognised_is_refused(
    mine: Study, yours: Study, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    recognise = Preparation.recognise

    def then_taken_down(self: Preparation, chunk: list[File]) -> None:
        recognise(self, chunk)
        take_down(candidate(mine, 2))

    monkeypatch.setattr(Preparation, "recognise", then_taken_down)
    report = candidates.ingest(study=yours, origin=Origin.POOL, records=records(content), now=cast.NOW)
    assert (report.num_created, report.num_refused) == (1, 1)
    assert "taken down" in report.refusals[0].reason
    assert candidate_names(yours) == {"7.png", "before.png"}
    assert not storage.has("images", hashlib.sha256(content).hexdigest())


def test_who_takes_down_waits_for_what_another_study_takes_in(mine: Study, yours: Study) -> None:
    def taken_down() -> None:
        try:
            take_down(candidate(mine, 2))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as people:

        def meanwhile(_: ChunkReport) -> None:
            people.submit(taken_down).add_done_callback(lambda done: outcomes.append(done.exception()))
            wait_until_somebody_waits()

        outcomes: list[BaseException | None] = []
        rows = records(COPY)
        candidates.ingest(study=yours, origin=Origin.POOL, records=rows, now=cast.NOW, on_chunk=meanwhile)
    assert [type(each) for each in outcomes] == [NumberChanged]  # there is one more than was shown
    take_down(candidate(mine, 2))
    assert Candidate.objects.get(study=yours, source="found.png").take_down is not None


def candidate_names(of: Study) -> set[str]:
    return set(Candidate.objects.filter(study=of).values_list("source", flat=True))
