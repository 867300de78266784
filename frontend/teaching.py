"""The examples that a worker has at hand while they work on a grid."""

from dataclasses import dataclass

from django.urls import reverse

from annotation.models import Example, TargetClass


@dataclass(frozen=True)
class ShownExample:
    """An image whose answer is told, and why."""

    address: str
    caption: str
    shows_class: bool


def examples_of(target_class: TargetClass, token: str) -> list[ShownExample]:
    """Those of the class of a grid, for the holder of the grid's token."""
    rows = Example.objects.filter(target_class=target_class).values_list("pk", "caption", "shows_class")
    return [
        ShownExample(reverse("frontend:assignment-example", args=[token, pk]), caption, shows_class)
        for pk, caption, shows_class in rows
    ]
