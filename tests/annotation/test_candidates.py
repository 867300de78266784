"""Taking images in: each picture once, whatever it is called and however often the import is run."""

import threading
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import storages
from django.db import connection

from annotation import candidates, storage
from annotation.candidates import ChunkReport, preparing
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


def test_running_an_import_again_changes_nothing(study: Study, now: datetime) -> None:
    records = [record(f"n01/{seed}.png", cast.png(seed)) for seed in range(5)]
    ingest(study, *records)
    report = candidates.ingest(study=study, origin=Origin.POOL, records=records, now=now)
    assert (report.num_created, report.num_existing, report.refusals) == (0, 5, [])
    assert Candidate.objects.count() == Image.objects.count() == 5


def test_an_import_that_broke_off_is_finished_by_running_it_again(
    study: Study, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "FILES_PER_CHUNK", 2)
    records = [record(f"n01/{seed}.png", cast.png(seed)) for seed in range(5)]

    def break_off(chunk: ChunkReport) -> None:
        if Candidate.objects.count() > 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        candidates.ingest(study=study, origin=Origin.POOL, records=records, now=now, on_chunk=break_off)
    assert Candidate.objects.count() == 2
    report = candidates.ingest(study=study, origin=Origin.POOL, records=records, now=now)
    assert (report.num_created, report.num_existing) == (3, 2)


def test_progress_is_told_after_each_chunk(study: Study, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "FILES_PER_CHUNK", 2)
    told: list[int] = []
    candidates.ingest(
        study=study,
        origin=Origin.POOL,
        records=[record(f"n01/{seed}.png", cast.png(seed)) for seed in range(5)],
        now=now,
        on_chunk=lambda chunk: told.append(chunk.num_read),
    )
    assert told == [2, 2, 1]


def test_a_chunk_of_large_files_is_shorter(study: Study, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "BYTES_PER_CHUNK", 1)
    told: list[int] = []
    records = [record(f"n01/{seed}.png", cast.png(seed)) for seed in range(2)]
    candidates.ingest(
        study=study,
        origin=Origin.POOL,
        records=records,
        now=now,
        on_chunk=lambda chunk: told.append(chunk.num_read),
    )
    assert told == [1, 1]


def test_known_files_cost_a_fixed_number_of_queries(study: Study, django_assert_num_queries: Any) -> None:
    records = [record(f"n01/{seed}.png", cast.png(seed)) for seed in range(30)]
    ingest(study, *records)
    # Classes, what lacks a picture (twice), images, lock, take-downs, places, examples; savepoint and its release.
    with django_assert_num_queries(10):
        ingest(study, *records)


@pytest.mark.parametrize("together", [True, False], ids=["in one import", "in two"])
@pytest.mark.parametrize("image_format", ["PNG", "BMP"], ids=["same file", "same pixels"])
def test_the_same_image_under_another_name_is_refused(study: Study, together: bool, image_format: str) -> None:
    first = record("n01/a.png")
    second = record(f"n01/b.{image_format.lower()}", cast.png(image_format=image_format))
    reasons = ingest(study, first, second) if together else ingest(study, first) + ingest(study, second)
    assert reasons == ["The same image was taken from n01/a.png already."]
    assert Candidate.objects.count() == 1


def test_the_same_image_in_two_classes_is_refused(study: Study) -> None:
    reasons = ingest(study, record(), record("n02/a.png", class_id="n02"))
    assert reasons == ["The image is in class 'n01' already, as n01/a.png; it can have one class only."]


def test_a_pool_image_that_is_in_the_original_is_refused(study: Study) -> None:
    ingest(study, record(), origin=Origin.ORIGINAL)
    reasons = ingest(study, record("found.png", class_id="n02"), origin=Origin.POOL)
    assert reasons == ["The image is in the original test set: n01/a.png of class 'n01'."]


def test_an_original_that_comes_after_the_pool_wins(study: Study) -> None:
    ingest(study, record("pool.png", class_id="n02"))
    assert ingest(study, record("original.png"), origin=Origin.ORIGINAL) == []
    assert Exclusion.objects.get().candidate.source == "pool.png"
    assert Exclusion.objects.get().reason == Exclusion.Reason.IN_ORIGINAL
    assert [row.source for row in Candidate.objects.included()] == ["original.png"]


def test_the_pool_candidate_that_lost_still_counts_as_existing(study: Study) -> None:
    ingest(study, record("pool.png"))
    ingest(study, record("original.png"), origin=Origin.ORIGINAL)
    assert ingest(study, record("pool.png")) == []
    assert ingest(study, record("original.png"), origin=Origin.ORIGINAL) == []
    assert (Candidate.objects.count(), Exclusion.objects.count()) == (2, 1)


def test_two_studies_share_an_image_but_not_a_candidate(study: Study) -> None:
    other = cast.study("other")
    cast.target_class(other, "n01", "bow")
    assert ingest(study, record()) == ingest(other, record()) == []
    assert (Image.objects.count(), Candidate.objects.count()) == (1, 2)


def test_what_the_source_refused_is_reported_in_its_place(study: Study, now: datetime) -> None:
    records = [record("n01/a.png", b""), RefusedRecord("stray.png", "It lies in no class folder."), record("n01/z.txt")]
    report = candidates.ingest(study=study, origin=Origin.POOL, records=records, now=now)
    assert [refusal.source for refusal in report.refusals] == ["n01/a.png", "stray.png", "n01/z.txt"]
    assert "not what its name says" in report.refusals[2].reason
    assert report.num_read == 3
    assert not Candidate.objects.exists()


def test_a_known_image_under_a_lying_name_is_refused_too(study: Study) -> None:
    ingest(study, record())
    assert "not what its name says" in ingest(study, record("n01/a.gif"))[0]


def test_a_file_of_an_unknown_class_is_not_even_read(study: Study) -> None:
    def never() -> bytes:
        raise AssertionError("it was read")

    (reason,) = ingest(study, CandidateRecord("n03/a.png", "n03", never))
    assert reason.startswith("The study has no class 'n03'; did you mean")


def test_a_source_is_kept_printable_and_within_bounds(study: Study) -> None:
    long = "n01/" + "/".join(["弓" * 80] * 30) + "/a.png"
    ingest(study, record("n01/a\n\x1b[31m\udcff.png"), record(long, cast.png(1)))
    first, second = Candidate.objects.order_by("id")
    assert first.source == r"n01/a\n\x1b[31m\udcff.png"
    assert len(second.source) == 1000
    assert second.source.endswith("/a.png")
    assert ingest(study, record(long, cast.png(1))) == []


def test_an_import_makes_a_lost_file_anew(study: Study) -> None:
    ingest(study, record())
    image = Image.objects.get()
    for kind in ("images", "renditions"):
        sha256 = image.sha256 if kind == "images" else image.rendition_sha256
        storages["default"].delete(storage.key_of(kind, sha256))
    ingest(study, record())
    image.refresh_from_db()
    assert storage.has("images", image.sha256)
    assert storage.has("renditions", image.rendition_sha256)


def test_excluding_counts_only_those_that_were_still_in(study: Study, researcher: User, now: datetime) -> None:
    ingest(study, record(), record("n01/b.png", cast.png(1)))
    reason = Exclusion.Reason.WRONG_CLASS
    first = Candidate.objects.filter(source="n01/a.png")
    assert candidates.exclude(candidates=first, reason=reason, now=now, by=researcher) == 1
    assert candidates.exclude(candidates=Candidate.objects.visible_to(researcher), reason=reason, now=now) == 0
    assert candidates.exclude(candidates=Candidate.objects.all(), reason=reason, now=now) == 1
    assert Exclusion.objects.get(candidate=first.get()).excluded_by == researcher


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_stay_exact(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(preparing, "FILES_PER_CHUNK", 3)
    study = cast.study()
    cast.target_class(study, "n01", "bow")
    contents = [cast.png(seed) for seed in range(12)]
    reports = {}

    def run(name: str, order: int) -> None:
        records = [record(f"n01/{name}{number}.png", content) for number, content in enumerate(contents)][::order]
        reports[name] = candidates.ingest(study=study, origin=Origin.POOL, records=records, now=now)
        connection.close()

    threads = [threading.Thread(target=run, args=arguments) for arguments in (("a", 1), ("b", -1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Candidate.objects.count() == Image.objects.count() == 12
    assert sum(report.num_created for report in reports.values()) == 12
    assert sum(len(report.refusals) for report in reports.values()) == 12


def test_an_example_can_not_become_a_candidate_under_whatever_name_and_format(study: Study) -> None:
    cast.example(study.target_classes.get(class_id="n02"), cast.png(1))
    as_bmp = cast.png(1, image_format="BMP")
    reasons = ingest(study, record("n01/a.bmp", as_bmp), record("n01/b.png", cast.png(2)))
    assert reasons == ["The image is an example of class 'n02': workers are told its answer, so they can't judge it."]
    assert Candidate.objects.count() == 1


def test_an_example_of_another_study_may_be_a_candidate(study: Study) -> None:
    cast.example(cast.target_class(cast.study("another")), cast.png(1))
    assert ingest(study, record("n01/a.png", cast.png(1))) == []
