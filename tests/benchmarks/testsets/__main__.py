"""All figures of test sets: `make bench-testsets`."""

import sys

from tests.benchmarks import duplicates, exports
from tests.benchmarks.table import report
from tests.benchmarks.testsets import building, demonstration

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
