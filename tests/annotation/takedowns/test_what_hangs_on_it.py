"""Grids, batches, frozen sets, exports and runs of a picture that is taken down."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from PIL import Image as PillowImage

from annotation import assignments, bitmaps, exports, grids, hits, imaging, storage, takedowns, tasks, testsets
from annotation.errors import BatchClosed, CannotBuild, CannotExport
from annotation.models import Assignment, Batch, Candidate, Export, Grid, Origin, Study, TestSet, Worker
from annotation.platforms import local
from evaluation import listings, runs
from evaluation.errors import CannotRequest
from tests import cast
from tests.annotation.exports.exported import export, frozen_set
from tests.annotation.exports.test_resuming import begin, die_after
from tests.annotation.takedowns.scenes import candidate, study, take_down
from tests.annotation.test_sheets import opened
from tests.at_once import wait_until_somebody_waits
from tests.evaluation import scored

pytestmark = pytest.mark.django_db(transaction=True)
LATER = cast.NOW + timedelta(hours=1)


@pytest.fixture
def mine() -> Study:
    return study("mine", range(6))


def grid_of(mine: Study, *seeds: int) -> Grid:
    made = cast.grid(mine.target_classes.get(), [candidate(mine, seed) for seed in seeds])
    made.measured, made.positive_controls = bitmaps.pack([0, 2], 3), bitmaps.pack([1], 3)
    made.save()
    return made


def claim(batch: Batch, name: str = "ada", now: Any = cast.NOW) -> Assignment | None:
    worker = Worker.objects.filter(external_id=name).first() or cast.worker(name)
    return assignments.claim(batch=batch, worker=worker, now=now)


# --- grids and batches ---


def test_a_grid_that_nobody_was_given_goes_on_without_it(mine: Study) -> None:
    grid = grid_of(mine, 0, 1, 2)
    grids.make_sheets(grid=grid)
    assert take_down(candidate(mine, 0)).num_grids_cut == 1
    grid.refresh_from_db()
    assert grid.candidate_ids == [candidate(mine, seed).pk for seed in (1, 2)]
    assert bitmaps.positions(grid.measured, 2) == [1]
    assert bitmaps.positions(grid.positive_controls, 2) == [0]
    assert grid.sheets == []
    hits.launch(study=mine, grids=[grid], terms=hits.Terms(num_assignments=1), now=cast.NOW)


def test_a_grid_that_workers_were_given_is_served_no_more(mine: Study) -> None:
    stopped, other = grid_of(mine, 0, 1, 2), grid_of(mine, 3, 4, 5)
    batch = cast.batch(mine, [stopped, other], num_assignments=2)
    held = claim(batch)
    assert held is not None
    assert held.hit.grid == stopped
    shown = take_down(candidate(mine, 1))
    assert (shown.num_grids_stopped, shown.num_slots_lost, shown.num_at_work) == (1, 1, 1)
    found = claim(batch, "bob")
    assert found is not None
    assert found.hit.grid == other
    assert claim(batch, "cleo", LATER) is not None  # bob's and ada's time is up: the other grid's free slot
    assert claim(batch, "dora", LATER).hit.grid == other  # type: ignore[union-attr]  # bob's slot, and never ada's
    assert claim(batch, "emil", LATER) is None


def test_who_is_at_work_on_it_may_hand_in_but_not_begin_again(mine: Study) -> None:
    batch = cast.batch(mine, [grid_of(mine, 0, 1, 2)], num_assignments=1)
    held = claim(batch)
    assert held is not None
    assert held.worker_id is not None
    take_down(candidate(mine, 1))
    assert claim(batch) == held
    assert claim(batch, now=LATER) is None
    with pytest.raises(BatchClosed):
        assignments.renew(assignment_id=held.pk, worker_id=held.worker_id, now=LATER)
    assignments.submit(assignment_id=held.pk, worker_id=held.worker_id, selected=[0], not_seen=[1], now=cast.NOW)
    assert Assignment.objects.get(pk=held.pk).is_submitted


def test_who_is_at_work_sees_an_empty_place(mine: Study) -> None:
    grid = grid_of(mine, 0, 1, 2)
    cast.batch(mine, [grid])
    [before] = grids.make_sheets(grid=grid)
    take_down(candidate(mine, 1))
    assert not storage.has("sheets", before)
    grid.refresh_from_db()
    sheet: PillowImage.Image = opened(grids.draw_sheet(grid=grid, number=0)).convert("RGB")
    side = imaging.SheetLayout().side
    assert sheet.getpixel((side + side // 2, side // 2)) == imaging.GREY
    assert sheet.getpixel((side // 2, side // 2)) != imaging.GREY


def test_a_stopped_grid_does_not_wait_to_be_launched_and_gets_no_more_workers(mine: Study) -> None:
    stopped, other = grid_of(mine, 0, 1, 2), grid_of(mine, 3, 4, 5)
    batch = cast.batch(mine, [stopped, other], num_assignments=1)
    take_down(candidate(mine, 1))
    hits.widen(batch=batch, num_assignments=3)
    assert Assignment.objects.filter(hit__grid=stopped).count() == 0
    assert Assignment.objects.filter(hit__grid=other).count() == 3
    hits.expire(batch=batch, now=cast.NOW)
    assert list(Grid.objects.waiting()) == [other]


def test_the_others_of_a_grid_that_nobody_judged_are_composed_anew(mine: Study) -> None:
    [lost] = grids.compose(study=mine, now=cast.NOW).grids
    batch = cast.batch(mine, [lost])
    assert claim(batch) is not None
    take_down(candidate(mine, 1))
    assert grids.compose(study=mine, now=cast.NOW).grids == [], "ada is at work on it"
    [anew] = grids.compose(study=mine, now=LATER).grids
    assert anew.number == 1
    assert sorted(anew.candidate_ids) == [candidate(mine, seed).pk for seed in (0, 2, 3, 4, 5)]
    assert grids.compose(study=mine, now=LATER).grids == []


def test_the_others_of_a_grid_that_somebody_judged_stay_measured(mine: Study) -> None:
    [judged] = grids.compose(study=mine, now=cast.NOW).grids
    cast.handed_in(cast.batch(mine, [judged]), cast.worker("ada"), cast.NOW)
    take_down(candidate(mine, 1))
    assert grids.compose(study=mine, now=LATER).grids == []


# --- contact sheets that are drawn meanwhile ---


def taken_down_while_drawing(row: Candidate, monkeypatch: pytest.MonkeyPatch) -> None:
    """The picture goes just after it was drawn on a sheet for the first time."""
    draw = imaging.contact_sheet

    def drawn(*args: Any) -> bytes:
        content = draw(*args)
        monkeypatch.setattr(imaging, "contact_sheet", draw)
        take_down(row)
        return content

    monkeypatch.setattr(imaging, "contact_sheet", drawn)


def stored_sheets(settings: Any) -> list[str]:
    folder = Path(settings.STORAGES["default"]["OPTIONS"]["location"]) / "sheets"
    return [path.name for path in folder.rglob("*") if path.is_file()]


def test_a_grid_that_is_cut_while_it_is_drawn_gets_sheets_of_what_is_left(
    mine: Study, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    read_before = grid_of(mine, 0, 1, 2)
    taken_down_while_drawing(candidate(mine, 0), monkeypatch)
    sheets = grids.make_sheets(grid=read_before)
    grid = Grid.objects.get()
    assert grid.sheets == sheets == stored_sheets(settings)
    assert storage.get("sheets", sheets[0]) == grids.draw_sheet(grid=grid, number=0)


def test_a_sheet_of_a_grid_that_workers_have_is_not_kept_with_what_was_taken_down_while_it_was_drawn(
    mine: Study, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    grid = grid_of(mine, 0, 1, 2)
    cast.batch(mine, [grid])
    taken_down_while_drawing(candidate(mine, 1), monkeypatch)
    sheets = grids.make_sheets(grid=grid)
    assert storage.get("sheets", sheets[0]) == grids.draw_sheet(grid=grid, number=0)
    assert stored_sheets(settings) == sheets


def test_a_sheet_that_is_drawn_on_demand_leaves_no_file_that_a_take_down_would_not_find(
    mine: Study, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    held = claim(cast.batch(mine, [grid_of(mine, 0, 1, 2)]))
    assert held is not None
    address = f"/work/{local.assignment_token(held)}/sheets/0/"
    monkeypatch.setattr(tasks, "enqueue_contact_sheets", lambda ids: None)
    assert Client().get(address).status_code == 200
    assert stored_sheets(settings) == []
    [lost] = grids.make_sheets(grid=held.hit.grid)
    storage.remove(storage.key_of("sheets", lost))
    taken_down_while_drawing(candidate(mine, 1), monkeypatch)
    assert Client().get(address).status_code == 200
    assert stored_sheets(settings) == []


def test_a_grid_of_which_nothing_is_left_has_no_sheets(mine: Study) -> None:
    read_before = grid_of(mine, 0, 1, 2)
    take_down(*(candidate(mine, seed) for seed in (0, 1, 2)))
    assert grids.make_sheets(grid=read_before) == []


# --- sets, exports, runs ---


def one_of(test_set: TestSet) -> Candidate:
    return Candidate.objects.get(pk=test_set.images.get(number=1).candidate_id)


def test_a_frozen_set_keeps_its_manifest_and_its_export_says_that_the_picture_is_gone() -> None:
    frozen = frozen_set(["0", "1"])
    before, row = testsets.manifest_bytes(frozen), one_of(frozen)
    kept = export(frozen, "parquet")
    assert kept.can_be_downloaded
    shown = take_down(row)
    assert (shown.frozen_sets, shown.num_downloads) == ([frozen.citation], 1)
    assert testsets.manifest_bytes(frozen) == before
    assert Export.objects.get(pk=kept.pk).state == Export.State.REMOVED
    with pytest.raises(CannotExport, match=f"1 pictures of .* were taken down and are gone: {row.source}"):
        export(frozen, "imagefolder")


def test_where_copies_lie_elsewhere_is_said(tmp_path: Any) -> None:
    frozen = frozen_set(["0"])
    export(frozen, "imagefolder", tmp_path / "copies")
    shown = takedowns.preview(candidates=[one_of(frozen).pk], now=cast.NOW)
    assert (shown.exported_to, shown.num_downloads) == ([str(tmp_path / "copies")], 0)


def test_what_a_killed_command_has_left_is_named_and_goes_when_it_is_given_again(tmp_path: Path) -> None:
    frozen = frozen_set(["0", "1"])
    held = begin(frozen, "imagefolder", tmp_path / "copies")
    die_after(held, 9)
    [part] = tmp_path.glob(".copies.*.part")
    assert list(part.rglob("*.jpg")) != []
    row = one_of(frozen)
    assert take_down(row).exported_to == [str(part), str(tmp_path / "copies")]
    exports.end_abandoned(now=timezone.now() + timedelta(days=1))
    assert exports.copies_of(TestSet.objects.all()) == [str(part)]
    with pytest.raises(CannotExport, match="were taken down and are gone"):
        export(frozen, "imagefolder", tmp_path / "copies")
    assert list(tmp_path.glob(".copies.*")) == []


def test_what_a_failed_export_has_left_in_a_bucket_or_of_an_archive_is_named() -> None:
    frozen = frozen_set(["0"])
    for target, address in (("bucket", "s3://twins/a"), ("archive", "/copies/a.zip"), ("archive", "/never/a.zip")):
        Export.objects.create(
            test_set=frozen, layout="parquet", target=target, address=address, state="failed", num_expected=2,
            requested_at=cast.NOW, started_at=None if "never" in address else cast.NOW, ended_at=cast.NOW,
        )  # fmt: skip
    assert takedowns.preview(candidates=[one_of(frozen).pk], now=cast.NOW).exported_to == [
        "/copies/.*.part", "s3://twins/a",
    ]  # fmt: skip


def test_an_export_that_was_finished_meanwhile_is_removed_by_the_sweep() -> None:
    frozen = frozen_set(["0"])
    kept = export(frozen, "parquet")
    take_down(one_of(frozen))
    Export.objects.filter(pk=kept.pk).update(state=Export.State.FINISHED)
    takedowns.remove_files(now=timezone.now())
    assert Export.objects.get(pk=kept.pk).state == Export.State.REMOVED


def test_an_image_of_a_frozen_set_keeps_its_name_and_can_not_be_scored_any_more() -> None:
    frozen = frozen_set(["0"])
    row = one_of(frozen)
    keys = listings.of(frozen).keys
    take_down(row)
    listings._read.cache_clear()
    assert listings.of(frozen).keys == keys
    with pytest.raises(CannotRequest, match=r"1 images of .* were taken down and are gone"):
        runs.request(classifier=scored.classifier(frozen.study), test_set=frozen, now=cast.NOW)


def test_a_draft_that_holds_it_can_not_be_frozen() -> None:
    made = study("mine", range(3), Origin.ORIGINAL)
    draft = testsets.import_original(study=made, now=cast.NOW)
    assert take_down(candidate(made, 1)).drafts == [draft.citation]
    with pytest.raises(CannotBuild, match=r"1 images of .* have been excluded since it was built"):
        testsets.freeze(test_set=draft, now=cast.NOW)
    assert exports.kept_of(TestSet.objects.all()).count() == 0


def test_a_set_is_not_frozen_while_its_picture_is_being_taken_down() -> None:
    made = study("mine", range(3), Origin.ORIGINAL)
    draft = testsets.import_original(study=made, now=cast.NOW)

    def freeze() -> TestSet:
        try:
            return testsets.freeze(test_set=draft, now=cast.NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            take_down(candidate(made, 1))
            frozen = other.submit(freeze)
            wait_until_somebody_waits()
        with pytest.raises(CannotBuild, match=r"1 images of .* have been excluded since it was built"):
            frozen.result(20)
