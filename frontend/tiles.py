"""The tiles of a grid as one worker sees them: which part of which contact sheet, in which order."""

from collections.abc import Container
from dataclasses import dataclass

from django.urls import reverse

from annotation import grids
from annotation.models import Assignment


@dataclass(frozen=True)
class Tile:
    """One image of the page; `position` is its place in the grid, whatever the order shown."""

    position: int
    sheet: str
    column: int
    row: int
    is_first: bool
    """Whether its sheet is the first one shown."""
    is_selected: bool


def tiles_of(held: Assignment, token: str, selected: Container[int]) -> list[Tile]:
    """In an order of this assignment's own; the same again after a reload."""
    num_positions = held.hit.grid.num_positions
    sheets = [
        reverse("frontend:assignment-sheet", args=[token, number])
        for number in range(grids.SHEETS.num_sheets(num_positions))
    ]
    order = grids.display_order(num_positions=num_positions, seed=[held.pk, held.worker_id or 0])
    first = grids.SHEETS.place(order[0])[0]
    tiles = []
    for position in order:
        number, column, row = grids.SHEETS.place(position)
        tiles.append(Tile(position, sheets[number], column, row, number == first, position in selected))
    return tiles
