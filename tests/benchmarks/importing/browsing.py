"""How soon pages of a pool of a million candidates are there: `python -m tests.benchmarks.importing.browsing`."""

import argparse
import json
import os
import subprocess
import sys
from typing import Any

from config import embedded

embedded.database_url()
os.environ["REDIS_URL"] = embedded.redis_url()
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

from tests.benchmarks import databases  # noqa: E402
from tests.benchmarks.importing import browsing_data  # noqa: E402
from tests.benchmarks.table import Row, report  # noqa: E402

MS_FOR_A_PAGE, SECONDS_IN_BULK = 150, 15


def child(url: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.importing.browsing_here"]
    environment = os.environ | {"DATABASE_URL": url, "LOG_LEVEL": "ERROR"}
    result = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=environment, cwd=databases.ROOT)
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def measured(num_candidates: int) -> tuple[list[Row], list[str]]:
    with browsing_data.database("bench_browsing", num_candidates=num_candidates) as url:
        found = child(url)
    seconds = {name: value / 1000 for name, value in found["bulk"].items()}
    num = f"{found['bulk']['num']:,.0f} candidates"
    rows = [
        *(Row(f"candidates, {name}: ms", ms, MS_FOR_A_PAGE) for name, ms in found["pages"].items()),
        *(Row(f"{name}: ms", ms, MS_FOR_A_PAGE) for name, ms in found["api"].items()),
        *(Row(f"{name}: ms", ms) for name, ms in found["others"].items()),
        Row(f"preview of excluding {num}, s", seconds["preview"], SECONDS_IN_BULK),
        Row("preview of excluding every candidate, s", seconds["everything"], SECONDS_IN_BULK),
        Row(f"{num} excluded at once, s", seconds["exclude"], SECONDS_IN_BULK),
        Row("and undone, s", seconds["undo"], SECONDS_IN_BULK),
    ]
    notes = [
        f"{num_candidates:,} candidates of {browsing_data.NUM_CLASSES:,} classes, mixed; another study with a tenth as "
        "many came before. Pages: medians of six answers of Django in this process, cards and all.",
        f"The machine's load was {os.getloadavg()[1]:.1f} on {os.cpu_count()} cores: with more than one a core, others "
        "were measured too.",
    ]
    return rows, notes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidates", type=int, default=browsing_data.NUM_CANDIDATES)
    return report(*measured(parser.parse_args().candidates))


if __name__ == "__main__":
    sys.exit(main())
