"""All figures of test sets: `make bench-testsets`."""

import sys

from config import embedded

embedded.redis_url()  # first: the others send no message and name a server that is none

from tests.benchmarks import duplicates, exports  # noqa: E402
from tests.benchmarks.table import report  # noqa: E402
from tests.benchmarks.testsets import building, demonstration  # noqa: E402

PARTS = {
    "building": building.rows,
    "the demonstration": demonstration.rows,
    "near-duplicates": duplicates.rows,
    "exports": exports.rows,
}


def main() -> int:
    table, notes = [], []
    for name, rows in PARTS.items():
        print(f"measuring {name}", file=sys.stderr)
        found, told = rows()
        table += found
        notes += told
    return report(table, notes)


sys.exit(main())
