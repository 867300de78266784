"""Plans of test sets and changes between them, as a program asks for them."""

from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation import testsets
from annotation.models import Origin, Strategy, Study, TargetClass, TestSet
from tests import cast
from tests.cast import NOW
from tests.whole_study import whole_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def zero(study: Study) -> TargetClass:
    row = cast.target_class(study)
    for _ in range(6):
        cast.measured(row, Origin.ORIGINAL, 10)
    for count in (1, 5, 9, 10):
        cast.measured(row, Origin.POOL, count)
    return row


def post(client: Client, path: str, **body: Any) -> Any:
    return client.post(f"/api/v1/{path}/", body, "application/json")


def test_a_plan_says_what_is_missing_and_builds_nothing(
    researcher_client: Client, study: Study, zero: TargetClass
) -> None:
    wanted = {"study": study.slug, "strategy": "matched_frequency", "parameters": {"images_per_class": 5}}
    told = post(researcher_client, "test-set-plans", **wanted).json()
    assert (told["num_wanted"], told["num_missing"], told["num_new"], told["num_grids"]) == (5, 3, 6, 1)
    [row] = told["classes"]
    assert row["bins"][4] == {"bin": 4, "num_wanted": 5, "num_valid": 2, "num_missing": 3}
    assert not study.test_sets.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"strategy": "best"},
        {"parameters": {"images_per_class": 0}},
        {"parameters": {"pk": 1}},
        {"judgement_filter": "other"},
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(
    researcher_client: Client, study: Study, zero: TargetClass, wrong: dict[str, Any]
) -> None:
    wanted = {"study": study.slug, "strategy": "threshold"} | wrong
    assert post(researcher_client, "test-set-plans", **wanted).status_code == HTTPStatus.BAD_REQUEST


def test_what_changed_is_told_by_candidates(researcher_client: Client, study: Study, zero: TargetClass) -> None:
    first, second = (build(study, images) for images in (1, 3))
    told = post(researcher_client, "test-set-changes", before=first.pk, after=second.pk).json()
    assert (told["num_kept"], len(told["came"]), told["left"], told["moved"]) == (1, 2, [], [])


def test_sets_of_two_studies_are_not_compared(
    researcher_client: Client, researcher: User, study: Study, zero: TargetClass
) -> None:
    other = whole_study("other-twin", [researcher]).draft
    response = post(researcher_client, "test-set-changes", before=build(study, 1).pk, after=other.pk)
    assert response.status_code == HTTPStatus.BAD_REQUEST


def test_a_stranger_learns_nothing(stranger_client: Client, study: Study, zero: TargetClass) -> None:
    built = build(study, 1)
    for path, body in (
        ("test-set-plans", {"study": study.slug, "strategy": "threshold"}),
        ("test-set-changes", {"before": built.pk, "after": built.pk}),
    ):
        response = post(stranger_client, path, **body)
        assert response.status_code == HTTPStatus.BAD_REQUEST
        assert "num_kept" not in response.text
        assert "num_wanted" not in response.text


def build(study: Study, images: int) -> TestSet:
    parameters = testsets.TopImages(images_per_class=images)
    return testsets.build(study=study, strategy=Strategy.TOP_IMAGES, parameters=parameters, seed=0, now=NOW)
