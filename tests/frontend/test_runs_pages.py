"""Classifiers described by form; runs by button, and their progress."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import HTMX_STOP_POLLING

from annotation.models import Candidate, TakeDown
from evaluation import classifiers, runs
from evaluation.models import Classifier, Run
from frontend.views.classifiers import DescriptionForm
from tests import cast
from tests.evaluation import scored

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def run(researcher: User) -> Run:
    row = scored.run()
    row.classifier.study.researchers.add(researcher)
    return row


@pytest.fixture
def enqueued(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    asked: list[Run] = []
    monkeypatch.setattr("frontend.views.runs.enqueue_run", asked.append)
    return asked


def address(run: Run, name: str = "run-list") -> str:
    return reverse(f"frontend:{name}", args=[run.classifier.study.slug])


def test_progress_is_asked_for_while_a_run_is_open(researcher_client: Client, run: Run) -> None:
    part = researcher_client.get(address(run), headers=HTMX).text
    assert "every 3s" in part
    assert "0 / 6" in part
    assert "<html" not in part
    runs.fail(run=run, reason="the file <b>has gone</b>", now=cast.NOW)
    assert researcher_client.get(address(run), headers=HTMX).status_code == HTMX_STOP_POLLING


def test_a_failed_run_says_why_and_is_requested_again(researcher_client: Client, run: Run, enqueued: list[Run]) -> None:
    runs.fail(run=run, reason="the file <b>has gone</b>", now=cast.NOW)
    page = researcher_client.get(address(run))
    assert "the file &lt;b&gt;has gone" in page.text
    assert "Request missing runs (1)" in page.text
    researcher_client.post(address(run, "run-request"))
    assert [row.state for row in enqueued] == [Run.State.OPEN]
    assert Run.objects.count() == 2


def test_requesting_twice_starts_nothing_twice(researcher_client: Client, run: Run, enqueued: list[Run]) -> None:
    page = researcher_client.post(address(run, "run-request"), follow=True)
    assert "No run is missing" in page.text
    assert enqueued == []


def test_asking_for_missing_runs_takes_no_more_queries_where_more_are_there(
    researcher_client: Client, run: Run, enqueued: list[Run], django_assert_max_num_queries: Any
) -> None:
    with CaptureQueriesContext(connection) as queries:
        researcher_client.post(address(run, "run-request"))
    num_queries = len(queries)
    easier = scored.frozen_set(run.classifier.study, strategy="threshold", name="easier")
    for number in range(3):
        other = scored.classifier(run.classifier.study, f"reader {number}")
        for test_set in (run.test_set, easier):
            runs.request(classifier=other, test_set=test_set, now=cast.NOW)
    researcher_client.post(address(run, "run-request"))
    assert [(row.classifier, row.test_set) for row in enqueued] == [(run.classifier, easier)], "the one that is missing"
    with django_assert_max_num_queries(num_queries):
        researcher_client.post(address(run, "run-request"))


def test_what_is_refused_of_many_runs_is_said_once(researcher_client: Client, run: Run, enqueued: list[Run]) -> None:
    scored.classifier(run.classifier.study, "another reader")
    Candidate.objects.filter(study=run.classifier.study).update(image=None)
    Run.objects.all().delete()
    page = researcher_client.post(address(run, "run-request"), follow=True).text
    assert page.count("are not here, so it can only take predictions") == 1
    assert "No run is missing" not in page
    assert enqueued == []


def test_no_run_is_missing_on_a_set_that_was_given_without_pictures(researcher_client: Client, run: Run) -> None:
    given = scored.frozen_set(run.classifier.study, strategy="threshold", name="easier", parameters={"given": True})
    assert "Request missing runs (1)" in researcher_client.get(address(run)).text
    Candidate.objects.filter(pk__in=given.images.values("candidate")).update(image=None)
    assert "Request missing runs" not in researcher_client.get(address(run)).text


def test_no_run_is_missing_on_a_set_of_which_a_picture_was_taken_down(researcher_client: Client, run: Run) -> None:
    drawn = scored.frozen_set(run.classifier.study, strategy="threshold", name="easier")
    assert "Request missing runs (1)" in researcher_client.get(address(run)).text
    gone = TakeDown.objects.create(sha256="a" * 64, pixel_sha256="b" * 64, ground="owner", taken_down_at=cast.NOW)
    candidates = Candidate.objects.filter(pk=drawn.images.values("candidate")[:1])
    candidates.update(image=None, take_down=gone)
    assert "Request missing runs" not in researcher_client.get(address(run)).text


def test_runs_under_a_condition_are_requested_at_each_severity(
    researcher_client: Client, run: Run, enqueued: list[Run]
) -> None:
    page = researcher_client.get(address(run))
    assert all(f'value="{kind}"' in page.text for kind in ("clean", "frost", "pgd", "rotation_translation"))
    researcher_client.post(address(run, "run-request"), {"kind": "frost", "settings": ""})
    assert [row.condition for row in enqueued] == [f"frost:{severity}" for severity in range(1, 6)]
    page = researcher_client.post(address(run, "run-request"), {"kind": "snow", "settings": "4"}, follow=True)
    assert enqueued[-1].condition == "snow:4"
    assert "<td>snow:4</td>" in page.text


@pytest.mark.parametrize(
    ("kind", "given", "reason"),
    [
        ("snow", "<b>", "severity is"),
        ("rotation_translation", "", "775 conditions"),
        ("pgd", "linf,8", "follows the gradient"),
        ("rain", "", "rain"),
    ],
)
def test_a_condition_that_makes_no_sense_is_told(
    researcher_client: Client, run: Run, enqueued: list[Run], kind: str, given: str, reason: str
) -> None:
    page = researcher_client.post(address(run, "run-request"), {"kind": kind, "settings": given}, follow=True)
    assert reason in page.text
    assert "<b>" not in page.text
    assert enqueued == []


def test_runs_take_no_more_queries_for_more_of_them(
    researcher_client: Client, run: Run, django_assert_max_num_queries: Any
) -> None:
    for number in range(4):
        other = scored.classifier(run.classifier.study, f"reader {number}")
        runs.request(classifier=other, test_set=run.test_set, now=cast.NOW)
    with django_assert_max_num_queries(10):
        researcher_client.get(address(run))


def test_an_open_run_is_cancelled_by_button_and_can_be_requested_again(researcher_client: Client, run: Run) -> None:
    page = researcher_client.get(address(run)).text
    button = reverse("frontend:run-cancel", args=[run.classifier.study.slug, run.pk])
    assert button in page
    assert "waiting for a consumer" in page
    page = researcher_client.post(button, follow=True).text
    run.refresh_from_db()
    assert run.state == Run.State.CANCELLED
    assert "The run of grey reader on greys/original@r1 is cancelled." in page
    assert "after 0 of 6 images" in page
    assert button not in page
    assert "Request missing runs (1)" in page
    assert "0:00:0" not in page


def test_a_run_that_has_ended_is_not_cancelled(researcher_client: Client, run: Run) -> None:
    runs.fail(run=run, reason="the file has gone", now=cast.NOW)
    button = reverse("frontend:run-cancel", args=[run.classifier.study.slug, run.pk])
    assert "has failed already" in researcher_client.post(button, follow=True).text
    run.refresh_from_db()
    assert run.state == Run.State.FAILED


def test_a_run_at_work_tells_its_speed_and_the_time_left(
    researcher_client: Client, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: at)  # however long it takes until the page is asked for
    shard = runs.claim(run=run, consumer="one", now=at)
    assert shard is not None
    runs.renew(shard=shard, consumer="one", now=at - timedelta(seconds=2))
    runs.renew(shard=shard, consumer="one", now=at, num_done=1)
    page = researcher_client.get(address(run)).text
    assert "1 / 6" in page
    assert "0.5 images/s, 0:00:1" in page


def described(client: Client, row: Classifier, **changes: str) -> Any:
    fields = {"group": "standard", "family": "", "counterpart": "", "released_on": ""}
    page = reverse("frontend:classifier-detail", args=[row.study.slug, row.pk])
    return client.post(page, fields | changes, follow=True)


def test_a_classifier_is_described_and_what_is_emptied_is_taken_away(researcher_client: Client, run: Run) -> None:
    plain, row = run.classifier, scored.classifier(run.classifier.study, "augmented")
    told = {"group": "robustness", "family": "<b>", "counterpart": str(plain.pk), "released_on": "2019-03-29"}
    page = described(researcher_client, row, **told).text
    assert all(
        f">{text}</td>" in page for text in ("robustness intervention", "&lt;b&gt;", plain.name, "29 March 2019")
    )
    form = researcher_client.get(reverse("frontend:classifier-detail", args=[row.study.slug, row.pk])).text
    assert 'value="2019-03-29"' in form
    described(researcher_client, row)
    row.refresh_from_db()
    assert (row.group, row.family, row.counterpart, row.released_on) == ("standard", "", None, None)


def test_a_description_that_makes_no_sense_is_told(researcher_client: Client, run: Run) -> None:
    row = scored.classifier(run.classifier.study, "augmented")
    foreign = scored.classifier(scored.study("others"), "foreign")
    for changes in ({"group": "best"}, {"released_on": "29.3.2019"}, {"counterpart": str(foreign.pk)}):
        answer = described(researcher_client, row, family="ResNet", **changes)
        assert answer.status_code == HTTPStatus.BAD_REQUEST
        assert "field__error" in answer.text
    row.refresh_from_db()
    assert row.family == ""


def test_only_those_without_a_counterpart_are_offered_as_one(researcher_client: Client, run: Run) -> None:
    plain, row = run.classifier, scored.classifier(run.classifier.study, "augmented")
    other = scored.classifier(run.classifier.study, "other")
    classifiers.describe(classifier=row, counterpart=plain)
    offered = DescriptionForm(classifier=other).fields["counterpart"]
    assert list(offered.queryset) == [plain]  # type: ignore[attr-defined]
    assert "counterpart" not in DescriptionForm(classifier=plain).fields
    described(researcher_client, plain, family="ResNet")
    page = researcher_client.get(reverse("frontend:classifier-detail", args=[plain.study.slug, plain.pk])).text
    assert "since it is the counterpart of" in page
    assert 'value="ResNet"' in page
