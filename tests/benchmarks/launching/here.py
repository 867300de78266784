"""One part in a process of its own, which ends in a line of JSON: `tests.benchmarks.launching.here confirm|launch`."""

import json
import os
import sys
import time
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from annotation import launches, tasks  # noqa: E402
from annotation.models import Batch, Posting, Study  # noqa: E402
from annotation.payments.reaching import reached  # noqa: E402
from tests.benchmarks.memory import peak_mib  # noqa: E402

PLAN = launches.Plan(
    platform="mturk",
    num_assignments=10,
    pay_minor_units=5,
    currency="USD",
    title="Which pictures show it?",
    description="Look at a grid of pictures and select all that show what it asks for.",
    keywords=("images",),
)


def confirm() -> dict[str, Any]:
    """From the confirmation to a batch whose every posting is written down."""
    study, by = Study.objects.get(), User.objects.get()
    launch = launches.draft(study=study, plan=PLAN, by=by, now=timezone.now())
    with reached(PLAN.platform, clock=timezone.now) as platform:
        cost = launches.preview(launch=launch, platform=platform).total
        began, began_cpu = time.perf_counter(), time.process_time()
        launches.confirm(launch=launch, typed=study.name, cost=cost, by=by, platform=platform, now=timezone.now())
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - began_cpu
    return {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "num_postings": Posting.objects.count(),
        "peak_mib": peak_mib(),
    }


def launch() -> dict[str, Any]:
    """Rounds of the queue, one after the other, until none is asked for; as a consumer that has nothing else to do."""
    batch, waits, num_queries = Batch.objects.get(), [0.0], 0
    waiting = Posting.objects.filter(state=Posting.State.WAITING).count()

    def note(execute: Any, *arguments: Any) -> Any:
        nonlocal num_queries
        num_queries += 1
        return execute(*arguments)

    tasks.round_of_batch.apply_async = lambda args, countdown: waits.append(countdown)
    began = time.process_time()
    with connection.execute_wrapper(note):
        while waits:
            time.sleep(waits.pop())
            tasks.round_of_batch(batch.pk)
    return {
        "num_queries": num_queries / waiting,
        "cpu_ms": (time.process_time() - began) * 1000 / waiting,
        "peak_mib": peak_mib(),
        "problems": batch.last_round.problems,
    }


if __name__ == "__main__":
    print(json.dumps({"confirm": confirm, "launch": launch}[sys.argv[1]]()))
