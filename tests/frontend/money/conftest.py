import pytest
from django.contrib.auth.models import User

from annotation import tasks
from annotation.models import Batch, Place, Study, Worker
from tests import cast
from tests.own_people import paid_batch, take_in


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The batches for which a round was asked for."""
    ids: list[int] = []
    monkeypatch.setattr(tasks, "enqueue_round", ids.append, raising=False)
    return ids


@pytest.fixture
def study(researcher: User) -> Study:
    return cast.study(researchers=[researcher])


@pytest.fixture
def worker(study: Study) -> Worker:
    person = cast.worker()
    cast.enrolment(study, person)
    return person


@pytest.fixture
def batch(study: Study) -> Batch:
    return paid_batch(study, budget_minor_units=1000)


@pytest.fixture
def places(batch: Batch, worker: Worker) -> list[Place]:
    """Two grids that the worker has handed in."""
    for _ in range(2):
        cast.handed_in(batch, worker, cast.NOW)
    return take_in(batch, now=cast.NOW)
