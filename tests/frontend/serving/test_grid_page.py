"""The page of a grid is written once for many and filled in for each: nothing of one shows on another."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from annotation.models import Assignment, Batch, Study, TargetClass
from annotation.platforms import simulated
from frontend import grid_page
from tests import cast, pictures

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch() -> Batch:
    return pictures.launched(num_images=6, num_grids=2, num_assignments=1)


def start(batch: Batch) -> str:
    return str(Client().post(cast.join(batch)).headers["Location"])


def test_two_workers_get_the_same_page_but_for_what_is_theirs(batch: Batch) -> None:
    first, second = start(batch), start(batch)
    grid_page._with_gaps.cache_clear()
    pages = [Client().get(address).text for address in (first, second)]
    assert grid_page._with_gaps.cache_info().hits == 1
    assert first in pages[0]
    assert first not in pages[1]
    assert second in pages[1]
    assert second not in pages[0]
    assert not any(grid_page.MARK in page for page in pages)


@pytest.mark.parametrize("change", [{"guidelines": "No toys."}, {"name": "Renamed"}, {"photographs_only": False}])
def test_a_change_of_the_study_is_on_the_next_page(batch: Batch, change: dict[str, Any]) -> None:
    address = start(batch)
    before = Client().get(address).text
    Study.objects.update(**change)
    assert parts(before) != parts(Client().get(address).text)


def test_a_change_of_the_class_is_on_the_next_page(batch: Batch) -> None:
    address = start(batch)
    Client().get(address)
    TargetClass.objects.update(name="crossbow")
    assert "<strong>crossbow</strong>" in Client().get(address).text


def parts(page: str) -> list[str]:
    """Without the key, which is new on every page."""
    return [line for line in page.splitlines() if 'name="key"' not in line]


def test_texts_of_a_study_are_written_as_they_are(batch: Batch) -> None:
    Study.objects.update(guidelines="{{ token }} {token} \\1 <b>")
    assert "{{ token }} {token} \\1 &lt;b&gt;" in Client().get(start(batch)).text


def test_a_lease_that_has_ended_is_said_also_without_scripts(batch: Batch) -> None:
    address = start(batch)
    assert "data-over hidden" in Client().get(address).text
    Assignment.objects.filter(worker__isnull=False).update(lease_expires_at=timezone.now() - timedelta(seconds=5))
    page = Client().get(address).text
    assert "data-over hidden" not in page
    assert "data-over>" in page


def test_simulated_workers_read_the_class_and_the_tiles_from_the_page(batch: Batch) -> None:
    reader = simulated._GridReader()
    reader.feed(Client().get(start(batch)).text)
    assert reader.target_class == "bow"
    assert [tile.position for tile in sorted(reader.tiles, key=lambda tile: tile.position)] == list(range(6))
    assert (reader.columns, reader.rows) == (4, 2)
