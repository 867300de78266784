"""In one process, without a server: how many statements a request needs, and how long the claims alone take.

DATABASE_URL=... python -m tests.benchmarks.serving_in_process 200
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from annotation import assignments  # noqa: E402
from annotation.models import Assignment, Batch, Invitation, Worker  # noqa: E402
from annotation.platforms import local  # noqa: E402
from tests.benchmarks.serving_load import ANSWER  # noqa: E402

FRAMES = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


def counted(do: Callable[[], Any]) -> tuple[int, Any]:
    """The statements that a call runs, without those that only frame a transaction."""
    with CaptureQueriesContext(connection) as context:
        result = do()
    return sum(not (query["sql"] or "").startswith(FRAMES) for query in context.captured_queries), result


def statements(batch: Batch) -> dict[str, int]:
    worker = Worker.objects.create(platform="local", external_id=f"counted-{time.time_ns()}", created_at=timezone.now())
    claim, held = counted(lambda: assignments.claim(batch=batch, worker=worker, now=timezone.now()))
    submit, _ = counted(lambda: submitted(held))
    client = Client(SERVER_NAME="localhost")
    address = client.post(f"/join/{local.invitation_token(Invitation(pk=1))}/", {"consent": "1"})["Location"]
    post, answer = counted(
        lambda: client.generic("POST", address.partition("?")[0], ANSWER, "application/x-www-form-urlencoded")
    )
    get, _ = counted(lambda: client.get(answer["Location"]))
    return {"claim": claim, "submit": submit, "post": post, "get": get}


def submitted(held: Assignment) -> Assignment:
    assert held.worker_id is not None
    return assignments.submit(
        assignment_id=held.pk, worker_id=held.worker_id, selected=[3, 11], not_seen=[], now=timezone.now()
    )


def claim_seconds(batch: Batch, count: int) -> float:
    """The median time of a claim, of one worker who hands in each grid."""
    worker = Worker.objects.create(platform="local", external_id=f"timed-{time.time_ns()}", created_at=timezone.now())
    times = []
    for _ in range(count):
        start = time.perf_counter()
        held = assignments.claim(batch=batch, worker=worker, now=timezone.now())
        times.append(time.perf_counter() - start)
        assert held is not None
        submitted(held)
    return statistics.median(times)


if __name__ == "__main__":
    the_batch = Batch.objects.get(pk=1)
    seconds = claim_seconds(the_batch, int(sys.argv[1]))
    json.dump({"claim_seconds": seconds, "statements": statements(the_batch)}, sys.stdout)
