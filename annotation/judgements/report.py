"""An import of judgements: how it is to be done, and what has become of every row."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from annotation.judgements.columns import Reading
from annotation.models import Study
from annotation.sources.judgements import RefusedRow


@dataclass(frozen=True)
class How:
    """What the cells mean, what may be made, and what the judgements are known by."""

    imported_from: str
    workers_from: str
    """Worker ids are unique within this; the same id imported again is the same `Worker`."""
    reading: Reading = field(default_factory=Reading)
    create_candidates: bool = False
    create_classes: bool = False
    all_or_nothing: bool = False
    is_simulated: bool = False

    def external_id(self, worker: str) -> str:
        return f"{self.workers_from}/{worker}"


class Refusals:
    """The rows that are not taken: all are passed on, only the first and their number are kept."""

    NUM_KEPT = 20

    def __init__(self, pass_on: Callable[[int, str], None] | None = None) -> None:
        self.first: list[RefusedRow] = []
        self.num = 0
        self._pass_on = pass_on

    def add(self, line: int, reason: str) -> None:
        self.num += 1
        if len(self.first) < self.NUM_KEPT:
            self.first.append(RefusedRow(line, reason))
        if self._pass_on is not None:
            self._pass_on(line, reason)


@dataclass
class ImportReport:
    """What became of every row: `num_read` is the sum of taken, existing, repeated and refused ones."""

    refusals: Refusals
    num_read: int = 0
    num_taken: int = 0
    num_existing: int = 0
    num_repeated: int = 0
    num_workers: int = 0
    """Of the judgements taken."""
    num_new_classes: int = 0
    num_new_candidates: int = 0
    num_new_grids: int = 0
    num_assignments: int = 0
    labels: list[tuple[str, bool, int]] = field(default_factory=list)
    """Each label, whether it says selected, and how many rows have it."""


@dataclass(frozen=True)
class Import:
    """One import under way."""

    study: Study
    how: How
    now: datetime
    report: ImportReport
    on_progress: Callable[[ImportReport], None]

    def refuse(self, line: int, reason: str) -> None:
        self.report.refusals.add(line, reason)

    def has_read(self, num_rows: int) -> None:
        self.report.num_read = num_rows
        self.on_progress(self.report)

    def has_taken(self, num_judgements: int) -> None:
        self.report.num_taken = num_judgements
        self.on_progress(self.report)
