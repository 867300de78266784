"""What pages of a report need not read or draw again: content while it is being built, and charts that are there."""

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation.models import Study
from evaluation.models import Report
from frontend import charts, tasks
from frontend.reporting import engine, keeping, offline
from tests import cast
from tests.frontend.reports.cast import PAGE, report, small
from tests.frontend.reports.cast import study as made

pytestmark = pytest.mark.django_db
CONTENT = '"evaluation_report"."content"'


@pytest.fixture
def study(researcher: Any) -> Study:
    return made([researcher])


@pytest.fixture(autouse=True)
def _nothing_is_kept() -> None:
    cache.clear()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Reports that are to be drawn ahead; nobody draws them."""
    found: list[int] = []
    monkeypatch.setattr(tasks.draw_report, "delay", found.append)
    return found


def reading(client: Client, address: str, **headers: str) -> int:
    """How often the content of a report was read for this answer."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(address, headers=headers).status_code == 200
    return sum(CONTENT in each["sql"].partition(" FROM ")[0] for each in queries.captured_queries)


def test_asking_how_far_a_report_is_reads_no_content(researcher_client: Client, study: Study, asked: list[int]) -> None:
    report(study, small())
    report(study, {}, state="building", built_at=None)  # type: ignore[typeddict-item]
    assert reading(researcher_client, PAGE, **{"HX-Request": "true"}) == 0
    assert reading(researcher_client, PAGE) == 1


def test_a_chart_that_is_there_reads_no_content(researcher_client: Client, study: Study) -> None:
    row = report(study, small())
    address = reverse("frontend:report-chart", args=["digits-twin", row.pk, "key", "json"])
    assert [reading(researcher_client, address) for _ in range(2)] == [1, 0]


def test_a_report_is_drawn_ahead_once_when_asked_for_and_once_when_read(
    researcher_client: Client, study: Study, asked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    building = report(study, {}, state="building", built_at=None)  # type: ignore[typeddict-item]
    monkeypatch.setattr("evaluation.reports.request", lambda **_: building)
    monkeypatch.setattr("frontend.views.reports.enqueue_report", lambda _: None)
    for _ in range(2):
        researcher_client.post(reverse("frontend:report-build", args=["digits-twin"]))
    assert asked == [building.pk]
    Report.objects.filter(pk=building.pk).update(state="built", built_at=cast.NOW, content=small())
    for _ in range(2):
        researcher_client.get(PAGE)
    assert asked == [building.pk] * 2


def test_the_copy_of_a_report_that_was_drawn_ahead_draws_nothing(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    row = report(study, small())
    before = offline.page(row)
    cache.clear()
    tasks.draw_report(row.pk)
    monkeypatch.setattr(charts, "draw", lambda *args, **choice: pytest.fail("drawn again"))
    assert offline.page(row) == before


def test_another_content_is_drawn_anew(study: Study) -> None:
    contents = [small(), small(num_classifiers=5)]
    pages = [offline.page(Report(content=each, built_at=cast.NOW)) for each in contents]
    assert keeping.hash_of(contents[0]) != keeping.hash_of(contents[1])
    assert pages[0] != pages[1]


def test_of_a_report_that_is_not_built_only_the_script_is_made_ready(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_ready: list[str] = []
    monkeypatch.setattr(engine, "packed", lambda: made_ready.append("script"))
    monkeypatch.setattr(offline, "draw_ahead", lambda content: pytest.fail("there is nothing to draw"))
    tasks.draw_report(report(study, {}, state="building", built_at=None).pk)  # type: ignore[typeddict-item]
    tasks.draw_report(404)
    assert made_ready == ["script"] * 2
