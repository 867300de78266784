"""Records are stored in chunks, in their order, so that a collection can go on behind the last one."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from annotation import candidates
from annotation.candidates import ChunkReport, preparing
from annotation.errors import CollectionLeaseLost, RefusedImage, SourceBusy, UnreadableSource
from annotation.models import Candidate, Collection, Image, Origin, Study
from annotation.sources.base import CandidateRecord, RefusedRecord
from tests import cast

pytestmark = pytest.mark.django_db
Records = Iterator[CandidateRecord | RefusedRecord]


@pytest.fixture
def study(monkeypatch: pytest.MonkeyPatch) -> Study:
    monkeypatch.setattr(preparing, "FILES_PER_CHUNK", 2)
    study = cast.study()
    cast.target_class(study, "n01", "bow")
    return study


def record(number: int) -> CandidateRecord:
    return CandidateRecord(f"{number}.png", "n01", lambda: cast.png(number), cursor=f"at {number}")


def busy() -> bytes:
    raise SourceBusy("Come back later.", seconds=60)


def ingest(study: Study, records: object, **options: object) -> list[ChunkReport]:
    """The chunks that were reported."""
    told: list[ChunkReport] = []
    candidates.ingest(
        study=study,
        origin=Origin.POOL,
        records=records,  # type: ignore[arg-type]
        now=cast.NOW,
        on_chunk=told.append,
        **options,  # type: ignore[arg-type]
    )
    return told


def sources() -> list[str]:
    return list(Candidate.objects.order_by("id").values_list("source", flat=True))


def test_each_chunk_says_where_it_ends_and_what_became_of_it(study: Study) -> None:
    found = [record(0), RefusedRecord("1.txt", "It is no picture.", "at 1"), record(2), record(3), record(0)]
    first, second = ingest(study, found)
    assert (first.cursor, first.num_read, first.num_created) == ("at 2", 3, 2)
    assert [refusal.reason for refusal in first.refusals] == ["It is no picture."]
    assert (second.cursor, second.num_created, second.num_existing) == ("at 0", 1, 1)


def test_chunks_come_in_the_order_of_the_records_however_long_each_takes_to_read(study: Study) -> None:
    last_is_read = threading.Event()

    def first() -> bytes:
        assert last_is_read.wait(60), "the files are not read at the same time"
        return cast.png(0)

    def last() -> bytes:
        last_is_read.set()
        return cast.png(5)

    found = [CandidateRecord("0.png", "n01", first, cursor="at 0"), *map(record, range(1, 5))]
    found.append(CandidateRecord("5.png", "n01", last, cursor="at 5"))
    assert [chunk.cursor for chunk in ingest(study, found)] == ["at 1", "at 3", "at 5"]
    assert sources() == [f"{number}.png" for number in range(6)]


@pytest.mark.parametrize("error", [UnreadableSource("Line 4 is damaged."), SourceBusy("Later.", seconds=1)])
def test_where_the_records_break_off_what_came_before_is_taken_in(study: Study, error: Exception) -> None:
    def broken_off() -> Records:
        yield from map(record, range(3))
        raise error

    with pytest.raises(type(error), match=str(error)):
        ingest(study, broken_off())
    assert sources() == ["0.png", "1.png", "2.png"]


def test_what_came_before_a_picture_whose_server_is_busy_is_taken_in(study: Study) -> None:
    """However little it is: a server that lets fewer be had at a time than a chunk holds would else give none."""
    told: list[ChunkReport] = []
    found = [record(0), record(1), record(2), CandidateRecord("3.png", "n01", busy, cursor="at 3"), record(4)]
    with pytest.raises(SourceBusy, match="Come back later"):
        candidates.ingest(study=study, origin=Origin.POOL, records=found, now=cast.NOW, on_chunk=told.append)
    assert sources() == ["0.png", "1.png", "2.png"]
    assert [chunk.cursor for chunk in told] == ["at 1", "at 2"]


class Watched:
    """Records of which somebody says that they are still read, until they may not be any more."""

    whole = ()

    def __init__(self, found: list[CandidateRecord], num_words: int) -> None:
        self._found, self.num_left = found, num_words

    def __iter__(self) -> Records:
        return iter(self._found)

    def still_here(self) -> None:
        self.num_left -= 1
        if self.num_left < 0:
            raise CollectionLeaseLost("It was stopped.")


def test_a_file_is_waited_for_only_as_long_as_somebody_wants_it(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "SECONDS_BETWEEN_WORDS", 0.01)
    is_stopped = threading.Event()

    def read() -> bytes:
        assert is_stopped.wait(60), "nobody was told while the file was waited for"
        return cast.png(0)

    class Stopped(Watched):
        def still_here(self) -> None:
            try:
                super().still_here()
            except CollectionLeaseLost:
                is_stopped.set()
                raise

    with pytest.raises(CollectionLeaseLost):
        ingest(study, Stopped([CandidateRecord("0.png", "n01", read)], 3))
    assert sources() == []


def test_records_that_nobody_wants_any_more_are_not_taken_in(study: Study) -> None:
    def lost() -> Records:
        yield record(0)
        raise CollectionLeaseLost("It was stopped.")

    with pytest.raises(CollectionLeaseLost):
        ingest(study, lost())
    assert sources() == []


def test_a_busy_source_is_asked_for_nothing_more(study: Study, settings: Any) -> None:
    settings.DOWNLOAD_THREADS = 1
    asked: list[int] = []

    def read() -> bytes:
        asked.append(1)
        return busy()

    with pytest.raises(SourceBusy):
        ingest(study, [CandidateRecord(f"{number}.png", "n01", read) for number in range(50)])
    assert len(asked) == 1


def test_what_the_caller_raises_undoes_the_chunk_and_only_that(study: Study) -> None:
    def stop(chunk: ChunkReport) -> None:
        if chunk.cursor == "at 3":
            raise LookupError("It was stopped.")

    with pytest.raises(LookupError, match="It was stopped"):
        candidates.ingest(
            study=study, origin=Origin.POOL, records=list(map(record, range(6))), now=cast.NOW, on_chunk=stop
        )
    assert sources() == ["0.png", "1.png"]
    assert Image.objects.count() == 2


def test_a_file_that_can_not_be_read_is_refused_in_its_place(study: Study) -> None:
    def refused() -> bytes:
        raise RefusedImage("There is no such file.")

    (chunk,) = ingest(study, [record(0), CandidateRecord("1.png", "n01", refused, cursor="at 1")])
    assert (chunk.cursor, chunk.num_created) == ("at 1", 1)
    assert [refusal.reason for refusal in chunk.refusals] == ["There is no such file."]


@pytest.mark.parametrize("has_collection", [False, True])
def test_refusals_are_held_only_where_nobody_keeps_them(study: Study, has_collection: bool) -> None:
    """A table of a million rows of an unknown class is an ordinary mistake."""
    wanted = {"study": study, "origin": Origin.POOL, "kind": "folder", "requested_at": cast.NOW}
    collection = Collection.objects.create(**wanted) if has_collection else None
    found = [RefusedRecord(f"{number}.txt", "It is no picture.") for number in range(3)]
    report = candidates.ingest(study=study, origin=Origin.POOL, records=found, now=cast.NOW, collection=collection)
    assert (report.num_read, report.num_refused, len(report.refusals)) == (3, 3, 0 if has_collection else 3)


def test_what_was_stored_without_a_row_is_taken_in_by_the_next_import(study: Study) -> None:
    """As it is after a process was killed between the two."""
    ingest(study, [record(0), record(1)])
    Candidate.objects.all().delete()
    Image.objects.all().delete()
    (chunk,) = ingest(study, [record(0), record(1)])
    assert chunk.num_created == 2
    assert all(image.signature and image.mean_red is not None for image in Image.objects.all())
