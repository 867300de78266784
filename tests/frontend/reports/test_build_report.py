"""The command that builds a report without a browser."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from annotation.models import Study
from frontend import charts
from frontend.charts import ReportChart
from frontend.reporting.folder import names_of
from tests.evaluation import reported

pytestmark = pytest.mark.django_db


@pytest.fixture
def scored(researcher: User) -> Study:
    return reported.scored_study(reported.SIX, [researcher], is_simulated=True)[0]


def written(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_build_report_prints_the_table_and_writes_the_files(scored: Study, tmp_path: Path, capsys: Any) -> None:
    call_command("build_report", study="digits-twin", output=str(tmp_path / "report"))
    printed = capsys.readouterr().out
    assert re.search(r"forest +90\.0 \[82\.4, 95\.1\] +80\.0 \[70\.8, 87\.3\] −10\.0", printed)
    assert "The judgements are simulated" in printed
    folder, content = tmp_path / "report", scored.reports.get().content
    stems = {name for chart in charts.available(content) for name in names_of(chart)}
    assert {"key-probit", "key-linear", "key-logit", "ranks-calibrated", "ranks-easier", "waterfall-easier"} <= stems
    files = {f"{stem}.{end}" for stem in stems for end in ("svg", "png", "pdf", "csv")}
    assert written(folder) == files | {"report.json", "report.html"}
    assert json.loads((folder / "report.json").read_text()) == content
    assert "points of accuracy on average" in (folder / "report.html").read_text()
    assert b"Logit" not in (folder / "key-probit.csv").read_bytes()
    header, first, *_ = (folder / "key-linear.csv").read_text().splitlines()
    assert header.startswith("classifier,group,test_set,original_correct_images,original_images,")
    assert first.startswith("forest,standard,calibrated,90,100,90.0,")


def test_build_report_compares_what_is_named(scored: Study, capsys: Any) -> None:
    original, _, easier = scored.test_sets.order_by("pk")
    call_command(
        "build_report", "--study=digits-twin", f"--set={original.citation}", f"--set={easier.citation}",
        "--classifier=forest", "--classifier=tree", "--families-once",
    )  # fmt: skip
    content = scored.reports.get().content
    assert [each["name"] for each in content["test_sets"]] == ["original", "easier"]
    assert [each["name"] for each in content["classifiers"]] == ["forest", "tree"]
    assert content["selection"]["families_once"]
    printed = capsys.readouterr().out
    assert "stump" not in printed
    assert "/studies/digits-twin/report/?set=" in printed
    assert "families=once" in printed


def test_build_report_names_a_set_that_is_unknown(scored: Study) -> None:
    with pytest.raises(CommandError, match="nowhere/easier@r1"):
        call_command("build_report", "--study=digits-twin", "--set=nowhere/easier@r1")


def test_files_are_named_by_letters_and_digits_and_never_twice() -> None:
    sets = ["easier", "Easier!", "../../etc/passwd", "数字"]
    chart = ReportChart("ranks", "", "", "", {"test_set": sets})
    named = names_of(chart)
    assert [choice["test_set"] for choice in named.values()] == sets
    assert list(named) == ["ranks-easier", "ranks-easier-2", "ranks-etcpasswd", "ranks-4"]


def test_build_report_names_an_unknown_study(db: None) -> None:
    with pytest.raises(CommandError, match="There is no study 'nowhere'"):
        call_command("build_report", study="nowhere")


def test_build_report_says_what_is_missing(db: None) -> None:
    reported.study()
    with pytest.raises(CommandError, match="freeze them first"):
        call_command("build_report", study="digits-twin")
