"""What a program reads about classifiers, runs and reports."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from evaluation.models import Score
from tests.whole_study import WholeStudy, whole_study


@pytest.fixture
def whole(researcher: User) -> WholeStudy:
    return whole_study(researchers=[researcher])


def test_a_classifier(researcher_client: Client, whole: WholeStudy) -> None:
    told = researcher_client.get(f"/api/v1/classifiers/{whole.classifier.pk}/").json()
    assert (told["study"], told["name"], told["class_ids"]) == ("digits-twin", "nearest", ["0", "1"])


def test_a_run_tells_its_progress_and_its_score(researcher_client: Client, whole: WholeStudy) -> None:
    told = researcher_client.get(f"/api/v1/runs/{whole.run.pk}/").json()
    assert (told["num_images"], told["num_images_done"]) == (3, 3)
    assert (told["score"]["num_correct"], told["score"]["accuracy"]) == (2, 2 / 3)


def test_a_run_without_a_score_says_so(researcher_client: Client, whole: WholeStudy) -> None:
    Score.objects.all().delete()
    assert researcher_client.get(f"/api/v1/runs/{whole.run.pk}/").json()["score"] is None


def test_a_list_of_reports_leaves_their_content_out(researcher_client: Client, whole: WholeStudy) -> None:
    (listed,) = researcher_client.get("/api/v1/reports/").json()["results"]
    assert "content" not in listed
    assert (listed["study"], listed["state"]) == ("digits-twin", "built")
    told = researcher_client.get(f"/api/v1/reports/{listed['id']}/").json()
    assert told["content"]["study"] == {"slug": "digits-twin", "name": "digits-twin"}


@pytest.mark.parametrize("is_simulated", [False, True])
def test_a_list_of_reports_says_which_are_simulated(
    researcher_client: Client, whole: WholeStudy, is_simulated: bool
) -> None:
    whole.report.content["is_simulated"] = is_simulated
    whole.report.save()
    (listed,) = researcher_client.get("/api/v1/reports/").json()["results"]
    assert listed["is_simulated"] is is_simulated
