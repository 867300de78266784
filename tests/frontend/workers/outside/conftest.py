from collections.abc import Iterable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from annotation.models import Assignment, Batch, Posting
from tests import outside, pictures


class Person:
    """A worker's browser, which keeps no cookies: a frame of another site."""

    def __init__(self, posting: Posting, number: int = 0, submission: int = 0, **changed: str) -> None:
        self.posting = posting
        self.query = outside.query(posting, number, submission, **changed)

    def comes(self) -> HttpResponse:
        return Client().get(f"/start/{self.posting.token}/", self.query)

    def agrees(self) -> HttpResponse:
        return Client().post(f"/start/{self.posting.token}/", query_params=self.query)

    def begins(self) -> str:
        """The address of the grid."""
        address = self.agrees().headers["Location"]
        assert address.startswith("/work/")
        return str(address)

    def hands_in(self, address: str, selected: Iterable[int] = (1,)) -> HttpResponse:
        return Client().post(address, {"selected": list(selected), "not_seen": []})

    def works(self) -> HttpResponse:
        """One grid of whatever they come to, and the page after it."""
        address = self.comes().headers["Location"]
        return Client().get(self.hands_in(address).headers["Location"])


@pytest.fixture
def rita(db: None) -> User:
    return User.objects.create_user("rita")


def launched(platform: str, num_grids: int = 4, num_assignments: int = 2, **fields: Any) -> Batch:
    terms = {"pay_minor_units": 40, "currency": "USD" if platform == "mturk" else "GBP"}
    return pictures.launched(
        num_images=6, num_grids=num_grids, num_assignments=num_assignments, platform=platform, **terms | fields
    )


@pytest.fixture
def hit(db: None) -> Posting:
    return posted("mturk")


@pytest.fixture
def study(db: None) -> Posting:
    return posted("prolific")


def posted(platform: str) -> Posting:
    """A HIT on MTurk, for two workers; or a study on Prolific, two grids in one place, with a code."""
    posting = outside.put_up(launched(platform), num_grids=1 if platform == "mturk" else 2)
    if platform == "prolific":
        outside.launch(posting.batch, User.objects.create_user("lena"))
    return posting


def done_by(posting: Posting, number: int = 0) -> int:
    worker = outside.worker(posting.batch.platform, number)
    return Assignment.objects.filter(worker=worker, submitted_at__isnull=False).count()
