"""Imports of small tables, as the command makes them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.db import connection

from annotation import judgements
from annotation.judgements import How, Import, ImportReport, Refusals
from annotation.models import Assignment, Study
from annotation.sources.judgements import Columns, read_judgements
from tests import cast

HEADER = "worker,image,target_class,selected"


def table(tmp_path: Path, lines: Iterable[str], header: str = HEADER) -> Path:
    path = tmp_path / "table.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def take_in(study: Study, path: Path, columns: Columns | None = None, **options: Any) -> ImportReport:
    how = How(**{"imported_from": path.name, "workers_from": study.slug} | options)
    report = ImportReport(Refusals())
    this = Import(study, how, cast.NOW, report, lambda _: None)
    judgements.take_in(read_judgements(path, columns or Columns()), this=this)
    return report


def refused(report: ImportReport) -> dict[int, str]:
    return {row.line: row.reason for row in report.refusals.first}


def recorded(study: Study) -> dict[tuple[str, str, str], bool]:
    """By worker, class and source: whether it was selected; asked of the database's own view."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT w.external_id, t.class_id, c.source, j.is_selected FROM judgement j "
            "JOIN annotation_worker w ON w.id = j.worker_id JOIN annotation_candidate c ON c.id = j.candidate_id "
            "JOIN annotation_targetclass t ON t.id = c.target_class_id WHERE c.study_id = %s "
            "ORDER BY w.external_id, t.class_id, c.source",
            [study.pk],
        )
        rows = cursor.fetchall()
    found = {(worker.partition("/")[2], class_id, source): selected for worker, class_id, source, selected in rows}
    assert len(found) == len(rows) == sum(map(num_seen, Assignment.objects.filter(hit__batch__study=study)))
    return found


def num_seen(assignment: Assignment) -> int:
    return int.from_bytes(assignment.seen or b"", "little").bit_count()
