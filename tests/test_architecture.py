"""The house laws that import-linter can't see: sizes, and one writer for every table."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ["config", "annotation", "evaluation", "frontend", "tests"]
SOURCES = sorted(
    path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts
)
CODE = [path for path in SOURCES if path.relative_to(ROOT).parts[0] != "tests"]

WRITERS = {
    "annotation/studies/records.py": {"Study"},
    "annotation/studies/classes.py": {"TargetClass", "ClassCorrection"},
    "annotation/candidates/images.py": {"Image", "ImageSignature"},
    "annotation/candidates/ingesting.py": {"Candidate"},
    "annotation/candidates/exclusions.py": {"Exclusion", "Readmission", "ReplacedExclusion"},
    "annotation/candidates/bulk.py": {"BulkExclusion"},
    "annotation/collecting/records.py": {"Collection", "CollectionRefusal"},
    "annotation/grids.py": {"Grid"},
    "annotation/hits.py": {"Batch", "HIT"},
    "annotation/examples.py": {"Example"},
    "annotation/workers.py": {"Worker", "Invitation", "Enrolment"},
    "annotation/assignments.py": {"Assignment"},
    "annotation/complaints.py": {"Complaint"},
    "annotation/postings/putting_up.py": {"Posting"},
    "annotation/postings/keeping_away.py": {"KeptAway"},
    "annotation/postings/places.py": {"Place"},
    "annotation/postings/arrivals.py": {"Arrival"},
    "annotation/postings/rounds.py": {"LastRound"},
    "annotation/payments/reconciling.py": {"Reconciliation"},
    "annotation/launches/drafting.py": {"Launch"},
    "annotation/messages.py": {"Message"},
    "annotation/payments/ledger.py": {"LedgerEntry"},
    "annotation/payments/bonuses.py": {"BonusOrder"},
    "annotation/payments/rejections.py": {"Rejection"},
    "annotation/quality/decisions.py": {"RuleSetting", "WorkerDecision"},
    "annotation/quality/reviews.py": {"QualityReview", "ClassPosterior"},
    "annotation/frequencies.py": {"JudgementFilter", "SelectionFrequency", "FrequencyTally", "FrequencyMixture"},
    "annotation/duplicates/references.py": {"ReferenceImage"},
    "annotation/duplicates/searching.py": {"DuplicateSearch"},
    "annotation/duplicates/pairs.py": {"DuplicatePair"},
    "annotation/duplicates/deciding.py": {"DuplicateDecision", "SurvivorChoice"},
    "annotation/testsets/building.py": {"TestSet", "TestSetImage"},
    "annotation/reviews/rounds.py": {"TestSetReview"},
    "annotation/reviews/verdicts.py": {"ClassReview", "Verdict"},
    "annotation/reviews/conflicts.py": {"Resolution"},
    "annotation/exports/records.py": {"Export", "ExportPiece"},
    "annotation/takedowns/removing.py": {"TakeDown"},
    "evaluation/classifiers.py": {"Classifier"},
    "evaluation/runs.py": {"Run", "RunShard"},
    "evaluation/predictions.py": {"PredictionSet"},
    "evaluation/scores.py": {"Score"},
    "evaluation/looks.py": {"AccuracyLook"},
    "evaluation/reports/records.py": {"Report"},
}
# Launching a HIT creates its free slots in the same statement group (law 6).
SHARED = {"Assignment": {"annotation/assignments.py", "annotation/hits.py"}}
WRITES = re.compile(
    r"\b(\w+)\.(?:objects|_base_manager)\b[^\n]*?\.(?:create|bulk_create|get_or_create|update_or_create|bulk_update|update|delete)\("
)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_every_table_has_one_writer() -> None:
    tables = {
        model.__name__
        for model in apps.get_models()
        if model._meta.app_label in ("annotation", "evaluation") and not model._meta.auto_created
    }
    assert tables == set().union(*WRITERS.values())


def test_only_its_module_writes_a_table() -> None:
    all_tables = set().union(*WRITERS.values())
    foreign = [
        f"{relative(path)} writes {table}"
        for path in CODE
        for table in WRITES.findall(path.read_text())
        if table in all_tables - WRITERS.get(relative(path), set()) and relative(path) not in SHARED.get(table, set())
    ]
    assert foreign == []


def test_no_file_and_no_function_has_outgrown_its_room() -> None:
    too_long = [f"{relative(path)}: split it by noun" for path in SOURCES if len(path.read_text().splitlines()) > 400]
    for path in SOURCES:
        for function in functions(path):
            is_documented = ast.get_docstring(function) is not None and len(function.body) > 1
            length = (function.end_lineno or function.lineno) - function.body[is_documented].lineno + 1
            if length > 60:
                too_long.append(f"{relative(path)}: {function.name} has {length} lines")
    assert too_long == []


def test_no_room_for_leftovers() -> None:
    assert {path.stem for path in CODE} & {"utils", "helpers", "services_", "common", "misc"} == set()


def test_no_folder_holds_too_much() -> None:
    for folder in {path.parent for path in SOURCES}:
        modules = [path for path in folder.glob("*.py") if path.stem != "__init__"]
        assert len(modules) <= 18, f"{relative(folder)} holds {len(modules)} modules"


@pytest.mark.parametrize("pattern", ["*.html", "*.js"])
def test_templates_and_scripts_are_short(pattern: str) -> None:
    for path in (ROOT / "frontend").rglob(pattern):
        assert len(path.read_text().splitlines()) <= 200, f"{relative(path)} is too long"


def test_stage_modules_read_no_clock_and_no_global_random_state() -> None:
    forbidden = re.compile(
        r"timezone\.now\(|datetime\.now\(|time\.time\(|np\.random\.(?!default_rng|Generator)|(?<![\w.])random\."
    )
    for name in [*WRITERS, "annotation/stats", "evaluation/stats"]:
        files = [ROOT / name] if name.endswith(".py") else sorted((ROOT / name).rglob("*.py"))
        for path in files:
            found = forbidden.search(path.read_text())
            assert found is None, f"{relative(path)}: {found and found.group()}"


def test_every_command_is_documented() -> None:
    commands = {path.stem for path in CODE if path.parent.name == "commands" and path.stem != "__init__"}
    text = (ROOT / "docs" / "operations.md").read_text()
    assert {name for name in commands if f"`{name}" not in text} == set()
