"""The copy of a report that opens without a server: everything is inside, and nothing in it can run or be fetched."""

import base64
import hashlib
import io
import json
import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from PIL import Image

from annotation.models import Candidate, Study
from evaluation.models import Report
from frontend import charts
from frontend.reporting import offline
from frontend.reporting.thumbnails import SIDE, thumbnails
from tests import cast, pictures
from tests.frontend.charts.cast import renamed
from tests.frontend.reports import cast as reports

HOSTILE = "</script><!--<script>alert(1)</script>"
SET = "easier</script> \"'"


class Elements(HTMLParser):
    """What a browser would find: every element with its attributes, and the text of scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.is_script = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.is_script = tag == "script"
        if self.is_script:
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.is_script = False

    def handle_data(self, data: str) -> None:
        if self.is_script:
            self.scripts[-1] += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.found if name == tag]


def unsaved(content: Any) -> Report:
    return Report(content=content, built_at=cast.NOW)


@pytest.fixture(scope="module")
def copy() -> str:
    return offline.page(unsaved(reports.small()))


def test_it_says_what_the_page_says(copy: str) -> None:
    text = " ".join(copy.split())
    assert "6 classifiers lost 12.0 points of accuracy on average on the calibrated set" in text
    assert "Built 1 March 2026, 12:00 UTC" in text
    for title in ("Every classifier on every set", "What the change is made of", "Test sets"):
        assert title in text


def test_nothing_in_it_has_an_address_outside(copy: str) -> None:
    elements = Elements(copy)
    assert elements.of("link") == elements.of("form") == elements.of("iframe") == []
    for tag, attrs in elements.found:
        for name in ("src", "srcset", "href", "action", "data-script"):
            if attrs.get(name) is not None:
                assert str(attrs[name]).startswith(("#", "data:")), (tag, attrs)


def test_only_its_own_scripts_may_run_and_nothing_may_be_fetched(copy: str) -> None:
    elements = Elements(copy)
    policies = [each["content"] for each in elements.of("meta") if each.get("http-equiv") == "Content-Security-Policy"]
    parts = dict(part.strip().split(" ", 1) for part in str(policies[0]).split(";"))
    assert parts["default-src"] == "'none'"
    assert parts["img-src"] == "data:"
    hashes = {
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for attrs, text in zip(elements.of("script"), elements.scripts, strict=True)
        if attrs["type"] == "module"
    }
    assert set(parts["script-src"].split()) == hashes
    assert len(hashes) == 3
    assert not any(name.startswith("on") for _, attrs in elements.found for name in attrs)


def test_it_holds_every_chart_with_every_choice_in_both_themes(copy: str) -> None:
    elements = Elements(copy)
    held = {
        str(attrs["id"]): json.loads(text)
        for attrs, text in zip(elements.of("script"), elements.scripts, strict=True)
        if attrs["type"] == "application/json"
    }
    assert {"chart-key-probit-dark", "chart-key-logit-light", "chart-ranks-easier-dark", "chart-classes-light"} <= set(
        held
    )
    content = reports.small()
    assert held["chart-key-linear-dark"] == charts.draw("key", content, scale="linear", theme="dark").to_dict()
    cards = [attrs for _, attrs in elements.found if "data-chart" in attrs]
    assert [attrs["data-chart"] for attrs in cards] == [f"#chart-{each.name}" for each in charts.available(content)]


def test_names_end_no_element_and_stay_what_they_are() -> None:
    names = {"classifier 1": HOSTILE, "class 0": HOSTILE, "easier": SET, "Digits twin": HOSTILE, "family 1": HOSTILE}
    plain, hostile = (
        Elements(offline.page(unsaved(each))) for each in (reports.small(), renamed(reports.small(), names))
    )
    assert [tag for tag, _ in hostile.found] == [tag for tag, _ in plain.found]
    held = dict(zip([attrs.get("id") for attrs in hostile.of("script")], hostile.scripts, strict=True))
    assert f"chart-ranks-{SET}-light" in held
    points = json.loads(held["chart-key-probit-light"])["datasets"]["points"]
    assert points[0]["classifier"] == HOSTILE


def test_a_script_that_names_a_tag_does_not_end_there() -> None:
    assert offline._embedded('a = "</script><!--";\r\n') == 'a = "<\\/script>\\x3c!--";\n'


@pytest.mark.django_db
def test_the_pictures_of_the_worst_classes_are_inside_and_small(researcher: Any) -> None:
    study: Study = reports.study([researcher])
    shown = pictures.pictured(study.target_classes.get(), seed=3)
    content = reports.small()
    assert content["classes"]
    counts = {"num_correct": 1, "num_selected": 7, "num_seen": 10}
    content["classes"]["worst"][0]["new"] = [{"candidate": shown.pk, **counts}]  # type: ignore[typeddict-item]
    report = reports.report(study, content)
    images = thumbnails(report)
    assert list(images) == [shown.pk]
    picture = Image.open(io.BytesIO(base64.b64decode(images[shown.pk].removeprefix("data:image/jpeg;base64,"))))
    assert max(picture.size) <= SIDE
    page = offline.page(report, images=images)
    shown_here = [str(each["src"]) for each in Elements(page).of("img")]
    assert [each for each in shown_here if not each.startswith("data:image/png;")] == list(images.values())
    assert "checkbox" not in page.split("<main")[1].split("application/json")[0]


@pytest.mark.django_db
def test_a_picture_that_is_covered_or_gone_is_not_shown_at_once(researcher: Any) -> None:
    study: Study = reports.study([researcher])
    content, pks = reports.with_pictures(study, reports.small())
    assert thumbnails(reports.report(study, content)) == {}
    shown = pictures.pictured(study.target_classes.get(), seed=4)
    Candidate.objects.filter(pk=pks[0]).update(image=shown.image)
    report = Report.objects.get()
    images = thumbnails(report)
    page = offline.page(report, images=images, covered={pks[0]})
    assert re.search(rf'class="covered".*?data:image/jpeg;base64.*?Candidate {pks[0]}"', page, re.DOTALL)


def test_it_is_a_few_megabytes_at_the_size_of_the_published_study() -> None:
    page = offline.page(unsaved(reports.large()))
    assert 1_500_000 < len(page.encode()) < 5_000_000
    assert unescape(page).count("<tr data-group=") == 67
