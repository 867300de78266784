"""A worker reports an image: by script or by form, it is covered from then on and counts as not seen."""

import re
from typing import Any

import pytest
from django.test import Client

from annotation import bitmaps
from annotation.models import Assignment, Batch, Complaint
from frontend import limits
from tests import cast, pictures

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture
def batch() -> Batch:
    return pictures.launched(num_images=6, num_grids=2)


@pytest.fixture
def grid(batch: Batch) -> str:
    """The address of a grid that a worker holds."""
    return str(Client().post(cast.join(batch)).headers["Location"])


def report(grid: str, position: int, reason: str = "offensive", **options: Any) -> Any:
    return Client().post(f"{grid}images/{position}/report/", {"reason": reason}, **options)


def reported_tiles(grid: str) -> list[str]:
    page = Client().get(grid).text
    return [tile for tile in re.findall(r"<li><label.*?</li>", page, flags=re.DOTALL) if "tile--reported" in tile]


def test_a_script_is_told_what_was_reported(grid: str) -> None:
    answer = report(grid, 3, headers=JSON)
    assert (answer.status_code, answer.json()) == (200, {"reported": 3})
    assert Complaint.objects.get().reason == "offensive"


def test_a_person_comes_back_to_the_grid(grid: str) -> None:
    answer = report(grid, 3, "broken")
    assert (answer.status_code, answer.headers["Location"]) == (303, grid)
    assert Complaint.objects.get().reason == "broken"


def test_a_reported_image_is_not_shown_again(grid: str) -> None:
    report(grid, 3)
    (tile,) = reported_tiles(grid)
    assert 'class="tile tile--reported" aria-disabled="true"' in tile
    assert 'value="3"' in tile
    assert "<img" not in tile
    assert "reported; will not count" in tile


def test_a_reported_image_is_not_selected_any_more(grid: str) -> None:
    Client().post(f"{grid}draft/", {"selected": [3, 4]})
    report(grid, 3)
    assert " checked" not in reported_tiles(grid)[0]
    Client().post(grid, {"selected": [3, 4]})
    done = Assignment.objects.get(submitted_at__isnull=False)
    assert bitmaps.positions(done.selected or b"", 6) == [4]
    assert bitmaps.positions(done.seen or b"", 6) == [0, 1, 2, 4, 5]


@pytest.mark.parametrize("number", [1, 4, 6])
def test_without_javascript_a_button_of_each_number_names_its_image(grid: str, number: int) -> None:
    page = Client().get(grid).text
    shown = re.findall(r'value="(\d)" aria-label="Image \d"', page)
    (button,) = re.findall(rf'formaction="(images/\d/report/)">{number}</button>', page)
    answer = Client().post(grid + button, {"reason": "broken"})
    assert (answer.status_code, answer.headers["Location"]) == (303, grid)
    assert f'value="{shown[number - 1]}"' in reported_tiles(grid)[0]


@pytest.mark.parametrize("reason", ["", "ugly", "Broken"])
def test_a_reason_that_is_none_is_refused(grid: str, reason: str) -> None:
    page = report(grid, 3, reason)
    assert page.status_code == 400
    assert "is it broken, or offensive?" in page.text
    assert not Complaint.objects.exists()


@pytest.mark.parametrize("position", [6, 10**30])
def test_a_position_that_is_not_on_the_grid_is_refused(grid: str, position: int) -> None:
    assert report(grid, position, headers=JSON).status_code == 400


def test_only_the_present_holder_reports(grid: str) -> None:
    Assignment.objects.filter(worker__isnull=False).update(worker=cast.worker("another"))
    assert report(grid, 3).status_code == 410
    assert report("/work/forged/", 3).status_code == 404
    assert not Complaint.objects.exists()


def test_another_worker_of_the_grid_still_sees_the_image(batch: Batch, grid: str) -> None:
    report(grid, 3)
    other = str(Client().post(cast.join(batch)).headers["Location"])
    assert reported_tiles(other) == []


def test_who_reports_too_often_is_told(grid: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits.time, "time", lambda: 1_000_010.0)
    statuses = [report(grid, 3, headers=JSON).status_code for _ in range(61)]
    assert statuses == [200] * 60 + [429]
