"""The pool beside the original, for programs."""

from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation.models import Origin, Study, TargetClass
from tests import cast
from tests.annotation.candidates.comparing.pool import images

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(researcher: User) -> Study:
    return cast.study(researchers=[researcher])


@pytest.fixture
def zero(study: Study) -> TargetClass:
    return cast.target_class(study)


def post(client: Client, **body: Any) -> Any:
    return client.post("/api/v1/pool-comparisons/", body, "application/json")


def test_the_figures_are_those_of_the_page(researcher_client: Client, study: Study, zero: TargetClass) -> None:
    images(zero, Origin.ORIGINAL, 60, seed=1, uploaded_at=None)
    images(zero, Origin.POOL, 80, seed=2, days=2000)
    told = post(researcher_client, study=study.slug).json()
    assert told["num_included"] == told["num_looked_at"] == {"original": 60, "pool": 80}
    numbers = {each["name"]: each for each in told["numbers"]}
    assert numbers["taken"]["shift"]["has_moved"]
    assert numbers["taken"]["shift"]["distance"] > 0.9
    assert not numbers["aspect"]["shift"]["has_moved"]
    assert numbers["uploaded"]["shift"] is None
    assert numbers["uploaded"]["original"] == {
        "num_looked_at": 60, "num_known": 0, "low": None, "median": None, "high": None
    }  # fmt: skip
    assert told["window"]["uploaded"] is None
    assert told["window"]["taken"]["low"] < told["window"]["taken"]["high"]
    assert told["classes"]["num_moved"] == 1
    assert told["classes"]["farthest"][0]["target_class"] == "0"
    assert told["categories"][0] | {"shift": None} == {
        "name": "format", "original": {"JPEG": 60}, "pool": {"JPEG": 80},
        "num_unknown": {"original": 0, "pool": 0}, "cramers_v": 0.0, "shift": None,
    }  # fmt: skip


def test_one_class_is_looked_at_alone(researcher_client: Client, study: Study, zero: TargetClass) -> None:
    images(zero, Origin.POOL, 2, seed=1)
    images(cast.target_class(study, "1", "one"), Origin.POOL, 3, seed=2)
    told = post(researcher_client, study=study.slug, target_class="1").json()
    assert told["num_included"] == {"original": 0, "pool": 3}
    assert told["classes"] is None


def test_a_class_of_no_or_another_study_is_refused(researcher_client: Client, study: Study, zero: TargetClass) -> None:
    cast.target_class(cast.study("other"), "elsewhere")
    answer = post(researcher_client, study=study.slug, target_class="elsewhere")
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert "There is no such class" in answer.text


def test_a_stranger_learns_nothing(stranger_client: Client, study: Study, zero: TargetClass) -> None:
    images(zero, Origin.POOL, 2, seed=1)
    answer = post(stranger_client, study=study.slug)
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert "num_included" not in answer.text
