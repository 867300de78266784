"""Candidates whose picture is not here: judged, listed and counted, but never shown, drawn or put into a set."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import IntegrityError
from django.test import Client

from annotation import bitmaps, candidates, frequencies, grids, hits, tasks, testsets
from annotation.candidates import preparing
from annotation.errors import CannotBuild, CannotLaunch, MissingContent, UnreadableSource
from annotation.judgements import Reading
from annotation.models import Candidate, Exclusion, Grid, Origin, Strategy, Study, TargetClass
from annotation.sources.base import CandidateRecord
from annotation.strategies import TopImages
from tests import cast, pictures
from tests.annotation.judgements.cases import recorded, table, take_in

pytestmark = pytest.mark.django_db
LINES = [f"w{worker},{image}.png,n01,{(worker + image) % 2}" for worker in range(6) for image in range(4)]


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Four images of a bow that six workers have judged elsewhere."""
    study = cast.study("bows")
    cast.target_class(study, "n01", "bow")
    take(study, tmp_path)
    return study


def take(study: Study, tmp_path: Path, lines: list[str] = LINES, origin: Origin = Origin.POOL) -> None:
    take_in(study, table(tmp_path, lines), create_candidates=True, reading=Reading(origin=origin))


def supply(study: Study, *sources: str, origin: Origin = Origin.POOL) -> candidates.IngestReport:
    """Import a file of this path for each, all of them different pictures."""
    records = [
        CandidateRecord(source, "n01", lambda number=number: cast.png(number)) for number, source in enumerate(sources)
    ]
    return candidates.ingest(study=study, origin=origin, records=records, now=cast.NOW)


# --- pictures that come later -----------------------------------------------------------------------------


def test_a_file_of_the_same_name_supplies_the_picture(study: Study, tmp_path: Path) -> None:
    before = recorded(study)
    report = supply(study, "n01/0.png", "n01/deeper/1.png", "n01/9.png")
    assert (report.num_supplied, report.num_created, report.num_read) == (2, 1, 3)
    assert [(row.source, row.image_id is None) for row in Candidate.objects.order_by("pk")] == [
        ("n01/0.png", False), ("n01/deeper/1.png", False), ("2.png", True), ("3.png", True), ("n01/9.png", False),
    ]  # fmt: skip
    assert len(recorded(study)) == len(before)
    take(study, tmp_path)
    assert Candidate.objects.count() == 5
    assert supply(study, "n01/0.png", "n01/deeper/1.png").num_existing == 2


@pytest.mark.parametrize("source", ["n01/00.png", "n01/0.png/x.png", "0.PNG.png"])
def test_a_file_of_another_name_is_another_candidate(study: Study, source: str) -> None:
    assert supply(study, source).num_created == 1


def test_a_file_of_another_origin_is_another_candidate(study: Study) -> None:
    assert supply(study, "0.png", origin=Origin.ORIGINAL).num_created == 1
    assert Candidate.objects.without_picture().count() == 4


def test_the_longest_name_is_supplied_first(study: Study, tmp_path: Path) -> None:
    take(study, tmp_path, ["ann,n01/0.png,n01,1"])
    supply(study, "val/n01/0.png")
    assert set(Candidate.objects.without_picture().values_list("source", flat=True)) == {f"{n}.png" for n in range(4)}


@pytest.mark.parametrize("chunk", [1, 200])
def test_of_several_files_of_the_name_none_is_taken_for_the_judged_one(
    study: Study, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "FILES_PER_CHUNK", chunk)
    sources = ["n01/train/1.png", "n01/val/1.png", "n01/val/2.png"]
    for num_existing in (0, 1):  # again, it is the same
        report = supply(study, *sources)
        assert [refusal.source for refusal in report.refusals] == sources[:2]
        assert "judged as '1.png', but other files may be too" in report.refusals[0].reason
        assert (report.num_existing, report.num_created) == (num_existing, 0)
    assert set(Candidate.objects.without_picture().values_list("source", flat=True)) == {"0.png", "1.png", "3.png"}
    judged = Candidate.objects.get(source="1.png")
    first, second = (CandidateRecord(sources[n], "n01", lambda n=n: cast.png(n)) for n in (0, 1))
    for records in ([second], [first, second]):
        candidates.ingest(study=study, origin=Origin.POOL, records=records, now=cast.NOW)
    judged.refresh_from_db()
    assert judged.source == "n01/val/1.png"
    assert Candidate.objects.filter(source="n01/train/1.png").exists()


@pytest.mark.parametrize("sources", [["1.png", "val/1.png"], ["val/1.png", "1.png"]])
@pytest.mark.parametrize("chunk", [1, 200])
def test_the_whole_path_is_meant_before_the_end_of_another(
    study: Study, sources: list[str], chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "FILES_PER_CHUNK", chunk)
    judged = Candidate.objects.get(source="1.png")
    assert supply(study, *sources).num_created == 1
    judged.refresh_from_db()
    assert judged.source == "1.png"
    assert judged.image_id is not None


def test_files_of_the_name_in_another_class_are_no_reason_to_doubt(study: Study) -> None:
    cast.target_class(study, "n02", "horn")
    records = [
        CandidateRecord(f"{of}/1.png", of, lambda n=n: cast.png(n)) for n, of in enumerate(["n01", "n02", "n03"])
    ]
    report = candidates.ingest(study=study, origin=Origin.POOL, records=records, now=cast.NOW)
    assert (report.num_supplied, report.num_created, len(report.refusals)) == (1, 1, 1)


class BrokenOff:
    """Records whose source is damaged behind the first two."""

    def __iter__(self) -> Iterator[CandidateRecord]:
        yield CandidateRecord("0.png", "n01", cast.png)
        yield CandidateRecord("far/1.png", "n01", lambda: cast.png(1))
        raise UnreadableSource("The rest is damaged.")


def test_of_files_that_can_not_all_be_listed_only_whole_names_are_sure(study: Study) -> None:
    told: list[candidates.ChunkReport] = []
    with pytest.raises(UnreadableSource):
        candidates.ingest(study=study, origin=Origin.POOL, records=BrokenOff(), now=cast.NOW, on_chunk=told.append)
    assert [chunk.num_supplied for chunk in told] == [1]
    assert [refusal.source for refusal in told[0].refusals] == ["far/1.png"]


class Rest:
    """The last two of four records, as an import that goes on where it stopped sees them."""

    whole = tuple(CandidateRecord(source, "n01", cast.png) for source in ("a/1.png", "a/2.png", "b/1.png", "b/3.png"))

    def __iter__(self) -> Iterator[CandidateRecord]:
        return iter(self.whole[2:])

    def still_here(self) -> None:
        """Nobody else imports."""


def test_a_file_that_came_before_still_counts_when_the_import_goes_on(study: Study) -> None:
    """Else b/1.png would be taken for the one that was judged as 1.png, although a/1.png may be it as well."""
    report = candidates.ingest(study=study, origin=Origin.POOL, records=Rest(), now=cast.NOW)
    assert [refusal.source for refusal in report.refusals if "may be the image" in refusal.reason] == ["b/1.png"]
    assert report.num_supplied == 1


def test_records_that_can_be_read_only_once_are_an_error(study: Study) -> None:
    once = iter([CandidateRecord("n01/0.png", "n01", cast.png)])
    with pytest.raises(TypeError, match="only once"):
        candidates.ingest(study=study, origin=Origin.POOL, records=once, now=cast.NOW)


def test_an_original_that_gets_its_picture_takes_its_twin_out_of_the_pool(study: Study, tmp_path: Path) -> None:
    take(study, tmp_path, ["ann,original.png,n01,1"], Origin.ORIGINAL)
    supply(study, "n01/0.png")
    supply(study, "n01/original.png", origin=Origin.ORIGINAL)
    assert Exclusion.objects.get().candidate.source == "n01/0.png"


def test_a_picture_that_the_study_has_elsewhere_is_refused(study: Study) -> None:
    supply(study, "n01/other.png")
    report = supply(study, "n01/0.png")  # the same picture
    assert report.refusals[0].reason == "The same image was taken from n01/other.png already."
    assert Candidate.objects.without_picture().count() == 4


# --- what leaves them out ---------------------------------------------------------------------------------


def test_they_are_not_composed_and_lend_no_controls(study: Study, tmp_path: Path) -> None:
    of = TargetClass.objects.get()
    take(study, tmp_path, [f"ann,original{number}.png,n01,1" for number in range(5)], Origin.ORIGINAL)
    shown = [cast.candidate(of) for _ in range(3)]
    composed = grids.compose(study=study, now=cast.NOW)
    assert [sorted(grid.candidate_ids) for grid in composed.grids] == [[row.pk for row in shown]]
    assert bitmaps.count(composed.grids[0].positive_controls) == 0
    assert "9 candidates are left out: their pictures are not here" in composed.warnings[-1]


def test_their_grids_can_not_be_launched(study: Study) -> None:
    imported = list(study.grids.all())
    with pytest.raises(CannotLaunch, match="1 of the grids have images whose pictures are not here"):
        hits.launch(study=study, grids=imported, terms=hits.Terms(), now=cast.NOW)
    supply(study, *(f"n01/{number}.png" for number in range(4)))
    assert hits.launch(study=study, grids=imported, terms=hits.Terms(), now=cast.NOW).hits.count() == 1


def test_a_contact_sheet_that_lacks_a_picture_says_so(study: Study) -> None:
    supply(study, "n01/0.png")
    with pytest.raises(MissingContent, match=r"picture of candidate \d+ is not here; import_images supplies it"):
        grids.draw_sheet(grid=study.grids.get(), number=0)


def test_no_contact_sheets_are_made_of_them(study: Study, caplog: pytest.LogCaptureFixture) -> None:
    of = TargetClass.objects.get()
    grid = cast.grid(of, [pictures.pictured(of)])
    with caplog.at_level(logging.WARNING):
        tasks.sweep_contact_sheets()
    assert caplog.text == ""
    assert [bool(row.sheets) for row in Grid.objects.order_by("pk")] == [False, True]
    grid.refresh_from_db()
    assert len(grid.sheets) == 1


def test_they_are_in_no_test_set(study: Study, tmp_path: Path) -> None:
    take(study, tmp_path, ["ann,original.png,n01,1"], Origin.ORIGINAL)
    frequencies.recompute_stale(study=study, now=cast.NOW)
    parameters = TopImages(images_per_class=4, min_judgements=5)
    kind = {"study": study, "strategy": Strategy.TOP_IMAGES, "parameters": parameters, "seed": 1, "now": cast.NOW}
    with pytest.raises(CannotBuild, match="supply pictures by import_images"):
        testsets.build(**kind)
    with pytest.raises(CannotBuild, match="no pictures of original images"):
        testsets.import_original(study=study, now=cast.NOW)
    supply(study, "n01/1.png", "n01/3.png")
    built = testsets.build(**kind)
    assert sorted(built.images.values_list("candidate__source", flat=True)) == ["n01/1.png", "n01/3.png"]


# --- what the database itself refuses ---------------------------------------------------------------------


def test_none_is_there_twice(study: Study) -> None:
    row = Candidate.objects.first()
    assert row is not None
    row.pk = None
    with pytest.raises(IntegrityError, match="candidate_without_picture_once"):
        row.save(force_insert=True)


@pytest.mark.parametrize(
    "change",
    [{"expired_at": None}, {"pay_minor_units": 5, "currency": "EUR"}, {"imported_from": ""}, {"platform": "local"}],
)
def test_an_imported_batch_stays_closed_and_unpaid(study: Study, change: dict[str, object]) -> None:
    with pytest.raises(IntegrityError, match="imported_batches_are_closed"):
        study.batches.update(**change)


# --- what shows them --------------------------------------------------------------------------------------


@pytest.fixture
def client(study: Study, researcher_client: Client) -> Client:
    study.researchers.add(int(researcher_client.session["_auth_user_id"]))
    return researcher_client


def test_the_api_says_that_the_picture_is_not_here(study: Study, client: Client) -> None:
    pk = Candidate.objects.order_by("pk")[0].pk
    told = client.get(f"/api/v1/candidates/{pk}/").json()
    assert (told["image"], told["rendition_url"], told["source"]) == (None, None, "0.png")
    refused = client.get(f"/api/v1/candidates/{pk}/rendition/")
    assert (refused.status_code, refused.json()["detail"]) == (
        404, "The picture of this candidate is not here, only judgements of it.",
    )  # fmt: skip


def test_the_api_lists_imported_batches_and_grids(study: Study, client: Client) -> None:
    (batch,) = client.get("/api/v1/batches/").json()["results"]
    assert (batch["platform"], batch["imported_from"], batch["invitation_url"]) == ("imported", "table.csv", None)
    assert (batch["num_submitted"], batch["num_slots"], batch["num_claimed"]) == (6, 6, 0)
    assert [row["candidate_ids"] for row in client.get("/api/v1/grids/").json()["results"]] == [
        list(Candidate.objects.order_by("pk").values_list("pk", flat=True))
    ]


def page(client: Client, path: str) -> str:
    response = client.get(f"/studies/bows/{path}")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_pages_say_what_is_imported_and_what_is_not_here(study: Study, client: Client) -> None:
    frequencies.recompute_stale(study=study, now=cast.NOW)
    batches = page(client, "grids/")
    assert "6 assignments of 1 grid, judged elsewhere" in batches
    assert "from <bdi>table.csv</bdi>" in batches
    assert "Invite" not in batches
    batch = page(client, f"batches/{study.batches.get().pk}/")
    assert "<dt>Imported from</dt><dd><bdi>table.csv</bdi></dd>" in batch
    assert "<dt>Judged</dt><dd>elsewhere</dd>" in batch
    assert "Expire" not in batch
    images = page(client, "candidates/")
    assert "Of 4 candidates only judgements are here" in images
    assert images.count("No picture here") == 4
    assert "/image/" not in images + page(client, "frequencies/")


def test_their_picture_is_not_found(study: Study, client: Client) -> None:
    pk = Candidate.objects.order_by("pk")[0].pk
    assert client.get(f"/studies/bows/candidates/{pk}/image/").status_code == 404


def test_to_launch_all_once_more_leaves_them_out(study: Study, client: Client) -> None:
    of = TargetClass.objects.get()
    own = cast.batch(study, [cast.grid(of, [pictures.pictured(of)])], expired_at=cast.NOW)
    terms = {"num_assignments": 3, "lease_minutes": 30, "again": "1"}
    client.post("/studies/bows/batches/launch/", terms)
    newest = study.batches.order_by("-pk")[0]
    assert [hit.grid_id for hit in newest.hits.all()] == [hit.grid_id for hit in own.hits.all()]


def test_importing_what_is_imported_and_then_composing_asks_nothing_twice(study: Study, tmp_path: Path) -> None:
    supply(study, *(f"n01/{number}.png" for number in range(4)))
    assert grids.compose(study=study, now=cast.NOW).grids == []
    take(study, tmp_path)
    assert study.grids.count() == 1
