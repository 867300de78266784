"""The examples that a worker has at hand while they work on a grid."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from annotation.models import Example

NUM_AT_HAND = 6
"""Examples of one answer beside a grid; more would push the grid out of sight."""


@dataclass(frozen=True)
class ShownExample:
    """An image whose answer is told, and why."""

    address: str
    caption: str
    shows_class: bool


def at_hand(examples: Iterable[Example]) -> list[Example]:
    """Of those of a class, the first few that show it, then the first few that do not."""
    rows = list(examples)
    return [row for answer in (True, False) for row in [r for r in rows if r.shows_class is answer][:NUM_AT_HAND]]


def shown(rows: Iterable[Example], token: str) -> list[ShownExample]:
    """Those beside a grid, for the holder of the grid's token."""
    return [
        ShownExample(
            address=reverse("frontend:assignment-example", args=[token, row.pk]),
            caption=row.caption,
            shows_class=row.shows_class,
        )
        for row in rows
    ]
