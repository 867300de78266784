"""import_judgements: what a person at the terminal is told."""

import csv
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from annotation.models import Assignment, Batch, Candidate, Study, TargetClass
from tests import cast

pytestmark = pytest.mark.django_db
ROWS = """rater_id,image,asked_wnid,is_original_label,vote
153,a.JPEG,n01,1,yes
153,a.JPEG,n02,0,maybe
167,a.JPEG,n01,1,no
167,a.JPEG,n01,1,no
167,,n01,1,no
"""
OPTIONS = {
    "worker_column": "rater_id",
    "class_column": "asked_wnid",
    "selected_column": "vote",
    "selected_value": ["yes"],
    "origin_column": "is_original_label",
    "original_value": ["1"],
    "create_candidates": True,
    "create_classes": True,
}


@pytest.fixture
def study() -> Study:
    return cast.study("real")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "judgements.csv"
    path.write_text(ROWS)
    return path


def run(path: Path, **options: Any) -> str:
    out = StringIO()
    call_command("import_judgements", str(path), **{"study": "real", "stdout": out} | OPTIONS | options)
    return out.getvalue()


def test_a_table_of_another_tool_becomes_a_study(study: Study, path: Path) -> None:
    out = run(path)
    assert "5 rows: 3 judgements taken, 0 were there already, 1 said the same again, 1 refused." in out
    assert "refused line 6: The image is empty; give it one." in out
    assert "'no' is not selected: 2 rows" in out
    assert "'maybe' is not selected: 1 rows" in out
    assert "'yes' is selected: 1 rows" in out
    assert (
        "3 assignments of 2 workers in a closed batch; 2 new classes; 2 new candidates without a picture; 2 new grids."
        in out
    )
    assert Batch.objects.get().imported_from == "judgements.csv"


@pytest.mark.django_db(transaction=True)
def test_the_database_knows_of_what_has_come_once_it_is_committed(study: Study, path: Path) -> None:
    analyzed: list[tuple[str, bool]] = []

    def listen(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if str(sql).startswith("ANALYZE"):
            analyzed.append((str(sql).partition("_")[2].strip('"'), connection.in_atomic_block))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        run(path)
    filled = ["targetclass", "candidate", "worker", "grid", "batch", "hit", "assignment"]
    assert analyzed == [(table, False) for table in filled]
    with connection.execute_wrapper(listen):
        run(path)  # nothing new
    assert len(analyzed) == len(filled)
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'annotation_assignment'")
        assert cursor.fetchone()[0] == 3


def test_importing_again_says_that_nothing_has_changed(study: Study, path: Path) -> None:
    run(path)
    before = Assignment.objects.count()
    out = run(path)
    assert "5 rows: 0 judgements taken, 3 were there already, 1 said the same again, 1 refused." in out
    assert "Nothing has changed." in out
    assert Assignment.objects.count() == before


def test_the_columns_need_no_naming_where_they_are_called_as_usual(study: Study, tmp_path: Path) -> None:
    row = cast.candidate(cast.target_class(study))
    path = tmp_path / "table.csv"
    path.write_text(f"task,worker,label\n{row.pk},ann,1\n")
    out = StringIO()
    call_command("import_judgements", "--study", "real", str(path), stdout=out)
    assert "1 rows: 1 judgements taken" in out.getvalue()


def test_every_refused_line_is_in_the_file_and_the_first_on_the_terminal(
    study: Study, path: Path, tmp_path: Path
) -> None:
    path.write_text(ROWS + "x\x1b[31m,b.JPEG,n01,1,yes\n" * 30)
    refused = tmp_path / "refused.csv"
    out = run(path, refused=str(refused))
    assert out.count("  refused line") == 20
    assert "and 11 more; all are in" in out
    with refused.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["line"]) for row in rows] == list(range(6, 37))
    assert "U+001B" in rows[-1]["reason"]
    assert "\x1b" not in out + refused.read_text()


def test_all_or_nothing_shows_why_it_was_nothing(study: Study, path: Path) -> None:
    out = StringIO()
    with pytest.raises(CommandError, match="1 rows were refused, so nothing was imported"):
        run(path, all_or_nothing=True, stdout=out)
    assert "refused line 6" in out.getvalue()
    assert not TargetClass.objects.exists()
    assert not Candidate.objects.exists()


def test_progress_is_shown_with_its_rate(study: Study, path: Path) -> None:
    assert "5 rows read, " in run(path)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"study": "other"}, "There is no study 'other'"),
        ({"worker_column": "who"}, "has no column 'who'"),
        ({"origin": "pool"}, "--origin or --origin-column, not both"),
        ({"origin_column": ""}, "name it with --origin-column"),
        ({"workers_from": "x" * 81}, "1 to 80 plain characters"),
        ({"workers_from": "a/b"}, "without a slash"),
        ({"refused": "/nowhere/refused.csv"}, "can't be written"),
        ({"create_classes": False}, "every row was refused"),
    ],
)
def test_what_can_not_be_done_says_why(study: Study, path: Path, options: Any, complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        run(path, **options)


def test_an_empty_table_is_an_error(study: Study, path: Path) -> None:
    path.write_text(ROWS.splitlines()[0])
    with pytest.raises(CommandError, match="Nothing was imported: no rows"):
        run(path)
