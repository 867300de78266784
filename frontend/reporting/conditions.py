"""Accuracy under changed conditions: a table of means for each test set, and single classifiers where they are few."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.reports.content import ConditionContent, ConditionResult, Content

MOST_ROWS = 100
"""Of a table; a grid of rotations has hundreds."""
MOST_RESULTS = 1000
"""Of single classifiers on the page."""


@dataclass(frozen=True)
class Row:
    """Means over the classifiers that were run under the condition; fractions in [0, 1]."""

    condition: str
    clean: float
    accuracy: float
    change: float
    results: Sequence[ConditionResult]


@dataclass(frozen=True)
class Table:
    test_set: str
    rows: list[Row]
    num_left_out: int
    """Those of the highest accuracy, where there are more than a page bears."""


@dataclass(frozen=True)
class Conditions:
    tables: list[Table]
    has_single: bool
    """Whether single classifiers have their place on the page."""


def conditions_of(content: Content) -> Conditions:
    by_set: dict[str, list[Row]] = {}
    for each in (each for each in content["conditions"] if each["results"]):
        by_set.setdefault(each["test_set"], []).append(_row(each))
    num_results = sum(len(each["results"]) for each in content["conditions"])
    return Conditions([_table(name, rows) for name, rows in by_set.items()], num_results <= MOST_RESULTS)


def _row(of: ConditionContent) -> Row:
    num = len(of["results"])
    accuracy, change = (
        sum(each["accuracy"] for each in of["results"]) / num,
        sum(each["change"] for each in of["results"]) / num,
    )
    return Row(of["condition"], accuracy - change, accuracy, change, of["results"])


def _table(test_set: str, rows: list[Row]) -> Table:
    """In the order of the report, without the mildest where there are too many."""
    worst = {id(row) for row in sorted(rows, key=lambda row: row.accuracy)[:MOST_ROWS]}
    kept = [row for row in rows if id(row) in worst]
    return Table(test_set, kept, len(rows) - len(kept))
