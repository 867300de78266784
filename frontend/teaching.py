"""The examples that a worker has at hand while they work on a grid."""

from dataclasses import dataclass

from django.urls import reverse

from annotation.models import TargetClass


@dataclass(frozen=True)
class ShownExample:
    """An image whose answer is told, and why."""

    address: str
    caption: str
    shows_class: bool


def examples_of(target_class: TargetClass, token: str) -> list[ShownExample]:
    """Those of the class of a grid, for the holder of the grid's token; no query where they were read with the grid."""
    return [
        ShownExample(
            address=reverse("frontend:assignment-example", args=[token, row.pk]),
            caption=row.caption,
            shows_class=row.shows_class,
        )
        for row in target_class.examples.all()
    ]
