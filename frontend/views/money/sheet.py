"""A statement as a table for spreadsheets: streamed, and with no cell that a spreadsheet takes for a formula."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from annotation.models import Batch, Enrolment, LedgerEntry
from annotation.models.money import decimal_of
from annotation.payments.statements import Row
from annotation.spreadsheets import harmless

HEADINGS = (
    "place", "submission", "receipt", "worker", "worker_on_platform", "invitation", "email", "standing", "handed_in_at",
    "due_at", "currency", "pay", "bonus", "fee", "refund", "unsettled", "worker_gets", "note",
)  # fmt: skip
Kind = LedgerEntry.Kind


class _Line:
    """What `csv` writes to, which hands it on at once."""

    def write(self, text: str) -> str:
        return text


def lines(batch: Batch, rows: Iterable[Row]) -> Iterator[str]:
    invited = _invited(batch)
    return lines_of(HEADINGS, (_cells(batch, row, invited) for row in rows))


def lines_of(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """One by one; the first begins with a mark by which spreadsheets know the letters."""
    writer: Any = csv.writer(_Line())
    yield "\ufeff" + writer.writerow(headings)
    for row in rows:
        yield writer.writerow([harmless(cell) for cell in row])


def _cells(batch: Batch, row: Row, invited: dict[int, tuple[str, str]]) -> list[str]:
    place, done = row.place, row.done
    amounts = [
        *(done.get(kind, 0) for kind in (Kind.APPROVE, Kind.BONUS, Kind.FEE, Kind.REFUND)), row.unsettled, row.gets
    ]  # fmt: skip
    return [
        str(place.pk),
        place.external_id,
        str(place.assignment_id or ""),
        row.pseudonym,
        place.worker_external_id,
        *invited.get(place.worker_id or 0, ("", "")),
        row.standing.value,
        _time(place.submitted_at),
        _time(row.due_at),
        batch.currency,
        *(str(decimal_of(each, batch.currency)) for each in amounts),
        " ".join(row.why.split()),
    ]


def _invited(batch: Batch) -> dict[int, tuple[str, str]]:
    """By worker, how one's own people were invited: their ids here say nothing."""
    joined = Enrolment.objects.filter(study=batch.study_id, worker__platform=batch.platform)
    found = joined.values_list("worker", "invitation__name", "invitation__email")
    return {worker: (name, email or "") for worker, name, email in found}


def _time(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""


def file_name(batch: Batch) -> str:
    return f"{batch.study.slug}-batch-{batch.pk}-statement.csv"
