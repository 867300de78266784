"""One measurement in a process of its own; prints JSON. `python -m tests.benchmarks.reports.here prepare|build`."""

import json
import os
import sys
import time
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from annotation.models import Study  # noqa: E402
from evaluation import reports  # noqa: E402
from evaluation.models import Report  # noqa: E402
from tests.benchmarks.memory import peak_mib  # noqa: E402
from tests.benchmarks.reports import data  # noqa: E402

NUM_READS = 5


def prepare() -> dict[str, Any]:
    data.prepare()
    return {}


def build() -> dict[str, Any]:
    """Once, as a consumer does it that has just begun; then read as a page does."""
    study, before = Study.objects.get(), peak_mib()
    queries: list[str] = []

    def note(execute: Any, statement: str, *arguments: Any) -> Any:
        queries.append(statement)
        return execute(statement, *arguments)

    with connection.execute_wrapper(note):
        started, began = time.perf_counter(), time.process_time()
        report = reports.build(study=study, now=timezone.now())
        seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - began
    content = Report.objects.get(pk=report.pk).content
    return {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "num_queries": len(queries),
        "before_mib": before,
        "peak_mib": peak_mib(),
        "num_bytes": len(json.dumps(content, allow_nan=False)),
        "ms_to_content": min(_read(study) for _ in range(NUM_READS)),
        "num_classifiers": len(content["classifiers"]),
        "num_images": [each["num_images"] for each in content["test_sets"]],
        "explained": [
            (each["test_set"], each["mean_change"], each["decomposition"]["explained"])
            for each in content["comparisons"]
        ],
    }


def _read(study: Study) -> float:
    started = time.perf_counter()
    found = reports.newest(study=study)
    assert found is not None
    assert found.content
    return 1000 * (time.perf_counter() - started)


if __name__ == "__main__":
    print(json.dumps({"prepare": prepare, "build": build}[sys.argv[1]]()))
