import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from annotation.models import Study
from evaluation import reports
from tests import cast
from tests.evaluation import reported
from tests.frontend.charts.cast import HOSTILE, SIGNATURES

pytestmark = pytest.mark.django_db

PAGE = "/studies/digits-twin/report/"
TEMPLATES = Path(__file__).resolve().parents[2] / "frontend" / "templates"


@pytest.fixture
def scored(researcher: User) -> Study:
    return reported.scored_study(reported.SIX | {HOSTILE: (50, 40, 50)}, [researcher], is_simulated=True)[0]


@pytest.fixture
def study(scored: Study) -> Study:
    reports.build(study=scored, now=cast.NOW)
    return scored


def chart(name: str = "key-probit", image_format: str = "svg") -> str:
    return reverse("frontend:report-chart", args=["digits-twin", name, image_format])


def test_a_member_sees_headline_warning_tables_and_chart(researcher_client: Client, study: Study) -> None:
    page = " ".join(researcher_client.get(PAGE).text.split())
    assert "7 classifiers lost 10.3 points of accuracy on average on the calibrated set" in page
    assert "The judgements are simulated" in page
    assert '90.0</strong> <span class="soft interval">[82.4, 95.1]' in page
    assert "−10.0" in page
    assert "digits-twin/calibrated@r1" in page
    assert chart() in page


def test_simulated_judgements_are_announced_once(researcher_client: Client, study: Study) -> None:
    cast.batch(study, [], is_simulated=True)
    page = researcher_client.get(PAGE).text
    assert page.count("simulated") + page.count("Simulated") == 1


def test_a_classifier_that_is_named_like_markup_stays_text(researcher_client: Client, study: Study) -> None:
    page = researcher_client.get(PAGE).text
    assert HOSTILE not in page
    assert "&lt;script&gt;alert" in page


def test_the_scale_can_be_switched(researcher_client: Client, study: Study) -> None:
    page = researcher_client.get(PAGE, {"scale": "linear"}).text
    assert chart("key-linear") in page
    assert chart("key-probit") not in page


@pytest.mark.parametrize("address", [PAGE, "/studies/digits-twin/report.json", chart()])
def test_a_stranger_finds_nothing(stranger: User, study: Study, address: str) -> None:
    client = Client()
    client.force_login(stranger)
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("address", [PAGE, "/studies/digits-twin/report.json", chart(), "/chart-script.js"])
def test_somebody_not_signed_in_is_sent_to_sign_in(study: Study, address: str) -> None:
    assert Client().get(address).headers["Location"].startswith("/login/")


def test_without_a_report_the_page_says_how_to_get_one(researcher_client: Client, scored: Study) -> None:
    page = researcher_client.get(PAGE)
    assert page.status_code == 200
    assert "No report yet" in page.text
    assert "Build the report" in page.text
    assert researcher_client.get("/studies/digits-twin/report.json").status_code == 404
    assert researcher_client.get(chart()).status_code == 404


def test_the_button_builds_the_report(researcher_client: Client, scored: Study) -> None:
    answer = researcher_client.post(reverse("frontend:report-build", args=["digits-twin"]), follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    assert "points of accuracy on average" in answer.text
    assert scored.reports.count() == 1


def test_the_button_says_what_is_missing(researcher_client: Client, researcher: User) -> None:
    reported.study([researcher])
    answer = researcher_client.post(reverse("frontend:report-build", args=["digits-twin"]), follow=True)
    assert "freeze them first" in answer.text


def test_only_a_member_builds_and_only_by_posting(researcher_client: Client, stranger: User, scored: Study) -> None:
    address = reverse("frontend:report-build", args=["digits-twin"])
    assert researcher_client.get(address).status_code == 405
    client = Client()
    client.force_login(stranger)
    assert client.post(address).status_code == 404
    assert scored.reports.count() == 0


def test_the_figures_come_as_json(researcher_client: Client, study: Study) -> None:
    figures = researcher_client.get("/studies/digits-twin/report.json").json()
    assert figures["built_at"] == "2026-03-01T12:00:00+00:00"
    assert figures["classifiers"][0]["results"][0]["accuracy"] == 0.9


@pytest.mark.parametrize("image_format", list(SIGNATURES))
def test_the_chart_comes_in_every_format(researcher_client: Client, study: Study, image_format: str) -> None:
    answer = researcher_client.get(chart("key-linear", image_format), {"theme": "dark"})
    assert answer.status_code == 200
    assert answer.content.startswith(SIGNATURES[image_format])


@pytest.mark.parametrize("address", [chart("no-such-chart"), chart(image_format="gif"), chart() + "?theme=purple"])
def test_an_unknown_chart_format_or_theme_is_not_found(researcher_client: Client, study: Study, address: str) -> None:
    assert researcher_client.get(address).status_code == 404


def test_the_script_of_the_chart_is_served_from_here(researcher_client: Client, db: None) -> None:
    answer = researcher_client.get("/chart-script.js")
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "vegaEmbed" in answer.text


def test_templates_leave_percentages_to_the_filters() -> None:
    for template in TEMPLATES.rglob("*.html"):
        assert not re.search(r"widthratio [^%]* 100\b.*%\s*%", template.read_text()), template


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
