"""The tiles as a string: what a worker may tick, in an order of their own, and nothing that could be markup."""

import re

import pytest

from annotation import grids
from frontend.tiles import Tiles, tiles_of


def tiles(token: str = "a-token", seed: tuple[int, ...] = (7, 9), selected: tuple[int, ...] = ()) -> Tiles:
    return tiles_of(token=token, seed=seed, num_positions=48, selected=selected)


def positions(shown: Tiles) -> list[int]:
    return [int(value) for value in re.findall(r'value="(\d+)"', shown.html)]


def test_every_position_is_there_once_in_the_order_of_the_seed() -> None:
    assert positions(tiles()) == grids.display_order(num_positions=48, seed=(7, 9))
    assert positions(tiles()) != positions(tiles(seed=(8, 9)))
    assert re.findall(r'aria-label="Image (\d+)"', tiles().html) == [str(number) for number in range(1, 49)]


def test_what_is_selected_is_checked() -> None:
    checked = re.findall(r'value="(\d+)" aria-label="Image \d+" checked', tiles(selected=(3, 47)).html)
    assert sorted(checked) == ["3", "47"]


def test_a_tile_is_its_place_on_its_sheet_and_the_first_sheet_is_fetched_first() -> None:
    shown = tiles()
    place = r'value="(\d+)".*?src="[^"]*/sheets/(\d+)/".*?data-column="(\d)" data-row="(\d)"'
    for position, *where in re.findall(place, shown.html):
        assert grids.SHEETS.place(int(position)) == tuple(int(number) for number in where)
    assert re.findall(r'src="([^"]*)"', shown.html)[0] == shown.first_sheet
    assert shown.html.count('fetchpriority="high"') == 8


def test_a_token_with_markup_in_it_stays_text() -> None:
    shown = tiles(token="\"><script>alert('1')&")
    assert "<script" not in shown.html
    assert "'" not in shown.html


def test_a_translation_with_markup_in_it_stays_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frontend.tiles.gettext", lambda text: '"><b>' + text)
    assert 'aria-label="&quot;&gt;&lt;b&gt;Image 1"' in tiles().html
