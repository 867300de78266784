"""How long a report of 67 classifiers on five sets of 1,000 classes takes, and its page: `make bench-report`."""

import json
import os
import subprocess
import sys
from typing import Any

from config import embedded

embedded.database_url()
embedded.redis_url()  # keeps what draws the charts, as it does for anybody
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

import psycopg  # noqa: E402

from tests.benchmarks import databases  # noqa: E402
from tests.benchmarks.table import Row, report  # noqa: E402
from tests.benchmarks.testsets import data as counts  # noqa: E402

SECONDS, MS_TO_ANSWER, MS_TO_USE = 20, 500, 1000


def child(module: str, *arguments: str, **environment: str) -> dict[str, Any]:
    """A measurement in a process of its own; what it prints, read."""
    command = [sys.executable, "-m", f"tests.benchmarks.reports.{module}", *arguments]
    result = subprocess.run(
        command, stdout=subprocess.PIPE, check=True, env=os.environ | environment, cwd=databases.ROOT
    )
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def main() -> int:
    with databases.migrated("bench_reports") as url:
        with psycopg.connect(url, autocommit=True) as connection:
            counts.fill(connection)
        child("here", "prepare", DATABASE_URL=url)
        found = child("here", "build", DATABASE_URL=url)
        page = child("pages", DATABASE_URL=url)
    of = f"{found['num_classifiers']} classifiers x {len(found['num_images'])} sets: "
    return report(
        [
            Row(f"{of}built, s", found["seconds"], SECONDS),
            Row(f"{of}built, s of this process alone", found["cpu_seconds"]),
            Row(f"{of}queries", found["num_queries"]),
            Row(f"{of}content, kB", found["num_bytes"] / 1000),
            Row(f"{of}from the row to its content, ms", found["ms_to_content"], MS_TO_ANSWER),
            Row(f"{of}peak memory of the process that builds it, MiB", found["peak_mib"]),
            Row("its page answered, ms", page["answer_ms"], MS_TO_ANSWER),
            Row("its page, kB", page["num_bytes"] / 1000),
            Row("its table usable after the answer, ms", page["table_ms"], MS_TO_USE),
            Row("its key chart drawn after the answer, ms", page["chart_ms"], MS_TO_USE),
        ],
        [
            f"Sets of {', '.join(f'{each:,}' for each in found['num_images'])} images, {counts.NUM_CLASSES:,} classes; "
            f"{found['before_mib']:.0f} MiB are the program itself. Built once, by a process that has just begun.",
            "Pages: medians of six, in Chromium with an empty cache; the very first answer took "
            f"{page['first_answer_ms']:.0f} ms, and the first chart here {page['first_chart_ms']:.0f} ms.",
            "All that is lost is what the choice of images costs. Change, and what of it is explained, in points: "
            + ", ".join(f"{name} {_points(whole)}, {_points(part)}" for name, whole, part in found["explained"]),
        ],
    )


def _points(fraction: float | None) -> str:
    return "unknown" if fraction is None else f"{100 * fraction:+.1f}"


if __name__ == "__main__":
    sys.exit(main())
