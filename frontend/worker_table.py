"""What the quality page shows of workers: rows of the last review, in an order of the reader's, with decisions."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from annotation.models import Effect, Study, Worker, WorkerDecision
from annotation.quality import RULES
from frontend.templatetags.figures import percent


@dataclass(frozen=True)
class Flag:
    """That a rule has found the worker, and its evidence in words."""

    label: str
    words: str


@dataclass(frozen=True)
class WorkerRow:
    """A worker under the study's name for them; `figures` are those of the review."""

    pseudonym: str
    figures: Mapping[str, Any]
    flags: list[Flag]
    decisions: list[WorkerDecision]
    """Those that hold."""

    @property
    def num_right(self) -> int:
        return int(self.figures["positive_right"] + self.figures["negative_right"])

    @property
    def num_controls(self) -> int:
        return int(self.figures["positive_seen"] + self.figures["negative_seen"])

    @property
    def agreement(self) -> float | None:
        pairs = self.figures["num_pairs"]
        return self.figures["num_agreed"] / pairs if pairs else None

    @property
    def held(self) -> set[str]:
        """The effects that hold for them."""
        return {decision.effect for decision in self.decisions}

    @property
    def is_excluded(self) -> bool:
        return Effect.EXCLUDE in self.held

    @property
    def is_stopped(self) -> bool:
        return Effect.STOP in self.held


@dataclass(frozen=True)
class Column:
    """A column of the table that can be sorted by."""

    key: str
    label: str
    value: Callable[[WorkerRow], Any]
    is_number: bool = True


def _figure(name: str) -> Callable[[WorkerRow], Any]:
    return lambda row: row.figures.get(name)


COLUMNS = [
    Column("worker", "Worker", lambda row: row.pseudonym, is_number=False),
    Column("grids", "Grids", _figure("num_grids")),
    Column("seconds", "Time per grid (s)", _figure("median_seconds")),
    Column("controls", "Controls passed / seen", lambda row: row.num_controls or None),
    Column("accuracy", "Control accuracy (%)", _figure("control_accuracy")),
    Column("agreement", "Agrees with others (%)", lambda row: row.agreement),
    Column("sensitivity", "Sensitivity (%)", _figure("sensitivity")),
    Column("specificity", "Specificity (%)", _figure("specificity")),
    Column("changed", "Frequencies changed", _figure("num_changed")),
    Column("change", "Mean change (points)", _figure("mean_change")),
    Column("flags", "Found by", lambda row: len(row.flags) or None, is_number=False),
]
DEFAULT = "-flags"


def rows_of(study: Study, content: Mapping[str, Any]) -> list[WorkerRow]:
    """All workers of a review."""
    holding: dict[int, list[WorkerDecision]] = {}
    for decision in study.worker_decisions.active():
        holding.setdefault(decision.worker_id, []).append(decision)
    return [
        WorkerRow(
            Worker.pseudonym_in(study.pk, figures["worker_id"]),
            figures,
            [Flag(RULES[flag["rule"]].label, in_words(study.pk, flag)) for flag in figures["flags"]],
            holding.get(figures["worker_id"], []),
        )
        for figures in content["workers"]
    ]


def in_order(rows: Iterable[WorkerRow], sort: str) -> list[WorkerRow]:
    """By the column of this key, downwards with a "-" before it; those without a value come last."""
    by_name = sorted(rows, key=lambda row: row.pseudonym)
    value = {column.key: column.value for column in COLUMNS}[sort.removeprefix("-")]
    known = [row for row in by_name if value(row) is not None]
    unknown = [row for row in by_name if value(row) is None]
    return sorted(known, key=value, reverse=sort.startswith("-")) + unknown


def checked_sort(asked: str) -> str:
    """The order asked for, where there is such a one."""
    return asked if asked.removeprefix("-") in {column.key for column in COLUMNS} else DEFAULT


def headings(sort: str) -> list[dict[str, Any]]:
    """The columns, each with the order its heading leads to."""
    now = sort.removeprefix("-")
    return [
        {
            "column": column,
            "leads_to": column.key if sort == f"-{column.key}" else f"-{column.key}",
            "aria_sort": ("descending" if sort.startswith("-") else "ascending") if column.key == now else "",
        }
        for column in COLUMNS
    ]


def in_words(study_id: int, found: Mapping[str, Any]) -> str:
    """The evidence of a flag or of a rule's decision."""
    return WORDS[found["rule"]](study_id, found["evidence"], found["threshold"])


def _on_controls(study_id: int, e: Mapping[str, Any], threshold: float) -> str:
    return (
        f"Right on {e['positive_right']:,} of {e['positive_seen']:,} positive and {e['negative_right']:,} of "
        f"{e['negative_seen']:,} negative controls; in one kind below {percent(threshold, 0)} with a probability of "
        f"{percent(e['probability'])}."
    )


def _on_speed(study_id: int, e: Mapping[str, Any], threshold: float) -> str:
    return f"Half of {e['num_timed']:,} grids took at most {e['median_seconds']:.1f} s; the floor is {threshold:g} s."


def _on_patterns(study_id: int, e: Mapping[str, Any], threshold: float) -> str:
    expected = e["expected_everything"] + e["expected_nothing"] + e["expected_same"]
    return (
        f"Of {e['num_grids']:,} grids {e['num_everything']:,} answered with everything, {e['num_nothing']:,} with "
        f"nothing, {e['num_same']:,} with the positions of the grid before; chance explains {expected:,.1f}. "
        f"Beyond it {percent(e['share'], 0)}, the limit is {percent(threshold, 0)}."
    )


def _on_informedness(study_id: int, e: Mapping[str, Any], threshold: float) -> str:
    return (
        f"In {e['num_judgements']:,} judgements a sensitivity of {percent(e['sensitivity'], 0)} and a specificity of "
        f"{percent(e['specificity'], 0)} by the two-coin model: together at most {percent(e['at_most'], 0)} above a "
        f"coin's, the limit is {percent(threshold, 0)}."
    )


def _on_twins(study_id: int, e: Mapping[str, Any], threshold: float) -> str:
    return (
        f"Agrees with {Worker.pseudonym_in(study_id, e['partner_id'])} on {e['num_agreed']:,} of "
        f"{e['num_shared']:,} candidates; {e['expected']:,.0f} were to be expected "
        f"(false discovery rate {e['q_value']:.1g}, the limit is {threshold:g})."
    )


WORDS: dict[str, Callable[[int, Mapping[str, Any], float], str]] = {
    "control_accuracy": _on_controls,
    "speed_floor": _on_speed,
    "straightlining": _on_patterns,
    "informedness": _on_informedness,
    "twin_workers": _on_twins,
}
