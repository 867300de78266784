"""The table of results: every classifier on every set, by the likeliest class and by the five likeliest."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evaluation.reports.content import Accuracy, ClassifierContent, Content, ResultContent
from evaluation.stats.ranks import ranks

Five = tuple[Accuracy, int]
"""Of the five likeliest classes, with its rank."""


@dataclass(frozen=True)
class Figures:
    """An accuracy, its change from the original, and the place among the classifiers; fractions in [0, 1]."""

    accuracy: float
    low: float
    high: float
    change: float | None
    rank: str
    rank_change: int | None
    sorted_by: tuple[str, str]
    """Accuracy and change for a script: written here, as templates take long over thousands of numbers."""


@dataclass(frozen=True)
class Cell:
    test_set: str
    is_original: bool
    top1: Figures
    top5: Figures | None


@dataclass(frozen=True)
class Row:
    classifier: ClassifierContent
    cells: list[Cell]


@dataclass(frozen=True)
class Mean:
    """Over the classifiers, on one set."""

    is_original: bool
    top1: float
    top1_change: float | None
    top5: float | None
    top5_change: float | None


@dataclass(frozen=True)
class ResultsTable:
    sets: list[str]
    rows: list[Row]
    means: list[Mean]
    groups: list[str]
    """Of the classifiers; there is no choice where there is one."""
    families: list[str]
    has_top5: bool
    has_dates: bool


def results_table(content: Content) -> ResultsTable:
    classifiers = content["classifiers"]
    names = [each["name"] for each in content["test_sets"]]
    columns = [[row["results"][j] for row in classifiers] for j in range(len(names))]
    has_top5 = all(each["top5"] for column in columns for each in column)
    top5: list[Sequence[Five | None]] = [_ranked(column) if has_top5 else [None] * len(column) for column in columns]
    rows = [Row(row, _cells(row["results"], [column[i] for column in top5])) for i, row in enumerate(classifiers)]
    return ResultsTable(
        sets=names,
        rows=rows,
        means=[_mean([row.cells[j] for row in rows]) for j in range(len(names))],
        groups=_distinct(row["group"] for row in classifiers),
        families=_distinct(row["family"] for row in classifiers if row["family"]),
        has_top5=has_top5,
        has_dates=any(row["released_on"] for row in classifiers),
    )


def _cells(results: Sequence[ResultContent], top5: Sequence[Five | None]) -> list[Cell]:
    cells = []
    for j, (result, five) in enumerate(zip(results, top5, strict=True)):
        first = _figures(result, result.get("change"), result["rank"], result.get("rank_change"))
        cells.append(
            Cell(result["test_set"], j == 0, first, five and top5[0] and _compared(five, top5[0], is_original=j == 0))
        )
    return cells


def _compared(found: Five, original: Five, *, is_original: bool) -> Figures:
    counts, rank = found
    change = None if is_original else counts["accuracy"] - original[0]["accuracy"]
    return _figures(counts, change, rank, None if is_original else original[1] - rank)


def _figures(counts: Accuracy, change: float | None, rank: int, rank_change: int | None) -> Figures:
    sorted_by = f"{counts['accuracy']:.6f}", "" if change is None else f"{change:.6f}"
    return Figures(counts["accuracy"], counts["low"], counts["high"], change, str(rank), rank_change, sorted_by)


def _ranked(results: Sequence[ResultContent]) -> Sequence[Five]:
    """The five likeliest classes, which every classifier must have: a rank among some of them would say nothing."""
    counts = [each["top5"] for each in results if each["top5"]]
    places = ranks([each["num_correct"] for each in counts]).tolist()
    return list(zip(counts, places, strict=True))


def _mean(cells: Sequence[Cell]) -> Mean:
    first, five = [each.top1 for each in cells], [each.top5 for each in cells if each.top5]
    return Mean(
        cells[0].is_original,
        _average([each.accuracy for each in first]),
        None if cells[0].is_original else _average([each.change or 0.0 for each in first]),
        _average([each.accuracy for each in five]) if five else None,
        _average([each.change or 0.0 for each in five]) if five and not cells[0].is_original else None,
    )


def _average(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
