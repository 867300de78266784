"""How long a report of 67 classifiers on five sets of 1,000 classes takes: `make bench-report`."""

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
from tests.benchmarks.table import Row, report  # noqa: E402
from tests.benchmarks.testsets import data as counts  # noqa: E402

SECONDS, MS_TO_ANSWER = 20, 500


def child(what: str, url: str) -> dict[str, Any]:
    """A measurement in a process of its own; what it prints, read."""
    command = [sys.executable, "-m", "tests.benchmarks.reports.here", what]
    result = subprocess.run(
        command, stdout=subprocess.PIPE, check=True, env=os.environ | {"DATABASE_URL": url}, cwd=databases.ROOT
    )
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def main() -> int:
    with databases.migrated("bench_reports") as url:
        with psycopg.connect(url, autocommit=True) as connection:
            counts.fill(connection)
        child("prepare", url)
        found = child("build", url)
        # Rows of the pages that are drawn from this very report belong here.
    of = f"{found['num_classifiers']} classifiers x {len(found['num_images'])} sets: "
    return report(
        [
            Row(f"{of}built, s", found["seconds"], SECONDS),
            Row(f"{of}built, s of this process alone", found["cpu_seconds"]),
            Row(f"{of}queries", found["num_queries"]),
            Row(f"{of}content, kB", found["num_bytes"] / 1000),
            Row(f"{of}from the row to its content, ms", found["ms_to_content"], MS_TO_ANSWER),
            Row(f"{of}peak memory of the process that builds it, MiB", found["peak_mib"]),
        ],
        [
            f"Sets of {', '.join(f'{each:,}' for each in found['num_images'])} images, {counts.NUM_CLASSES:,} classes; "
            f"{found['before_mib']:.0f} MiB are the program itself. Built once, by a process that has just begun.",
            "All that is lost is what the choice of images costs. Change, and what of it is explained, in points: "
            + ", ".join(f"{name} {_points(whole)}, {_points(part)}" for name, whole, part in found["explained"]),
        ],
    )


def _points(fraction: float | None) -> str:
    return "unknown" if fraction is None else f"{100 * fraction:+.1f}"


if __name__ == "__main__":
    sys.exit(main())
