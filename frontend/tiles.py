"""The tiles of a grid as one worker sees them: which part of which contact sheet, in which order.

Written as a string and not as a template's loop: 48 of them were two fifths of the time of a page.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from annotation import grids


@dataclass(frozen=True)
class Tiles:
    html: SafeString
    first_sheet: str
    """The address of the contact sheet of the first tile."""


def tiles_of(*, token: str, seed: Sequence[int], num_positions: int, selected: Container[int]) -> Tiles:
    """In an order of the seed's own; the same again after a reload."""
    work = reverse("frontend:assignment", args=[token])
    sheets = [f"{work}sheets/{number}/" for number in range(grids.SHEETS.num_sheets(num_positions))]
    order = grids.display_order(num_positions=num_positions, seed=seed)
    first = grids.SHEETS.place(order[0])[0]
    return Tiles(_html(order, [escape(sheet) for sheet in sheets], first, selected), sheets[first])


def _html(order: Sequence[int], sheets: Sequence[str], first: int, selected: Container[int]) -> SafeString:
    # Translators: what a screen reader says of a tile; %(number)d counts from 1.
    label = escape(gettext("Image %(number)d"))
    size = f'alt="" width="{grids.SHEETS.width}" height="{grids.SHEETS.height}"'
    tiles = []
    for number, position in enumerate(order, 1):  # `position` is the place in the grid, whatever the order shown
        sheet, column, row = grids.SHEETS.place(position)
        checked = " checked" if position in selected else ""
        loading = 'fetchpriority="high"' if sheet == first else 'loading="lazy"'
        tiles.append(
            f'\n      <li><label class="tile"><input type="checkbox" name="selected" value="{position}"'
            f' aria-label="{label % {"number": number}}"{checked}><span class="tile__window">'
            f'<img class="sheet-column-{column} sheet-row-{row}" src="{sheets[sheet]}" {size} {loading}'
            f' data-column="{column}" data-row="{row}"></span>'
            '<span class="tile__mark" aria-hidden="true"></span></label></li>'
        )
    return mark_safe("".join(tiles))  # noqa: S308  # numbers, and text escaped above
