from datetime import datetime

import pytest

from annotation.models import Arrival, Batch, Posting
from annotation.postings import arrivals
from tests import cast, outside


@pytest.fixture(params=["mturk", "prolific"])
def platform(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def came(now: datetime) -> "Came":
    return Came(now)


class Came:
    """How workers come to postings, in one line."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self, posting: Posting, number: int = 0, external_id: str = "S1") -> Arrival:
        worker = outside.worker(posting.batch.platform, number)
        return arrivals.arrive(posting=posting, worker=worker, external_id=external_id, return_to="", now=self.now)


def batch_of(platform: str, num_grids: int = 4, num_assignments: int = 2) -> Batch:
    target_class = cast.target_class(cast.study())
    grids = [cast.grid(target_class, [cast.candidate(target_class) for _ in range(3)]) for _ in range(num_grids)]
    return outside.batch(target_class.study, grids, num_assignments, platform=platform)
