"""Names and classes without pictures, as of a set that was scored elsewhere: candidates, many at once."""

from datetime import UTC, datetime

import pytest

from annotation import candidates
from annotation.candidates import IngestReport, preparing
from annotation.models import Candidate, Collection, Image, Origin, Study
from annotation.sources.base import CandidateRecord
from tests import cast

pytestmark = pytest.mark.django_db
NOON = datetime(2014, 5, 31, 12, tzinfo=UTC)


@pytest.fixture
def study() -> Study:
    study = cast.study()
    for class_id, name in (("n01", "bow"), ("n02", "crane")):
        cast.target_class(study, class_id, name)
    return study


def name(source: str, class_id: str = "n01", **said: object) -> CandidateRecord:
    return CandidateRecord(source, class_id, None, **said)  # type: ignore[arg-type]


def picture(source: str, seed: int = 0) -> CandidateRecord:
    return CandidateRecord(source, "n01", lambda: cast.png(seed))


def ingest(study: Study, *records: CandidateRecord, origin: Origin = Origin.POOL) -> IngestReport:
    return candidates.ingest(study=study, origin=origin, records=list(records), now=cast.NOW)


def counts(report: IngestReport) -> tuple[int, int, int, int]:
    return report.num_created, report.num_supplied, report.num_existing, len(report.refusals)


def rows() -> list[tuple[str, str, bool]]:
    kept = Candidate.objects.order_by("id").values_list("source", "target_class__class_id", "image")
    return [(source, class_id, image is not None) for source, class_id, image in kept]


def test_each_name_becomes_a_candidate_without_a_picture(study: Study) -> None:
    report = ingest(study, name("val_1"), name("val_1", "crane"), name("val_2"))
    assert counts(report) == (3, 0, 0, 0)
    assert rows() == [("val_1", "n01", False), ("val_1", "n02", False), ("val_2", "n01", False)]
    assert not Image.objects.exists()


def test_names_that_are_there_count_as_existing(study: Study) -> None:
    assert counts(ingest(study, name("val_1"), name("val_2"), name("val_1"))) == (2, 0, 1, 0)
    assert counts(ingest(study, name("val_0"), name("val_1"), name("val_2"))) == (1, 0, 2, 0)
    assert counts(ingest(study, name("val_1"), origin=Origin.ORIGINAL)) == (1, 0, 0, 0)


def test_names_of_unknown_classes_are_refused_and_the_rest_is_taken(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "UNKNOWN_CLASSES", 2)
    report = ingest(study, name("a", "n3"), name("b"), name("c", "n3"), name("d", "n\n4"), name("e", "n5"))
    assert counts(report) == (1, 0, 0, 4)
    told = [refusal.reason for refusal in report.refusals]
    assert told[0] == told[1]
    assert told[0] == "The study has no class 'n3'; its classes are n01, n02."
    assert told[3] == "The study has no class 'n5'."


def test_a_name_whose_picture_is_here_by_now_is_not_taken_a_second_time(study: Study) -> None:
    ingest(study, name("a.png"))
    assert counts(ingest(study, picture("a.png"))) == (0, 1, 0, 0)
    assert counts(ingest(study, name("a.png", licence="CC0"), name("b.png"))) == (1, 0, 1, 0)
    assert rows() == [("a.png", "n01", True), ("b.png", "n01", False)]
    assert Candidate.objects.get(source="a.png").licence == "CC0"


@pytest.mark.parametrize("chunk", [1, 2, 20_000])
def test_names_and_pictures_may_come_mixed(study: Study, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    """However they fall into chunks, a file is the picture of a name beside it only where it is called exactly so."""
    monkeypatch.setattr(preparing, "NAMES_PER_CHUNK", chunk)
    collection = Collection.objects.create(study=study, origin="pool", kind="manifest", requested_at=cast.NOW)
    mixed = [name("a.png"), picture("b.png", 1), name("c.png"), picture("d/a.png", 2), name("b.png")]
    report = candidates.ingest(study=study, origin=Origin.POOL, records=mixed, now=cast.NOW, collection=collection)
    assert counts(report) == (4, 0, 1, 0) if chunk < 3 else (3, 1, 1, 0)
    assert sorted(rows()) == [
        ("a.png", "n01", False),
        ("b.png", "n01", True),
        ("c.png", "n01", False),
        ("d/a.png", "n01", True),
    ]


def test_what_is_said_of_a_name_is_kept_and_added_to_what_is_there(study: Study) -> None:
    ingest(study, name("a"), name("b", owner="Rosa"))
    ingest(study, name("a", owner="Ann", taken_at=NOON), name("b", owner="Ben", page_url="https://example.org/b"))
    first, second = Candidate.objects.order_by("source")
    assert (first.owner, first.taken_at, first.page_url) == ("Ann", NOON, "")
    assert (second.owner, second.taken_at, second.page_url) == ("Rosa", None, "https://example.org/b")


def test_names_know_the_collection_they_came_with(study: Study) -> None:
    collection = Collection.objects.create(study=study, origin="pool", kind="manifest", requested_at=cast.NOW)
    candidates.ingest(study=study, origin=Origin.POOL, records=[name("a")], now=cast.NOW, collection=collection)
    assert Candidate.objects.get().collection == collection


def test_many_names_cost_few_queries(study: Study, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(6):  # type: ignore[operator]
        # Classes; savepoint, lock, whether pictures are here, insertion, release.
        ingest(study, *(name(f"val_{number}") for number in range(3000)))
