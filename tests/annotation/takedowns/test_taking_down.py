"""A picture is removed for good: from the storage, from every study, and for every later import."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from annotation import candidates, duplicates, grids, storage, takedowns, tasks
from annotation.candidates import bulk, exclusions
from annotation.errors import CannotExclude, CannotTakeDown, NumberChanged
from annotation.models import Candidate, Example, Exclusion, Grid, Image, ImageSignature, Origin, Study, TakeDown
from annotation.sources.base import CandidateRecord
from tests import cast
from tests.annotation.takedowns.scenes import candidate, study, take_down, take_in, told

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mine() -> Study:
    return study("mine", range(6))


@pytest.fixture
def yours() -> Study:
    """Which has two of the same pictures."""
    return study("yours", range(4, 8), Origin.ORIGINAL)


def test_its_files_go_and_its_candidate_says_who_took_it_down_when_and_why(mine: Study, researcher: User) -> None:
    image = candidate(mine, 2).image
    assert image is not None
    take_down(candidate(mine, 2), by=researcher)
    assert not storage.has("images", image.sha256)
    assert not storage.has("renditions", image.rendition_sha256)
    row = candidate(mine, 2)
    assert row.image is None
    assert row.take_down is not None
    assert (row.take_down.sha256, row.take_down.taken_down_by, row.take_down.taken_down_at) == (
        image.sha256, researcher, cast.NOW,
    )  # fmt: skip
    assert (row.take_down.ground, row.take_down.note, row.take_down.files_left) == ("owner", "Mail of 1 March", [])
    assert row.exclusion.reason == Exclusion.Reason.TAKEN_DOWN
    assert not Image.objects.filter(pk=image.pk).exists()
    assert ImageSignature.objects.count() == 5


def test_no_other_picture_is_touched(mine: Study) -> None:
    take_down(candidate(mine, 2))
    kept = Candidate.objects.filter(study=mine).with_picture()
    assert kept.count() == kept.included().count() == 5
    for sha256, rendition in kept.values_list("image__sha256", "image__rendition_sha256"):
        assert storage.get("images", sha256)
        assert storage.get("renditions", rendition)


def test_it_goes_from_every_study_that_has_it_and_they_are_named_before(mine: Study, yours: Study) -> None:
    shown = takedowns.preview(candidates=[candidate(mine, 5).pk], now=cast.NOW)
    assert (shown.num_pictures, shown.num_candidates, shown.studies) == (1, 2, ["mine", "yours"])
    take_down(candidate(mine, 5))
    assert candidate(yours, 5).take_down == candidate(mine, 5).take_down
    assert candidate(yours, 4).image == candidate(mine, 4).image


def test_another_file_with_the_same_pixels_goes_too(mine: Study) -> None:
    other = cast.study("other")
    cast.target_class(other, "0", "zero")
    content = cast.png(3) + b"a byte more"
    records = [CandidateRecord("copy.png", "0", lambda: content)]
    candidates.ingest(study=other, origin=Origin.POOL, records=records, now=cast.NOW)
    take_down(candidate(mine, 3))
    assert TakeDown.objects.count() == 2
    assert Candidate.objects.filter(study=other).with_picture().count() == 0


def test_an_example_that_shows_it_goes(mine: Study) -> None:
    other = cast.target_class(cast.study("other"))
    cast.example(other, cast.png(1))
    shown = take_down(candidate(mine, 1))
    assert (shown.num_examples, shown.studies) == (1, ["mine", "other"])
    assert not Example.objects.exists()


def test_it_is_never_taken_in_again_and_nothing_of_it_stays_in_the_storage(mine: Study) -> None:
    row = candidate(mine, 2)
    assert row.image is not None
    take_down(row)
    report = take_in(mine, range(6))
    assert (report.num_existing, report.num_created, report.num_refused) == (5, 0, 1)
    assert report.refusals[0].reason == "The picture was taken down on 2026-03-01: it may not be kept here."
    assert not storage.has("images", row.image.sha256)
    assert not storage.has("renditions", row.image.rendition_sha256)
    elsewhere = take_in(cast.target_class(cast.study("elsewhere")).study, range(2, 3))
    assert (elsewhere.num_created, elsewhere.num_refused) == (0, 1)


def test_the_same_address_in_another_size_is_refused(mine: Study) -> None:
    def photo(seed: int, size: tuple[int, int]) -> CandidateRecord:
        page = "https://photos.example/ann/1"
        return CandidateRecord(f"https://live.example/{seed}.png", "0", lambda: cast.png(seed, size), page_url=page)

    candidates.ingest(study=mine, origin=Origin.POOL, records=[photo(50, (24, 16))], now=cast.NOW)
    take_down(Candidate.objects.get(study=mine, source="https://live.example/50.png"))
    report = candidates.ingest(study=mine, origin=Origin.POOL, records=[photo(51, (48, 32))], now=cast.NOW)
    assert [each.reason for each in report.refusals] == [
        "The picture at this address was taken down on 2026-03-01: it may not be kept here, in no size."
    ]


def test_the_same_address_is_refused_in_every_study(mine: Study, yours: Study) -> None:
    page = "https://photos.example/ann/1"
    first = CandidateRecord("first.png", "0", lambda: cast.png(50), page_url=page)
    candidates.ingest(study=mine, origin=Origin.POOL, records=[first], now=cast.NOW)
    take_down(Candidate.objects.get(study=mine, source="first.png"))
    larger = CandidateRecord("larger.png", "0", lambda: cast.png(51, (48, 32)), page_url=page)
    report = candidates.ingest(study=yours, origin=Origin.POOL, records=[larger], now=cast.NOW)
    assert (report.num_created, report.num_refused) == (0, 1)


def test_another_picture_keeps_a_rendition_that_is_the_same(mine: Study) -> None:
    gone, stays = candidate(mine, 1), candidate(mine, 2)
    assert gone.image is not None
    assert stays.image is not None
    Image.objects.filter(pk=stays.image.pk).update(rendition_sha256=gone.image.rendition_sha256)
    take_down(gone)
    assert storage.has("renditions", gone.image.rendition_sha256)
    assert not storage.has("images", gone.image.sha256)
    assert take_in(mine, range(1, 2)).num_refused == 1  # which drops what was stored of it again
    assert storage.has("renditions", gone.image.rendition_sha256)
    take_down(stays)
    assert not storage.has("renditions", gone.image.rendition_sha256)


def test_its_name_alone_makes_no_second_candidate(mine: Study) -> None:
    take_down(candidate(mine, 2))
    names = [CandidateRecord("2.png", "0", None), CandidateRecord("9.png", "0", None)]
    report = candidates.ingest(study=mine, origin=Origin.POOL, records=names, now=cast.NOW)
    assert (report.num_existing, report.num_created) == (1, 1)


def test_nobody_lets_it_in_again_and_what_had_been_said_is_kept(mine: Study, researcher: User) -> None:
    row = candidate(mine, 2)
    of_it = Candidate.objects.filter(pk=row.pk)
    candidates.exclude(candidates=of_it, reason=Exclusion.Reason.UNCLEAR, now=cast.NOW, by=researcher)
    take_down(row)
    with pytest.raises(CannotExclude, match="taken down: it is gone for good"):
        duplicates.let_in(candidate=candidate(mine, 2), by=researcher, now=cast.NOW)
    before = candidate(mine, 2).replaced_exclusions.get()
    assert (before.reason, before.excluded_by) == ("unclear", researcher)


def test_nobody_gives_the_reason_without_taking_a_picture_down(mine: Study) -> None:
    reason, rows = Exclusion.Reason.TAKEN_DOWN, Candidate.objects.filter(study=mine)
    with pytest.raises(CannotExclude, match="an administrator takes the picture down"):
        exclusions.exclude(candidates=rows, reason=reason, now=cast.NOW)
    criteria = candidates.Criteria(source="2.png")
    confirmed = bulk.Confirmation(1, bulk.preview(mine, criteria).fingerprint)
    with pytest.raises(CannotExclude, match="an administrator takes the picture down"):
        bulk.exclude_many(study=mine, criteria=criteria, reason=reason, confirmed=confirmed, now=cast.NOW, by=None)


def test_other_numbers_than_were_shown_remove_nothing(mine: Study) -> None:
    ids = [candidate(mine, 2).pk]
    shown = takedowns.preview(candidates=ids, now=cast.NOW)
    grids.compose(study=mine, now=cast.NOW)
    with pytest.raises(NumberChanged, match="Nothing is removed"):
        takedowns.take_down(candidates=ids, told=told(shown), now=cast.NOW, by=None)
    assert candidate(mine, 2).image is not None


@pytest.mark.parametrize("note", ["", "  ", "x" * 501, "a\0b"])
def test_it_takes_a_note_as_the_picture_can_not_be_looked_at_later(mine: Study, note: str) -> None:
    ids = [candidate(mine, 2).pk]
    shown = takedowns.preview(candidates=ids, now=cast.NOW)
    with pytest.raises(CannotTakeDown):
        takedowns.take_down(candidates=ids, told=told(shown, note), now=cast.NOW, by=None)


def test_what_is_not_here_can_not_be_taken_down(mine: Study) -> None:
    take_down(candidate(mine, 2))
    with pytest.raises(CannotTakeDown, match="not here: there is nothing to take down"):
        takedowns.preview(candidates=[candidate(mine, 2).pk], now=cast.NOW)
    with pytest.raises(CannotTakeDown, match="no candidate 0"):
        takedowns.preview(candidates=[0], now=cast.NOW)


def test_files_that_could_not_be_removed_at_once_are_removed_by_the_sweep(
    mine: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = candidate(mine, 2).image
    assert image is not None

    def fail(kind: str, sha256: str) -> Any:
        raise OSError("the bucket is away")

    with monkeypatch.context() as patch:
        patch.setattr(storage, "remove", fail)
        take_down(candidate(mine, 2))
    assert storage.has("images", image.sha256)
    tasks.remove_old_exports()
    assert not storage.has("images", image.sha256)
    assert takedowns.waiting().count() == 0


def test_grids_keep_their_numbers_where_one_had_nothing_else(mine: Study) -> None:
    zero = mine.target_classes.get()
    for seed in (0, 1):
        cast.grid(zero, [candidate(mine, seed)])
    take_down(candidate(mine, 0))
    composed = grids.compose(study=mine, now=cast.NOW).grids
    assert [row.number for row in composed] == [2]
    assert sorted(Grid.objects.values_list("number", flat=True)) == [1, 2]
