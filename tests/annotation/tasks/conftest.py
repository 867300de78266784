from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from annotation import tasks
from tests.annotation.payments.desks import OUTSIDE
from tests.annotation.tasks.offices import Office, opened


@pytest.fixture(params=sorted(OUTSIDE))
def office(
    request: pytest.FixtureRequest, researcher: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    """Each paid platform's local server in turn, over real HTTP."""
    with opened(request.param, researcher, settings, monkeypatch) as at:
        yield at


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What messages were sent, instead of sending them."""
    sent: list[tuple[str, int]] = []
    for task in (tasks.round_of_batch, tasks.learn_posting, tasks.reconcile_batch):

        def send(args: tuple[int], countdown: float = 0, task: Any = task, **given: Any) -> None:
            sent.append((task.name.rpartition(".")[2], args[0]))

        monkeypatch.setattr(task, "apply_async", send)
    return sent
