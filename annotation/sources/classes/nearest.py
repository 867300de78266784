"""Which class is nearest to which: listed, or counted by what a classifier confused."""

import math
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from annotation.errors import UnreadableSource
from annotation.sources.classes.base import Given, shown
from annotation.sources.classes.pages import lists_by_class

MAX_CONFUSED = 3000  # classes of a confusion matrix: every pair of them is a number in memory
MAX_NEAREST = 20


def read_nearest(given: Given) -> dict[str, tuple[str, ...]]:
    """For each class id the ids of others, the nearest first; a list may begin with the class itself."""
    return {
        class_id: tuple(other for other in others if other != class_id)
        for class_id, others in lists_by_class(given).items()
    }


def read_confusion(given: Given) -> dict[str, tuple[str, ...]]:
    """By a confusion matrix: a row for each true class, a column for each predicted one, counts inside.

    Two classes are the nearer the more often one was taken for the other, either way; of those that were confused
    equally often, the one whose column comes first is nearer. Classes that were never confused are not near.
    """
    columns, rows, counts = _table(given)
    order = {class_id: place for place, class_id in enumerate(columns)}
    either = np.zeros((len(columns), len(columns)))
    places = [order[class_id] for class_id in rows]
    either[places] = counts
    either += either.T
    np.fill_diagonal(either, 0)
    ranked = np.argsort(-either, axis=1, kind="stable")[:, :MAX_NEAREST]
    return {
        class_id: tuple(columns[other] for other in ranked[place] if either[place, other] > 0)
        for place, class_id in enumerate(columns)
    }


def _table(given: Given) -> tuple[list[str], list[str], NDArray[np.float64]]:
    lines = given.rows()
    columns = [cell.strip() for cell in next(lines, (0, []))[1]][1:]
    if len(columns) < 2:
        raise UnreadableSource(
            f"{given.told} is no confusion matrix: its first row is an empty cell and then the class ids predicted."
        )
    if len(columns) > MAX_CONFUSED:
        raise UnreadableSource(f"{given.told} has {len(columns):,} columns; at most {MAX_CONFUSED:,} are possible.")
    _refuse_repeated(columns, "columns", given)
    rows, counts, known = [], [], set(columns)
    for line, cells in lines:
        class_id = cells[0].strip()
        if class_id not in known:
            raise UnreadableSource(f"Line {line} is about '{shown(class_id)}', which has no column; give it one.")
        if len(cells) != len(columns) + 1:
            raise UnreadableSource(f"Line {line} has {len(cells) - 1:,} counts for {len(columns):,} columns.")
        rows.append(class_id)
        counts.append(np.array([_count(cell, line) for cell in cells[1:]]))
    if not rows:
        raise UnreadableSource(f"{given.told} has no row of counts; give it one for each true class.")
    _refuse_repeated(rows, "rows", given)
    return columns, rows, np.array(counts)


def _refuse_repeated(class_ids: list[str], what: str, given: Given) -> None:
    class_id, number = Counter(class_ids).most_common(1)[0]
    if number > 1:
        raise UnreadableSource(f"{given.told} has {number:,} {what} for '{shown(class_id)}'; leave all but one out.")


def _count(cell: str, line: int) -> float:
    try:
        count = float(cell)
    except ValueError:
        count = math.nan
    if not (math.isfinite(count) and count >= 0):
        raise UnreadableSource(f"Line {line} has '{shown(cell)}' where a count must be: a number from 0 on.")
    return count
