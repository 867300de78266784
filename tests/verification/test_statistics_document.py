"""docs/statistics.md leaves out no statistic, its examples are true, and its tables and charts are there."""

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "statistics.md"


def test_its_examples_come_out() -> None:
    found = doctest.testfile(str(DOCUMENT), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.attempted > 30
    assert found.failed == 0


@pytest.mark.parametrize("folder", ["annotation/stats", "evaluation/stats"])
def test_every_statistic_is_in_it(folder: str) -> None:
    names = {path.name for path in (ROOT / folder).glob("*.py")} - {"__init__.py"}
    assert {name for name in names if name not in DOCUMENT.read_text()} == set()


def test_its_tables_were_made() -> None:
    tables = re.findall(r"<!-- [\w ]+: made by make statistics -->\n(.*?)<!-- end -->", DOCUMENT.read_text(), re.DOTALL)
    assert len(tables) == 4
    assert all("| --- |" in each for each in tables)


def test_what_makes_them_can_be_loaded_without_servers() -> None:
    nowhere = {"DATABASE_URL": "postgres:///none", "REDIS_URL": "redis://127.0.0.1:1"}
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"} | nowhere
    command = [sys.executable, "-c", "import tests.verification.statistics"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_its_charts_are_there_and_said_in_words() -> None:
    charts = re.findall(r"!\[(.*?)\]\((.*?)\)", DOCUMENT.read_text())
    assert len(charts) == 3
    for words, name in charts:
        assert len(words) > 40
        assert "<svg" in (DOCUMENT.parent / name).read_text()
