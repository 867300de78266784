"""Which report the page shows: the selection in the address, and what becomes of asking for it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotation.models import Strategy, Study
from evaluation import reports
from evaluation.models import Report, Run, Score
from evaluation.reports import Selection
from evaluation.tasks import build_report
from tests import cast
from tests.evaluation import reported
from tests.frontend.reports.cast import HOSTILE, PAGE, report, small

pytestmark = pytest.mark.django_db

BUILD = "/studies/digits-twin/report/build/"
SINCE = "since this report was built"
TWO = {"set": ["digits-twin/original@r1", "digits-twin/easier@r1"]}


@pytest.fixture
def study(researcher: User) -> Study:
    return reported.scored_study(reported.SIX, [researcher])[0]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Report]:
    """Reports that were put on the queue; nobody takes them from it."""
    found: list[Report] = []
    monkeypatch.setattr("frontend.views.reports.enqueue_report", found.append)
    return found


def text_of(answer: Any) -> str:
    return " ".join(answer.text.split())


def test_without_a_report_the_page_says_how_to_get_one(researcher_client: Client, study: Study) -> None:
    page = text_of(researcher_client.get(PAGE))
    assert "No report yet" in page
    assert "Build the report" in page


def test_a_selection_without_a_report_offers_to_build_it(researcher_client: Client, study: Study) -> None:
    report(study, small())
    page = text_of(researcher_client.get(PAGE, TWO | {"classifier": "forest", "families": "once"}))
    assert "No report of this selection yet" in page
    assert "2 test sets, 1 of 6 classifiers, families counted once in the lines" in page
    for name, value in (("set", TWO["set"][0]), ("set", TWO["set"][1]), ("classifier", "forest"), ("families", "once")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in page


def test_the_button_asks_for_the_report_of_its_selection(
    researcher_client: Client, study: Study, asked: list[Report]
) -> None:
    answer = researcher_client.post(BUILD, TWO | {"classifier": ["tree", "forest"]}, follow=True)
    row = study.reports.get()
    assert asked == [row]
    assert row.selection == {"test_sets": sorted(TWO["set"]), "classifiers": ["forest", "tree"]}
    assert "classifier=forest&classifier=tree" in answer.redirect_chain[0][0]
    assert "The report is being built" in answer.text


def test_who_names_all_that_is_compared_anyway_asks_for_everything(
    researcher_client: Client, study: Study, asked: list[Report]
) -> None:
    sets = [f"digits-twin/{name}@r1" for name in ("original", "calibrated", "easier")]
    researcher_client.post(BUILD, {"set": sets, "classifier": list(reported.SIX)})
    assert study.reports.get().selection_key == ""


def test_a_report_under_way_tells_its_steps_and_htmx_gets_no_more(researcher_client: Client, study: Study) -> None:
    report(study, {}, state="building", built_at=None, num_steps=7, num_steps_done=3)
    page = text_of(researcher_client.get(PAGE))
    assert "3 of 7 steps done." in page
    assert f'hx-get="{PAGE}" hx-trigger="every 2s"' in page
    part = researcher_client.get(PAGE, headers={"HX-Request": "true"})
    assert "3 of 7 steps done." in part.text
    assert "<html" not in part.text


def test_a_report_that_is_done_makes_the_page_load_again(researcher_client: Client, study: Study) -> None:
    row = reports.request(study=study, now=cast.NOW)
    build_report(row.pk)
    answer = researcher_client.get(PAGE, headers={"HX-Request": "true"})
    assert answer.headers["HX-Refresh"] == "true"
    assert "points of accuracy on average" in researcher_client.get(PAGE).text


def test_a_report_that_failed_says_why_above_the_last_one(researcher_client: Client, study: Study) -> None:
    report(study, small())
    row = report(study, {}, state="failed", built_at=None, failure="No <b>judgements</b>.")
    page = text_of(researcher_client.get(PAGE))
    assert row.state == "failed"
    assert "No &lt;b&gt;judgements&lt;/b&gt;." in page
    assert "below is the last one that was built" in page
    assert "points of accuracy on average" in page


def test_what_can_not_be_asked_for_is_said_on_the_page(researcher_client: Client, researcher: User) -> None:
    reported.study([researcher])
    answer = researcher_client.post(BUILD, follow=True)
    assert "freeze them first" in answer.text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"set": "digits-twin/nothing@r1"}, "has no test set"),
        ({"set": HOSTILE}, "&lt;img src=x onerror=alert(1)&gt;"),
        ({"classifier": "nobody"}, "has no classifier"),
        ({"set": ["digits-twin/calibrated@r1", "digits-twin/easier@r1"]}, "freeze them first"),
    ],
)
def test_an_address_that_names_what_is_not_there_says_so(
    researcher_client: Client, study: Study, query: dict[str, Any], said: str
) -> None:
    answer = researcher_client.get(PAGE, query)
    assert answer.status_code == 200
    assert said in answer.text
    assert HOSTILE not in answer.text


def test_another_studys_set_can_not_be_chosen(researcher_client: Client, study: Study) -> None:
    other = reported.study([], "other")
    reported.frozen_set(other)
    answer = researcher_client.get(PAGE, {"set": ["other/original@r1", "digits-twin/easier@r1"]})
    assert "has no test set" in answer.text


def test_the_form_marks_the_newest_revision_and_keeps_the_older(researcher_client: Client, study: Study) -> None:
    reported.frozen_set(study, Strategy.THRESHOLD, revision=2)
    page = text_of(researcher_client.get(PAGE))
    newest = page.index("Easier r2")
    older = page.index("Easier r1")
    assert newest < older
    assert "newest" in page[newest:older]
    assert 'value="digits-twin/easier@r2" checked data-default' in page
    assert 'value="digits-twin/easier@r1"> ' in page
    assert 'name="classifier" value="forest" checked data-default' in page, "all of them need no place in the address"


def test_scores_since_the_report_was_built_are_announced(researcher_client: Client, study: Study) -> None:
    reports.build(study=study, now=cast.NOW)
    assert SINCE not in researcher_client.get(PAGE).text
    Score.objects.filter(run__classifier__name="forest").update(computed_at=cast.NOW + timedelta(hours=1))
    assert f"Runs have finished {SINCE}" in researcher_client.get(PAGE).text


def test_a_score_that_bears_an_earlier_time_and_was_committed_later_is_announced(
    researcher_client: Client, study: Study
) -> None:
    reports.build(study=study, now=cast.NOW)
    late = reported.classifier(study, "late")
    for test_set in study.test_sets.all():
        reported.score(late, test_set, 50)
    assert f"Runs have finished {SINCE}" in researcher_client.get(PAGE).text
    reports.build(study=study, now=cast.NOW)
    assert SINCE not in researcher_client.get(PAGE).text


def test_what_a_report_leaves_out_does_not_make_it_outdated(researcher_client: Client, study: Study) -> None:
    left_out, original = reported.classifier(study, "partly"), study.test_sets.get(name="original")
    for condition in ("clean", "fog:3"):
        reported.score(left_out, original, 50, condition=condition)
    reports.build(study=study, now=cast.NOW)
    assert SINCE not in researcher_client.get(PAGE).text


def test_a_run_under_a_condition_is_announced_until_it_is_counted(researcher_client: Client, study: Study) -> None:
    reports.build(study=study, now=cast.NOW)
    reported.score(study.classifiers.get(name="tree"), study.test_sets.get(name="easier"), 40, condition="fog:3")
    assert f"Runs have finished {SINCE}" in researcher_client.get(PAGE).text
    reports.build(study=study, now=cast.NOW)
    assert SINCE not in researcher_client.get(PAGE).text


def test_predictions_withdrawn_since_the_report_was_built_are_announced(
    researcher_client: Client, study: Study
) -> None:
    reports.build(study=study, now=cast.NOW)
    run = Run.objects.get(classifier__name="forest", test_set__name="easier")
    Run.objects.filter(pk=run.pk).update(state=Run.State.WITHDRAWN)
    assert f"Predictions have been withdrawn {SINCE}" in researcher_client.get(PAGE).text
    reported.score(run.classifier, run.test_set, 12)
    assert f"Predictions have been withdrawn {SINCE}" in researcher_client.get(PAGE).text, "others were uploaded"
    reports.build(study=study, now=cast.NOW)
    assert SINCE not in researcher_client.get(PAGE).text


def test_runs_that_came_to_nothing_do_not_make_a_report_outdated(researcher_client: Client, study: Study) -> None:
    Run.objects.filter(classifier__name="forest").update(state=Run.State.CANCELLED)
    reports.build(study=study, now=cast.NOW)
    assert SINCE not in researcher_client.get(PAGE).text


def test_scores_of_others_do_not_make_a_selection_outdated(researcher_client: Client, study: Study) -> None:
    reports.build(study=study, now=cast.NOW, selection=Selection(classifiers=("tree",)))
    Score.objects.filter(run__classifier__name="forest").update(computed_at=cast.NOW + timedelta(hours=1))
    assert SINCE not in researcher_client.get(PAGE, {"classifier": "tree"}).text


def test_a_report_from_before_is_built_anew(researcher_client: Client, study: Study) -> None:
    report(study, {"is_simulated": False})
    assert "No report yet" in researcher_client.get(PAGE).text


def test_only_a_member_builds_and_only_by_posting(researcher_client: Client, stranger: User, study: Study) -> None:
    assert researcher_client.get(BUILD).status_code == 405
    client = Client()
    client.force_login(stranger)
    assert client.post(BUILD).status_code == 404
    assert study.reports.count() == 0
    assert reverse("frontend:report-build", args=["digits-twin"]) == BUILD
