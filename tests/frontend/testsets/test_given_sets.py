"""A set whose images are known by name alone can be looked at everywhere."""

from http import HTTPStatus

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation import reviews, testsets
from annotation.errors import CannotReview
from annotation.models import Strategy, TestSet
from annotation.testsets import GivenImage, history
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def given(researcher: User) -> TestSet:
    study = cast.study("named", [researcher])
    cast.target_class(study)
    images = [GivenImage("val/a.png", "0"), GivenImage("val/b.png", "0")]
    row = testsets.import_given(study=study, strategy=Strategy.THRESHOLD, images=images, now=cast.NOW)
    return testsets.freeze(test_set=row, now=cast.NOW)


@pytest.mark.parametrize(
    "address",
    [
        "/studies/named/",
        "/studies/named/candidates/",
        "/studies/named/test-sets/",
        "/studies/named/test-sets/easier/r1/",
        "/studies/named/test-sets/easier/history/",
        "/studies/named/runs/",
        "/api/v1/test-sets/{pk}/",
        "/api/v1/test-sets/{pk}/manifest/",
        "/api/v1/candidates/?study=named",
    ],
)
def test_every_page_of_it_opens(researcher_client: Client, given: TestSet, address: str) -> None:
    assert researcher_client.get(address.format(pk=given.pk)).status_code == HTTPStatus.OK


def test_nobody_reviews_it_as_nothing_is_taken_out_of_it(researcher_client: Client, given: TestSet) -> None:
    images = [GivenImage("val/a.png", "0"), GivenImage("val/c.png", "0")]
    again = testsets.import_given(study=given.study, strategy=Strategy.THRESHOLD, images=images, now=cast.NOW)
    with pytest.raises(CannotReview, match="named/easier@r2 was imported as it was given"):
        reviews.open_review(test_set=again, now=cast.NOW)
    page = researcher_client.get("/studies/named/test-sets/easier/r2/").text
    assert "so nobody reviews it" in page
    assert "Open a review" not in page
    testsets.freeze(test_set=again, now=cast.NOW)


def test_two_lists_are_compared(given: TestSet) -> None:
    images = [GivenImage("val/a.png", "0"), GivenImage("val/c.png", "0")]
    again = testsets.import_given(study=given.study, strategy=Strategy.THRESHOLD, images=images, now=cast.NOW)
    found = history.diff(given, again)
    assert (found.num_kept, len(found.came), len(found.left)) == (1, 1, 1)


def test_the_api_names_no_file_and_no_picture(researcher_client: Client, given: TestSet) -> None:
    rows = researcher_client.get(f"/api/v1/test-sets/{given.pk}/images/").json()["results"]
    assert [(row["sha256"], row["rendition_url"]) for row in rows] == [(None, None)] * 2
