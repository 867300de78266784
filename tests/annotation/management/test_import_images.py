"""import_images: what a person at the terminal is told."""

import csv
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from annotation.models import Candidate, Study
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    study = cast.study("digits")
    for class_id, name in (("1", "one"), ("7", "seven")):
        cast.target_class(study, class_id, name)
    return study


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    for class_id in ("1", "seven"):
        (folder / class_id).mkdir(parents=True)
        for seed in range(3):
            (folder / class_id / f"{seed}.png").write_bytes(cast.png(seed + 10 * len(class_id)))
    return folder


def run(path: Path, **options: Any) -> str:
    out = StringIO()
    call_command("import_images", str(path), **{"study": "digits", "origin": "pool", "stdout": out} | options)
    return out.getvalue()


def test_a_folder_is_imported_by_class_id_or_name(study: Study, folder: Path) -> None:
    assert "6 files: 6 imported, 0 were there already, 0 refused." in run(folder)
    assert sorted(Candidate.objects.values_list("target_class__class_id", flat=True)) == ["1"] * 3 + ["7"] * 3
    assert "6 files: 0 imported, 6 were there already, 0 refused." in run(folder)


def test_a_manifest_is_imported(study: Study, folder: Path) -> None:
    manifest = folder / "manifest.csv"
    manifest.write_text("path,class_id\n1/0.png,1\n../outside.png,1\n")
    out = run(manifest, origin="original")
    assert "refused ../outside.png: The path leads out of its folder" in out
    assert "2 files: 1 imported, 0 were there already, 1 refused." in out
    assert "Warning: class 7 (seven) has no original images." in out


def test_progress_is_shown_with_its_rate(study: Study, folder: Path) -> None:
    assert "6 files read, " in run(folder)


def test_every_refusal_is_in_the_report_and_the_first_on_the_terminal(
    study: Study, folder: Path, tmp_path: Path
) -> None:
    for number in range(25):
        (folder / "1" / f"bad{number:02d}.png").write_bytes(b"not an image")
    report = tmp_path / "report.csv"
    out = run(folder, report=str(report))
    assert out.count("  refused ") == 20
    assert "and 5 more; all are in" in out
    with report.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 25
    assert rows[0]["source"] == "1/bad00.png"
    assert "not an image" in rows[0]["reason"]


def test_a_name_in_the_report_is_run_by_no_spreadsheet(study: Study, folder: Path, tmp_path: Path) -> None:
    (folder / "=HYPERLINK(1)").write_bytes(b"in no class folder")
    run(folder, report=str(tmp_path / "report.csv"))
    with (tmp_path / "report.csv").open(encoding="utf-8", newline="") as file:
        [row] = csv.DictReader(file)
    assert row["source"] == "'=HYPERLINK(1)"


def test_the_files_of_an_unknown_class_are_refused_and_the_rest_is_taken(study: Study, folder: Path) -> None:
    (folder / "seven").rename(folder / "sevn")
    out = run(folder)
    assert out.count("The study has no class 'sevn'; did you mean 7?") == 3
    assert "6 files: 3 imported" in out


def test_nothing_taken_is_an_error_that_still_writes_its_report(study: Study, tmp_path: Path) -> None:
    (tmp_path / "images" / "1").mkdir(parents=True)
    (tmp_path / "images" / "1" / "a.png").write_bytes(b"")
    with pytest.raises(CommandError, match="all 1 were refused"):
        run(tmp_path / "images", report=str(tmp_path / "report.csv"))
    assert "The file is empty." in (tmp_path / "report.csv").read_text()


@pytest.mark.parametrize(
    ("path", "options", "complaint"),
    [
        ("nowhere", {}, "There is nothing to be read at"),
        ("empty", {}, "there are no files"),
        ("empty", {"study": "other"}, "There is no study 'other'"),
        ("empty", {"origin": "both"}, "invalid choice"),
        ("empty", {"report": "/nowhere/report.csv"}, "can't be written"),
    ],
)
def test_what_can_not_start_says_why(study: Study, tmp_path: Path, path: str, options: Any, complaint: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CommandError, match=complaint):
        run(tmp_path / path, **options)
