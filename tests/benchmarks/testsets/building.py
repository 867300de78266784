"""How fast test sets are built: 1,000 classes of 200 candidates, four strategies. Part of `make bench-testsets`."""

import json
import os
import subprocess
import sys
from typing import Any

from config import embedded

embedded.database_url()
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1")  # nothing here sends a message
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

import psycopg  # noqa: E402

from tests.benchmarks import databases  # noqa: E402
from tests.benchmarks.table import Row  # noqa: E402
from tests.benchmarks.testsets import data  # noqa: E402

SECONDS, MIB = 3, 300
NAMES = ("calibrated", "recalibrated", "easier", "easiest")


def child(what: str, url: str) -> dict[str, Any]:
    """A measurement in a process of its own; what it prints, read."""
    command = [sys.executable, "-m", "tests.benchmarks.testsets.here", what]
    result = subprocess.run(
        command, stdout=subprocess.PIPE, check=True, env=os.environ | {"DATABASE_URL": url}, cwd=databases.ROOT
    )
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def rows() -> tuple[list[Row], list[str]]:
    """Figures and notes of a generated study, in a database of its own."""
    with databases.migrated("bench_testsets") as url:
        with psycopg.connect(url, autocommit=True) as connection:
            data.fill(connection)
        times = child("time", url)
        runs = [child("once", url) for _ in range(2)]
    memory = max(run["peak_mib"] for run in runs)
    are_equal = runs[0]["manifests"] == runs[1]["manifests"]
    of = f"{data.NUM_CLASSES:,} classes x {data.NUM_POOL}: "
    return [
        *(Row(f"{of}{name}, s", times[name]) for name in NAMES),
        Row(f"{of}all four together, s", times["all"], SECONDS),
        Row(f"{of}what all four would lack, s", times["feasibility"]),
        Row(f"{of}peak memory of the process that builds all four, MiB", memory, MIB),
        Row(f"{of}manifests that are the same bytes in two processes", 4 if are_equal else 0, 4, better="more"),
    ], [
        f"{data.NUM_ORIGINALS} originals a class, {data.WORKERS} judgements an image; "
        f"{runs[0]['num_images']:,} images drawn. Best of three; "
        f"{runs[0]['before_mib']:.0f} MiB are the program itself."
    ]
