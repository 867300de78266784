"""Who looked at accuracies before a set was frozen: remembered wherever they are shown, and told in the report."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from annotation import reviews
from annotation.models import ClassReview
from evaluation import looks, reports
from evaluation.models import AccuracyLook, Report
from tests import cast
from tests.at_once import at_once
from tests.whole_study import WholeStudy, whole_study

pytestmark = pytest.mark.django_db
Where = AccuracyLook.Where


@pytest.fixture
def whole(researcher: User) -> WholeStudy:
    return whole_study(researchers=[researcher])


@pytest.mark.parametrize(
    ("address", "where"),
    [
        ("/studies/digits-twin/runs/", Where.RUNS),
        ("/studies/digits-twin/report/", Where.REPORT),
        ("/studies/digits-twin/report/{report}/report.json", Where.REPORT_DATA),
        ("/studies/digits-twin/report/{report}/report.html", Where.REPORT_DATA),
        ("/studies/digits-twin/report/{report}/charts/key.svg", Where.CHART),
        ("/studies/digits-twin/test-sets/calibrated/r1/to/r1/", Where.CHANGES),
        ("/studies/digits-twin/plan/", Where.PLAN),
    ],
)
def test_a_page_with_accuracies_remembers_who_saw_it(
    researcher_client: Client, researcher: User, whole: WholeStudy, address: str, where: AccuracyLook.Where
) -> None:
    for _ in range(2):
        assert researcher_client.get(address.format(report=Report.objects.get().pk)).status_code == 200
    look = AccuracyLook.objects.get()
    assert (look.study, look.person, look.where, look.num_times) == (whole.study, researcher, where, 2)
    assert look.first_at < look.last_at


@pytest.mark.parametrize("path", ["runs/", "runs/{run}/", "reports/{report}/"])
def test_so_does_the_api(client: Client, researcher: User, whole: WholeStudy, path: str) -> None:
    _, token = AuthToken.objects.create(user=researcher)
    address = "/api/v1/" + path.format(run=whole.run.pk, report=whole.report.pk)
    assert client.get(address, headers={"Authorization": f"Token {token}"}).status_code == 200
    assert AccuracyLook.objects.get().person == researcher


@pytest.mark.parametrize("page", ["score/", "report/", "report/{report}/change/"])
def test_so_does_the_administration(client: Client, admin: User, whole: WholeStudy, page: str) -> None:
    client.force_login(admin)
    assert client.get(f"/admin/evaluation/{page.format(report=whole.report.pk)}").status_code == 200
    assert AccuracyLook.objects.get().where == Where.ADMIN


@pytest.mark.parametrize("address", ["", "test-sets/", "classifiers/", "frequencies/"])
def test_pages_without_accuracies_remember_nobody(researcher_client: Client, whole: WholeStudy, address: str) -> None:
    assert researcher_client.get(f"/studies/digits-twin/{address}").status_code == 200
    assert not AccuracyLook.objects.exists()


def test_runs_without_a_score_and_lists_of_reports_show_none(researcher_client: Client, whole: WholeStudy) -> None:
    whole.study.classifiers.get().runs.all().delete()
    assert researcher_client.get("/studies/digits-twin/runs/").status_code == 200
    assert researcher_client.get("/api/v1/reports/").status_code == 200
    assert not AccuracyLook.objects.exists()


def test_looks_before_the_freeze_are_told_with_who_reviewed(
    whole: WholeStudy, researcher: User, stranger: User
) -> None:
    review = reviews.open_review(test_set=whole.draft, now=cast.NOW)
    reviews.finish(
        review=review, target_class=whole.target_class, state=ClassReview.State.REVIEWED, by=stranger, now=cast.NOW
    )
    for hours, person in ((1, stranger), (2, researcher)):
        looks.note(study_ids=[whole.study.pk], person=person, where=Where.RUNS, now=cast.NOW + timedelta(hours=hours))
    whole.draft.frozen_at = cast.NOW + timedelta(hours=2)
    assert [(look.name, look.is_reviewer) for look in looks.before_freeze(whole.draft)] == [("sten", True)]
    whole.draft.frozen_at = cast.NOW + timedelta(hours=3)
    assert [look.name for look in looks.before_freeze(whole.draft)] == ["sten", "rosa"]


def test_the_first_look_stays_the_first_whatever_comes_later(whole: WholeStudy, researcher: User) -> None:
    for hours in (2, 1, 3):
        now = cast.NOW + timedelta(hours=hours)
        looks.note(study_ids=[whole.study.pk], person=researcher, where=Where.RUNS, now=now)
    look = AccuracyLook.objects.get()
    assert (look.first_at, look.last_at) == (cast.NOW + timedelta(hours=1), cast.NOW + timedelta(hours=3))


def test_the_report_says_who_had_looked_or_that_nobody_had(
    researcher_client: Client, researcher: User, whole: WholeStudy
) -> None:
    before = researcher_client.get("/studies/digits-twin/report/").text
    assert before.count("Nobody had looked at accuracies of this study.") == 2
    AccuracyLook.objects.update(first_at=cast.NOW - timedelta(days=1))
    content = reports.build(study=whole.study, now=timezone.now()).content
    assert [each["early_looks"][0]["name"] for each in content["test_sets"]] == ["rosa", "rosa"]
    assert "had been looked at by rosa" in researcher_client.get("/studies/digits-twin/report/").text


@pytest.mark.django_db(transaction=True)
def test_looks_at_once_are_one_row_and_all_counted(whole: WholeStudy, researcher: User) -> None:
    def look() -> None:
        looks.note(study_ids=[whole.study.pk], person=researcher, where=Where.RUNS, now=cast.NOW)

    at_once([look] * 5)
    assert AccuracyLook.objects.get().num_times == 5
