"""The table of classes: what a row shows, and the orders that it can be read in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.http import urlencode

from evaluation.reports.content import ClassContent, Content


@dataclass(frozen=True)
class Part:
    """Of a class on one test set: mean accuracy over the classifiers, None where it has no image there."""

    num_images: int
    accuracy: float | None


@dataclass(frozen=True)
class Row:
    class_id: str
    name: str
    parts: list[Part]
    change: float | None


@dataclass(frozen=True)
class Heading:
    label: str
    query: str
    """Leads to the table sorted by this column; the other way round where it is already."""
    direction: str


def rows_of(content: Content, *, text: str = "", sort: str = "change") -> list[ClassContent]:
    """Those whose name or id has the text, sorted; what has no value comes last."""
    classes = content["classes"]
    wanted = text.strip().lower()
    found = [
        row
        for row in (classes["rows"] if classes else [])
        if wanted in row["name"].lower() or wanted in row["class_id"].lower()
    ]
    column, is_down = sort.removeprefix("-"), sort.startswith("-")
    keys = [_key(row, column, classes["num_classifiers"] if classes else 1) for row in found]
    with_value = [pair for pair in zip(keys, found, strict=True) if pair[0] is not None]
    with_value.sort(key=lambda pair: pair[0], reverse=is_down)
    return [row for _, row in with_value] + [row for key, row in zip(keys, found, strict=True) if key is None]


def shown(rows: Sequence[ClassContent], num_classifiers: int) -> list[Row]:
    """For the page: only its rows are made."""
    return [
        Row(
            row["class_id"],
            row["name"],
            [
                Part(num_images, _accuracy(row, index, num_classifiers))
                for index, num_images in enumerate(row["num_images"])
            ],
            row["change"],
        )
        for row in rows
    ]


def checked_sort(asked: str, content: Content) -> str:
    """What the address asks for, or the largest drop first."""
    return asked if asked.removeprefix("-") in _columns(content) else "change"


def headings(content: Content, *, sort: str, text: str) -> list[Heading]:
    column, is_down = sort.removeprefix("-"), sort.startswith("-")
    found = []
    for key, label in _columns(content).items():
        leads_to = f"-{key}" if key == column and not is_down else key
        direction = ("descending" if is_down else "ascending") if key == column else ""
        found.append(Heading(label, urlencode({"class": text, "sort": leads_to}), direction))
    return found


def _columns(content: Content) -> dict[str, str]:
    sets = {f"set{index}": each["name"] for index, each in enumerate(content["test_sets"])}
    return {"name": "class"} | sets | {"change": "change"}


def _key(row: ClassContent, column: str, num_classifiers: int) -> Any:
    if column == "name":
        return row["name"].lower()
    if column == "change":
        return row["change"]
    return _accuracy(row, int(column.removeprefix("set")), num_classifiers)


def _accuracy(row: ClassContent, index: int, num_classifiers: int) -> float | None:
    num_judged = row["num_images"][index] * num_classifiers
    return row["num_correct"][index] / num_judged if num_judged else None
