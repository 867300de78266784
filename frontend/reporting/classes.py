"""The table of classes: what a row shows, and the orders that it can be read in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.http import urlencode

from evaluation.reports.content import ClassContent, Content
from evaluation.stats.accuracy import mean_accuracy
from evaluation.stats.gaps import change_between


@dataclass(frozen=True)
class Part:
    """Of a class on one test set: mean accuracy over the classifiers with its interval, None where it has no image."""

    num_images: int
    accuracy: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Row:
    class_id: str
    name: str
    parts: list[Part]
    change: float | None
    low: float | None = None
    high: float | None = None

    @property
    def is_beyond_chance(self) -> bool:
        """Whether the interval of the change, of this class by itself, leaves out 0."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


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
    return [_shown(row, num_classifiers) for row in rows]


def _shown(row: ClassContent, num_classifiers: int) -> Row:
    found = [
        mean_accuracy(num_correct, num_images, num_classifiers) if num_images else None
        for num_images, num_correct in zip(row["num_images"], row["num_correct"], strict=True)
    ]
    parts = [
        Part(num_images, None)
        if each is None
        else Part(num_images, float(each.accuracy), float(each.low), float(each.high))
        for num_images, each in zip(row["num_images"], found, strict=True)
    ]
    original, new = found[:2]
    if original is None or new is None:
        return Row(row["class_id"], row["name"], parts, row["change"])
    change = change_between(original, new)
    return Row(row["class_id"], row["name"], parts, row["change"], float(change.low), float(change.high))


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
