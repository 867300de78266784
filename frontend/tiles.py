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

# The page's own address ends in a slash; a button for who has no JavaScript.
REPORT_BUTTON = '<button class="button button--quiet" formaction="images/{position}/report/">{number}</button>'


@dataclass(frozen=True)
class Tiles:
    html: SafeString
    first_sheet: str
    """The address of the contact sheet of the first tile."""
    report_buttons: SafeString
    """One for each tile that is not reported, with its number."""


def tiles_of(
    *,
    token: str,
    seed: Sequence[int],
    num_positions: int,
    selected: Container[int],
    reported: Container[int] = (),
) -> Tiles:
    """In an order of the seed's own; the same again after a reload. Reported images are not shown."""
    work = reverse("frontend:assignment", args=[token])
    sheets = [f"{work}sheets/{number}/" for number in range(grids.SHEETS.num_sheets(num_positions))]
    order = grids.display_order(num_positions=num_positions, seed=seed)
    first = grids.SHEETS.place(order[0])[0]
    html = _html(order, [escape(sheet) for sheet in sheets], first, selected, reported)
    return Tiles(html=html, first_sheet=sheets[first], report_buttons=_report_buttons(order, reported))


def _report_buttons(order: Sequence[int], reported: Container[int]) -> SafeString:
    buttons = [
        REPORT_BUTTON.format(position=position, number=number)
        for number, position in enumerate(order, 1)
        if position not in reported
    ]
    return mark_safe("\n".join(buttons))  # noqa: S308  # numbers


def _html(
    order: Sequence[int], sheets: Sequence[str], first: int, selected: Container[int], reported: Container[int]
) -> SafeString:
    # Translators: what a screen reader says of a tile; %(number)d counts from 1.
    label = escape(gettext("Image %(number)d"))
    size = f'alt="" width="{grids.SHEETS.width}" height="{grids.SHEETS.height}"'
    tiles = []
    for number, position in enumerate(order, 1):  # `position` is the place in the grid, whatever the order shown
        if position in reported:
            tiles.append(_reported_tile(position, label % {"number": number}))
            continue
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


def _reported_tile(position: int, label: str) -> str:
    # Translators: on the covered tile of an image that the worker has reported.
    says = escape(gettext("reported; will not count"))
    return (
        f'\n      <li><label class="tile tile--reported" aria-disabled="true"><input type="checkbox" name="selected"'
        f' value="{position}" aria-label="{label}" aria-description="{says}" aria-disabled="true">'
        f'<span class="tile__window"></span><span class="tile__mark" aria-hidden="true" data-says="{says}"></span>'
        "</label></li>"
    )
