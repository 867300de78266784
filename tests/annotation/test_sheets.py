"""Contact sheets: the pictures of a grid, several to a file, all files alike."""

import io
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client
from PIL import Image

from annotation import assignments, grids, imaging, storage, tasks
from annotation.models import Assignment, Grid
from annotation.platforms import local
from frontend import limits
from tests import cast, pictures


def plain(level: int) -> bytes:
    """A rendition of one grey level."""
    buffer = io.BytesIO()
    Image.new("RGB", (400, 400), (level, level, level)).save(buffer, "JPEG")
    return buffer.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


# --- the file ---


def test_pictures_lie_row_by_row() -> None:
    layout = imaging.SheetLayout(columns=3, rows=2, side=40)
    sheet = opened(imaging.contact_sheet([plain(40 * n) for n in range(6)], layout))
    assert sheet.size == (120, 80)
    for position in range(6):
        number, column, row = layout.place(position)
        assert number == 0
        assert sheet.convert("L").getpixel((40 * column + 20, 40 * row + 20)) == pytest.approx(40 * position, abs=3)


def test_an_incomplete_sheet_has_the_same_size_in_pixels() -> None:
    layout = imaging.SheetLayout()
    whole = opened(imaging.contact_sheet([plain(0)] * layout.num_places, layout))
    part = opened(imaging.contact_sheet([plain(0)], layout))
    assert whole.size == part.size == (960, 480)
    assert part.getpixel((959, 479)) == imaging.GREY


def test_a_sheet_is_the_same_bytes_each_time_and_carries_nothing_else() -> None:
    renditions = [imaging.read(cast.png(seed)).rendition for seed in range(8)]
    sheet = imaging.contact_sheet(renditions, imaging.SheetLayout())
    assert sheet == imaging.contact_sheet(renditions, imaging.SheetLayout())
    assert dict(opened(sheet).getexif()) == {}
    assert set(opened(sheet).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize(("num_positions", "expected"), [(1, 1), (8, 1), (9, 2), (48, 6)])
def test_a_grid_needs_as_many_sheets_as_hold_its_positions(num_positions: int, expected: int) -> None:
    assert imaging.SheetLayout().num_sheets(num_positions) == expected


# --- the order ---


def test_every_position_is_shown_once_and_sheets_stay_together() -> None:
    order = grids.display_order(num_positions=45, seed=[7, 3])
    assert sorted(order) == list(range(45))
    sheets = [position // 8 for position in order]
    assert len([1 for before, after in pairwise(sheets) if before != after]) == 5


def test_the_order_is_the_assignment_s_own() -> None:
    assert grids.display_order(num_positions=48, seed=[7, 3]) == grids.display_order(num_positions=48, seed=[7, 3])
    assert grids.display_order(num_positions=48, seed=[7, 3]) != grids.display_order(num_positions=48, seed=[8, 3])


def test_every_position_comes_first_equally_often() -> None:
    firsts = [grids.display_order(num_positions=10, seed=[pk])[0] for pk in range(4000)]
    counts = np.bincount(firsts, minlength=10)
    assert (np.abs(counts[:8] - 250) < 70).all()  # the first sheet of eight comes first half of the time
    assert (np.abs(counts[8:] - 1000) < 130).all()


# --- making them ---


@pytest.fixture
def grid(db: None) -> Grid:
    return pictures.launched(num_images=10).hits.get().grid


def test_sheets_are_stored_before_they_are_named(grid: Grid) -> None:
    sheets = grids.make_sheets(grid=grid)
    grid.refresh_from_db()
    assert grid.sheets == sheets
    assert [opened(storage.get("sheets", each)).size for each in sheets] == [(960, 480), (960, 480)]


def test_making_them_again_changes_nothing(grid: Grid) -> None:
    assert grids.make_sheets(grid=grid) == grids.make_sheets(grid=grid)


def test_the_task_makes_them_once(grid: Grid, django_assert_num_queries: Any) -> None:
    tasks.make_contact_sheets(grid.pk)
    with django_assert_num_queries(1):
        tasks.make_contact_sheets(grid.pk)
    tasks.make_contact_sheets(grid.pk + 1)  # gone meanwhile


def test_the_sweep_finds_what_has_no_sheets_and_passes_what_has_no_pictures(grid: Grid) -> None:
    cast.grid(grid.target_class, [cast.candidate(grid.target_class)])
    tasks.sweep_contact_sheets()
    assert list(Grid.objects.exclude(sheets=[])) == [grid]


# --- serving them ---


@pytest.fixture
def address(grid: Grid) -> str:
    claimed = assignments.claim(batch=grid.hits.get().batch, worker=cast.worker(), now=cast.NOW)
    assert claimed is not None
    return f"/work/{local.assignment_token(claimed)}/sheets/"


def test_a_sheet_that_is_there_takes_one_query(grid: Grid, address: str, django_assert_num_queries: Any) -> None:
    sheets = grids.make_sheets(grid=grid)
    with django_assert_num_queries(1):
        answer = Client().get(f"{address}1/")
    assert answer.content == storage.get("sheets", sheets[1])
    assert answer.headers["Content-Type"] == "image/jpeg"


def test_a_sheet_is_drawn_on_demand_before_the_queue_has_been(grid: Grid, address: str) -> None:
    early = Client().get(f"{address}1/").content
    assert early == storage.get("sheets", grids.make_sheets(grid=grid)[1])


def test_drawing_takes_time_so_that_nobody_has_it_done_without_end(
    grid: Grid, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_count", lambda name, request, token, by: 121 if name == "drawings" else 1)
    assert Client().get(f"{address}0/").status_code == 429
    grids.make_sheets(grid=grid)
    assert Client().get(f"{address}0/").status_code == 200, "one that is there is only read"


def test_a_sheet_whose_file_is_gone_is_drawn_again(grid: Grid, address: str, settings: Any) -> None:
    sheets = grids.make_sheets(grid=grid)
    before = Client().get(f"{address}0/").content
    shutil.rmtree(Path(settings.STORAGES["default"]["OPTIONS"]["location"]) / "sheets")
    assert Client().get(f"{address}0/").content == before
    assert storage.get("sheets", sheets[0]) == before


def test_sheets_differ_in_no_header_but_their_length(grid: Grid, address: str) -> None:
    answers = [dict(Client().get(f"{address}{number}/").headers) for number in range(2)]
    for headers in answers:
        del headers["Content-Length"]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("number", [2, 9999, 10**30])
def test_there_is_no_sheet_beyond_the_grid(address: str, number: int) -> None:
    assert Client().get(f"{address}{number}/").status_code == 404


def test_sheets_are_for_the_present_holder_only(address: str) -> None:
    Assignment.objects.filter(worker__isnull=False).update(worker=cast.worker("another"))
    assert Client().get(f"{address}0/").status_code == 404
    assert Client().get("/work/forged/sheets/0/").status_code == 404


def test_a_sheet_with_a_picture_that_is_gone_is_not_shown(address: str, settings: Any) -> None:
    shutil.rmtree(Path(settings.STORAGES["default"]["OPTIONS"]["location"]) / "renditions")
    assert Client().get(f"{address}0/").status_code == 404
