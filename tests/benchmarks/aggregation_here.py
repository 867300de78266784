"""What the aggregation benchmark measures of Twinset, in a process of its own; prints seconds as JSON."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

import numpy as np  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from annotation import frequencies  # noqa: E402
from annotation.counting import counts, handed_in  # noqa: E402
from annotation.models import Study  # noqa: E402
from annotation.stats.dawid_skene import two_coin  # noqa: E402
from annotation.stats.judgements import from_bitmaps  # noqa: E402
from tests.benchmarks.memory import peak_mib  # noqa: E402

ROUNDS = 3
TABLE = "annotation_selectionfrequency"


def seconds(what: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    what()
    return time.perf_counter() - begin


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def read_and_count(study: Study) -> None:
    """A whole study in the portions that are counted at once."""
    ids = list(study.target_classes.order_by("pk").values_list("pk", flat=True))
    for first in range(0, len(ids), frequencies.CLASSES_AT_ONCE):
        counts.count(handed_in.read(ids[first : first + frequencies.CLASSES_AT_ONCE]))


def written(study: Study) -> dict[str, float]:
    """Counted into an empty table, again without a change, and with every count changed."""
    found: dict[str, list[float]] = {"written": [], "again": [], "changed": []}
    for _ in range(ROUNDS):
        execute(f"TRUNCATE {TABLE}")
        for name, before in (
            ("written", ""),
            ("again", ""),
            ("changed", f"UPDATE {TABLE} SET num_selected = 0, num_seen = num_seen + 1"),
        ):
            if before:
                execute(before)
                execute(f"VACUUM {TABLE}")
            found[name].append(seconds(lambda: frequencies.recompute_study(study=study, now=timezone.now())))
    return {name: min(times) for name, times in found.items()}


def dawid_skene(study: Study) -> dict[str, float]:
    ids = list(study.target_classes.values_list("pk", flat=True))
    (block,) = handed_in.read(ids)
    known, column = np.unique(block.candidate, return_inverse=True)
    measured = block.bits(block.measured).astype(np.bool_)
    columns = np.where(measured, column.reshape(measured.shape), -1)[block.row_grid]
    workers = np.unique(block.worker, return_inverse=True)[1]
    arrays = workers, columns, block.bits(block.seen), block.bits(block.selected)
    built = [from_bitmaps(*arrays, num_candidates=len(known))]
    return {
        "built": min(seconds(lambda: from_bitmaps(*arrays, num_candidates=len(known))) for _ in range(ROUNDS)),
        "iterated": min(seconds(lambda: two_coin(built[0], num_iterations=10, tolerance=0)) for _ in range(ROUNDS)),
    }


def main(what: str) -> None:
    study = Study.objects.get()
    found: dict[str, float] = {}
    if what == "counts":
        found["read"] = min(seconds(lambda: read_and_count(study)) for _ in range(ROUNDS))
        found |= written(study)
    else:
        found |= dawid_skene(study)
    found["peak_mib"] = peak_mib()
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
