"""What a report is taken away as, and its classes page by page."""

import json
import re
from datetime import timedelta

import pytest
import redis
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotation.models import Study
from evaluation.models import AccuracyLook, Report
from frontend.reporting import drawing, keeping
from tests import cast
from tests.frontend.reports.cast import HOSTILE, hostile, report, small
from tests.frontend.reports.cast import study as a_study

pytestmark = pytest.mark.django_db

SIGNATURES = {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF", "json": b"{", "csv": b"classifier,"}


@pytest.fixture
def study(researcher: User) -> Study:
    return a_study([researcher])


@pytest.fixture
def built(study: Study) -> Report:
    return report(study, hostile(small(num_classes=250)))


def chart(row: Report, name: str = "key", image_format: str = "svg") -> str:
    return reverse("frontend:report-chart", args=["digits-twin", row.pk, name, image_format])


def address(row: Report, name: str) -> str:
    return reverse(f"frontend:{name}", args=["digits-twin", row.pk])


@pytest.mark.parametrize("image_format", list(SIGNATURES))
def test_a_chart_comes_in_every_format(researcher_client: Client, built: Report, image_format: str) -> None:
    answer = researcher_client.get(chart(built, image_format=image_format), {"theme": "dark", "scale": "linear"})
    assert answer.status_code == 200
    assert answer.content.startswith(SIGNATURES[image_format])
    assert answer.headers["Cache-Control"] == "private, max-age=86400, immutable"
    assert f'filename="digits-twin-key-linear.{image_format}"' in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    "query", ["?scale=cubic", "?theme=purple", "?test_set=nothing", "?scale=linear&test_set=calibrated"]
)
def test_an_unknown_choice_is_not_found(researcher_client: Client, built: Report, query: str) -> None:
    assert researcher_client.get(chart(built) + query).status_code == 404


@pytest.mark.parametrize(("name", "image_format"), [("no-such-chart", "svg"), ("key", "gif")])
def test_an_unknown_chart_or_format_is_not_found(
    researcher_client: Client, built: Report, name: str, image_format: str
) -> None:
    assert researcher_client.get(chart(built, name, image_format)).status_code == 404


def test_a_chart_is_drawn_once_and_looked_at_each_time(
    researcher_client: Client, built: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = researcher_client.get(chart(built)).content
    monkeypatch.setattr(drawing, "_draw", lambda *arguments: pytest.fail("drawn again"))
    assert researcher_client.get(chart(built)).content == first
    look = AccuracyLook.objects.get(where="chart")
    assert look.num_times == 2


def test_a_report_that_bears_the_id_of_a_lost_one_has_its_own_charts(
    researcher_client: Client, study: Study, built: Report
) -> None:
    lost = researcher_client.get(chart(built, image_format="csv")).text
    Report.objects.all().delete()
    row = report(study, small(num_classifiers=3), pk=built.pk, built_at=cast.NOW + timedelta(hours=1))
    found = researcher_client.get(chart(row, image_format="csv")).text
    assert len(found.splitlines()) < len(lost.splitlines())


def test_a_chart_is_drawn_while_redis_is_away(
    researcher_client: Client, built: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away:
        def get(self, key: str) -> None:
            raise redis.ConnectionError

    monkeypatch.setattr(keeping, "cache", Away())
    assert researcher_client.get(chart(built)).content.startswith(b"<svg")


def test_names_that_are_markup_or_a_formula_stay_text(researcher_client: Client, study: Study) -> None:
    content = hostile(small())
    content["classifiers"][1]["name"] = "=1+2"
    row = report(study, content)
    assert HOSTILE not in researcher_client.get(chart(row)).text
    data = researcher_client.get(chart(row, image_format="csv"))
    assert "'=1+2," in data.text
    assert data.headers["Content-Type"] == "text/csv; charset=utf-8"


def test_all_figures_come_as_json(researcher_client: Client, built: Report) -> None:
    answer = researcher_client.get(address(built, "report-json"))
    figures = json.loads(answer.content)
    assert figures["built_at"] == "2026-03-01T12:00:00+00:00"
    assert figures["classifiers"] == built.content["classifiers"]
    assert f'attachment; filename="digits-twin-report-{built.pk}.json"' == answer.headers["Content-Disposition"]
    assert AccuracyLook.objects.get().where == "report_data"


def test_the_classes_come_a_hundred_at_a_time_the_largest_drop_first(researcher_client: Client, built: Report) -> None:
    page = " ".join(researcher_client.get(address(built, "report-classes")).text.split())
    assert "1–100 of 250" in page
    assert page.index("&lt;img src=x") < page.index(">class 1 ")
    assert "class 249" not in page
    assert "class 249" in researcher_client.get(address(built, "report-classes"), {"page": 3}).text


def test_every_class_has_intervals_over_its_images_and_not_over_its_classifiers(
    researcher_client: Client, study: Study
) -> None:
    content = small()
    assert content["classes"] is not None
    num = content["classes"]["num_classifiers"]
    content["classes"]["rows"][0] |= {
        "num_images": [10, 10, 0],
        "num_correct": [9 * num, 2 * num, 0],
        "change": -0.7,
    }
    page = " ".join(researcher_client.get(address(report(study, content), "report-classes")).text.split())
    first = page[page.index('<th scope="row">class 0 ') :].split("</tr>")[0]
    assert '<strong>90.0</strong> <span class="soft interval">60 to 98 · 10 images</span>' in first
    assert '<strong>20.0</strong> <span class="soft interval">6 to 51 · 10 images</span>' in first
    assert '<strong>–</strong> <span class="soft interval">0 images</span>' in first
    assert '<strong>−70.0</strong> <span class="soft interval">−87 to −27</span>' in first


def test_the_classes_can_be_sorted_and_searched(researcher_client: Client, built: Report) -> None:
    page = researcher_client.get(address(built, "report-classes"), {"sort": "-change", "class": "class 2"}).text
    assert page.index("class 249") < page.index("class 200")
    assert "class 199" not in page
    assert '<th scope="col" class="number" aria-sort="descending">' in page
    assert researcher_client.get(address(built, "report-classes"), {"sort": "password"}).status_code == 200
    assert "No class of this report" in researcher_client.get(address(built, "report-classes"), {"class": "bow"}).text


def test_a_class_without_images_in_a_set_comes_last(researcher_client: Client, study: Study) -> None:
    content = small()
    assert content["classes"] is not None
    content["classes"]["rows"][0] |= {"num_images": [0, 10, 10], "num_correct": [0, 5, 5], "change": None}
    row = report(study, content)
    for sort in ("set0", "-set0", "change", "-change"):
        page = researcher_client.get(address(row, "report-classes"), {"sort": sort}).text
        assert page.rindex('<th scope="row">') == page.index('<th scope="row">class 0 ')


def test_a_report_that_knows_of_no_classes_says_so(researcher_client: Client, study: Study) -> None:
    row = report(study, small() | {"classes": None})
    answer = researcher_client.get(address(row, "report-classes"))
    assert answer.status_code == 200
    assert "nothing is known of single classes" in answer.text


def test_the_report_comes_as_one_file_that_leads_nowhere(researcher_client: Client, built: Report) -> None:
    answer = researcher_client.get(address(built, "report-html"))
    assert f'attachment; filename="digits-twin-report-{built.pk}.html"' == answer.headers["Content-Disposition"]
    assert "points of accuracy on average" in answer.text
    assert not re.search(r'(?:src|href|action|srcset)="(?!#|data:|")', answer.text.split("<script", 1)[0])
    assert AccuracyLook.objects.get().where == "report_data"


@pytest.mark.parametrize("name", ["report-json", "report-html", "report-classes", "report-chart"])
def test_another_studys_or_an_unfinished_report_is_not_found(
    researcher_client: Client, researcher: User, study: Study, name: str
) -> None:
    other = report(cast.study("other", [researcher]), small())
    building = report(study, small(), state="building", built_at=None)
    for row in (other, building):
        found = chart(row) if name == "report-chart" else address(row, name)
        assert researcher_client.get(found).status_code == 404
    assert not AccuracyLook.objects.exists()


@pytest.mark.parametrize("name", ["report-json", "report-html", "report-classes", "report-chart", "report-detail"])
def test_who_takes_no_part_finds_nothing(stranger: User, built: Report, name: str) -> None:
    client = Client()
    found = {"report-chart": chart(built), "report-detail": "/studies/digits-twin/report/"}.get(name)
    found = found or address(built, name)
    assert client.get(found).headers["Location"].startswith("/login/")
    client.force_login(stranger)
    assert client.get(found).status_code == 404


def test_the_script_of_the_charts_comes_from_here_and_is_kept(researcher_client: Client) -> None:
    plain = researcher_client.get("/chart-script.js")
    assert plain.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "vegaEmbed" in plain.text
    packed = researcher_client.get("/chart-script.js", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "immutable" in packed.headers["Cache-Control"]
    assert len(packed.content) < len(plain.content) / 2
    assert Client().get("/chart-script.js").headers["Location"].startswith("/login/")
