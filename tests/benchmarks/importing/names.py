"""Names and classes taken in without their images, and the same rows by a bare COPY; run by the package itself."""

import csv
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import django

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from annotation import candidates  # noqa: E402
from annotation.models import Candidate, Origin, Study, TargetClass  # noqa: E402
from annotation.sources import CandidateRecord, open_source  # noqa: E402
from annotation.sources.base import Source  # noqa: E402
from tests.benchmarks.memory import peak_mib  # noqa: E402

NUM_CLASSES = 1000


def study(slug: str) -> Study:
    now = timezone.now()
    row = Study.objects.create(slug=slug, name="Import benchmark", created_at=now)
    TargetClass.objects.bulk_create(
        TargetClass(study=row, class_id=f"n{number:08d}", number=number, name=f"class {number}")
        for number in range(NUM_CLASSES)
    )
    return row


def names(num: int) -> Iterator[tuple[str, str]]:
    """Classes are mixed, as they are in sets that were scored elsewhere."""
    return ((f"ILSVRC2012_val_{number:08d}", f"n{number % NUM_CLASSES:08d}") for number in range(num))


def records(num: int) -> Iterator[CandidateRecord]:
    return (CandidateRecord(source, class_id, None) for source, class_id in names(num))


def manifest(path: Path, num: int) -> Source:
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "class_id"])
        rows.writerows(names(num))
    return open_source(path)


def taken(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def copy(into: Study, num: int) -> None:
    """The least: the rows as they are, into the same table with the same indexes and constraints, in one go."""
    ids = dict(into.target_classes.values_list("class_id", "pk"))
    statement = "COPY annotation_candidate (study_id, created_at, target_class_id, origin, source) FROM STDIN"
    now = timezone.now()
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy(statement) as rows:
        for source, class_id in names(num):
            rows.write_row((into.pk, now, ids[class_id], "pool", source))


def main() -> None:
    num, place = int(sys.argv[1]), Path(sys.argv[3])

    def ingest(into: Study, found: Iterator[CandidateRecord] | Source) -> candidates.IngestReport:
        return candidates.ingest(study=into, origin=Origin.POOL, records=found, now=timezone.now())

    first, second, third = study("generated"), study("listed"), study("copied")
    listed = manifest(place / "manifest.csv", num)
    seconds = {"ingest": taken(lambda: ingest(first, records(num)))}
    seconds["again"] = taken(lambda: ingest(first, records(num)))
    seconds["manifest"] = taken(lambda: ingest(second, listed))
    peak = peak_mib()
    seconds["COPY"] = taken(lambda: copy(third, num))
    for each in (first, second, third):
        assert Candidate.objects.filter(study=each).count() == num, each
    print(json.dumps({"seconds": seconds, "peak_mib": peak}))


if __name__ == "__main__":
    main()
