"""What changing the input costs: `make bench-conditions`."""

import sys
import time

import numpy as np

from evaluation import conditions
from tests.benchmarks.duplicates import photograph
from tests.benchmarks.table import Row, report

SIDE = 224
NUM_PICTURES = 4
NUM_PASSES = 5
MOST_MILLISECONDS = 25.0


def milliseconds(condition: conditions.Condition, pictures: list[np.ndarray]) -> float:
    """Per picture, on one thread: the fastest of a few passes."""
    passes = []
    for _ in range(NUM_PASSES):
        start = time.perf_counter()
        for number, pixels in enumerate(pictures):
            condition.apply(pixels, seed=(number,))
        passes.append((time.perf_counter() - start) * 1000 / len(pictures))
    return min(passes)


def main() -> int:
    pictures = [np.asarray(photograph(seed).crop((0, 0, SIDE, SIDE))) for seed in range(NUM_PICTURES)]
    kinds = [kind for kind in conditions.CONDITIONS.values() if kind.group == "corruptions"]
    wanted = [(kind.kind, kind.each()) for kind in kinds]
    wanted.append(("rotation_translation", [conditions.get("rotation_translation:17,5,-10")]))
    rows = [
        Row(f"{name}, ms per image", max(milliseconds(each, pictures) for each in several), MOST_MILLISECONDS)
        for name, several in wanted
    ]
    return report(rows, [f"{SIDE} × {SIDE} pixels of three colours, one thread, the slowest severity."])


if __name__ == "__main__":
    sys.exit(main())
