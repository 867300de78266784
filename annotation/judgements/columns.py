"""Judgements as a table says them, in columns: each text is kept once, and of each row only numbers."""

from array import array
from collections.abc import Callable, Iterable, Sized
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from annotation import studies
from annotation.errors import CannotImport, InvalidStudy, RefusedJudgement
from annotation.models import Origin
from annotation.sources.judgements import JudgementRow, RefusedRow

MAX_WORKER = 100
MAX_IMAGE = 500
MAX_LABELS = MAX_ORIGINS = 1000
ROWS_BETWEEN_LINES = 10_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
YES = frozenset({"1", "1.0", "true", "yes", "selected"})
NO = frozenset({"0", "0.0", "false", "no", "not selected"})
ORIGINS = [*Origin, None]


@dataclass(frozen=True)
class Reading:
    """What the cells of a table mean.

    Labels: where only those of `selected` are given, all others say that the image was not selected; where none are
    given, yes and no, true and false, 1 and 0 are understood. Origins: of the whole table (`origin`), or by a column
    in which those of `original` say so; where none are given there, original and pool are understood.
    """

    selected: frozenset[str] = frozenset()
    not_selected: frozenset[str] = frozenset()
    origin: Origin | None = None
    original: frozenset[str] = frozenset()

    def is_selected(self, label: str) -> bool:
        if not label:
            raise RefusedJudgement("The label is empty.")
        if label in self.selected or (not self.selected and label.casefold() in YES):
            return True
        if label in self.not_selected or (not self.selected and label.casefold() in NO):
            return False
        if self.selected and not self.not_selected:
            return False
        raise RefusedJudgement(f"The label {label[:50]!r} says neither selected nor not selected.")

    def origin_of(self, text: str) -> Origin:
        if not text:
            raise RefusedJudgement("The origin is empty.")
        if self.original:
            return Origin.ORIGINAL if text in self.original else Origin.POOL
        if text not in Origin.values:
            raise RefusedJudgement(f"The origin {text[:50]!r} is neither original nor pool.")
        return Origin(text)


class Texts(dict[str | None, int]):
    """Numbers of texts, in the order they are met; asked for a text that can't be taken, it says why."""

    def __init__(self, what: str, max_length: int, max_num: int) -> None:
        super().__init__({None: -1})
        self.texts: list[str] = []
        self._what = what
        self._max_length = max_length
        self._max_num = max_num
        self._known: dict[str, int] = {}

    def __missing__(self, raw: str | None) -> int:
        assert raw is not None
        text = self._cleaned(raw)
        number = self._known.get(text)
        if number is None:
            number = self._known[text] = len(self.texts)
            self.texts.append(text)
        _check_number(self, self._what, self._max_num)
        self[raw] = number
        return number

    def _cleaned(self, raw: str) -> str:
        try:
            raw.encode()
            return studies.line(raw, self._what, self._max_length)
        except UnicodeEncodeError as error:
            raise RefusedJudgement(f"{self._what} is not UTF-8 text; save the table as UTF-8.") from error
        except InvalidStudy as error:
            raise RefusedJudgement(str(error)) from error


def _check_number(known: Sized, what: str, max_num: int) -> None:
    if len(known) > max_num:
        raise CannotImport(f"{what} has more than {max_num:,} different values; is it read from the right column?")


def _workers() -> Texts:
    return Texts("The worker", MAX_WORKER, 1_000_000)


def _images() -> Texts:
    return Texts("The image", MAX_IMAGE, 5_000_000)


def _classes() -> Texts:
    return Texts("The class", studies.MAX_NAME, 100_000)


def _labels() -> Texts:
    return Texts("The label", 100, MAX_LABELS)


@dataclass
class Table:
    """The rows that could be read; the columns have an entry for each, most of them the number of a text."""

    workers: Texts = field(default_factory=_workers)
    images: Texts = field(default_factory=_images)
    classes: Texts = field(default_factory=_classes)
    labels: Texts = field(default_factory=_labels)
    is_selected: list[bool] = field(default_factory=list)
    """Of each label."""
    columns: "tuple[array[int], ...]" = field(default_factory=lambda: tuple(array(code) for code in "qiiihbq"))
    num_read: int = 0

    @property
    def line(self) -> NDArray[np.int64]:
        return self._column(0)

    @property
    def worker(self) -> NDArray[np.int64]:
        return self._column(1)

    @property
    def image(self) -> NDArray[np.int64]:
        return self._column(2)

    @property
    def target_class(self) -> NDArray[np.int64]:
        """-1 where the table names none."""
        return self._column(3)

    @property
    def label(self) -> NDArray[np.int64]:
        return self._column(4)

    @property
    def origin(self) -> NDArray[np.int64]:
        """Place in `ORIGINS`."""
        return self._column(5)

    @property
    def time(self) -> NDArray[np.int64]:
        """Microseconds since 1970, or -1."""
        return self._column(6)

    def _column(self, number: int) -> NDArray[np.int64]:
        column = self.columns[number]
        return np.frombuffer(column, dtype=column.typecode) if column else np.empty(0, dtype=column.typecode)

    def labels_counted(self) -> list[tuple[str, bool, int]]:
        """Each label, what it was taken for, and how many rows have it; the most frequent first."""
        nums = np.bincount(self.label, minlength=len(self.labels.texts)).tolist()
        counted = zip(self.labels.texts, self.is_selected, nums, strict=True)
        return sorted(counted, key=lambda each: -each[2])


def collect(
    rows: Iterable[JudgementRow | RefusedRow],
    *,
    reading: Reading,
    now: datetime,
    refuse: Callable[[int, str], None],
    on_progress: Callable[[int], None],
) -> Table:
    """Read all rows; those that can't be read go to `refuse` with their line, and `on_progress` is told how many."""
    table = Table()
    origins: dict[str | None, int] = {None: ORIGINS.index(reading.origin)}
    line, worker, image, target_class, label, origin, time = (column.append for column in table.columns)
    for row in rows:
        table.num_read += 1
        if table.num_read % ROWS_BETWEEN_LINES == 0:
            on_progress(table.num_read)
        try:
            if isinstance(row, RefusedRow):
                raise RefusedJudgement(row.reason)
            numbers = table.workers[row.worker], table.images[row.image], table.classes[row.target_class]
            if row.origin not in origins:
                _check_number(origins, "The origin", MAX_ORIGINS)
                origins[row.origin] = ORIGINS.index(reading.origin_of((row.origin or "").strip()))
            of_label = table.labels.get(row.selected)
            if of_label is None:
                of_label = _label(table, row.selected, reading)
            at = -1 if row.submitted_at is None else _microseconds(row.submitted_at, now)
        except RefusedJudgement as error:
            refuse(row.line, str(error))
            continue
        line(row.line)
        worker(numbers[0])
        image(numbers[1])
        target_class(numbers[2])
        label(of_label)
        origin(origins[row.origin])
        time(at)
    on_progress(table.num_read)
    return table


def _label(table: Table, raw: str, reading: Reading) -> int:
    is_selected = reading.is_selected(raw.strip())
    number = table.labels[raw]
    if number == len(table.is_selected):
        table.is_selected.append(is_selected)
    return number


def _microseconds(text: str, now: datetime) -> int:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise RefusedJudgement(f"The time {text[:50]!r} is not one such as 2026-03-01T12:00:00Z.") from error
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    if not EPOCH <= at <= now:
        raise RefusedJudgement(f"The time {text[:50]!r} lies before 1970 or in the future.")
    return (at - EPOCH) // MICROSECOND
