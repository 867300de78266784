"""The command that builds a report without a browser."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from annotation.models import Study
from tests.evaluation import reported

pytestmark = pytest.mark.django_db


@pytest.fixture
def scored(researcher: User) -> Study:
    return reported.scored_study(reported.SIX, [researcher], is_simulated=True)[0]


def test_build_report_prints_the_table_and_writes_the_files(scored: Study, tmp_path: Path, capsys: Any) -> None:
    call_command("build_report", study="digits-twin", output=str(tmp_path / "report"))
    printed = capsys.readouterr().out
    assert re.search(r"forest +90\.0 \[82\.4, 95\.1\] +80\.0 \[70\.8, 87\.3\] −10\.0", printed)
    assert "The judgements are simulated" in printed
    written = {path.name for path in (tmp_path / "report").iterdir()}
    charts = {f"key-{scale}.{end}" for scale in ("linear", "probit") for end in ("svg", "png", "pdf")}
    assert written == charts | {"report.json"}
    assert json.loads((tmp_path / "report" / "report.json").read_text()) == scored.reports.get().content


def test_build_report_names_an_unknown_study(db: None) -> None:
    with pytest.raises(CommandError, match="There is no study 'nowhere'"):
        call_command("build_report", study="nowhere")


def test_build_report_says_what_is_missing(db: None) -> None:
    reported.study()
    with pytest.raises(CommandError, match="freeze them first"):
        call_command("build_report", study="digits-twin")
