"""Photographs taken in from a folder, and what the machine could do at most; run by the package itself."""

import hashlib
import io
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import django

django.setup()

import numpy as np  # noqa: E402
from django.utils import timezone  # noqa: E402
from PIL import Image as PillowImage  # noqa: E402

from annotation import candidates, imaging  # noqa: E402
from annotation.candidates import IngestReport  # noqa: E402
from annotation.models import Candidate, Image, ImageSignature, Origin, Study, TargetClass  # noqa: E402
from annotation.sources import open_source  # noqa: E402
from annotation.stats.pictures import signatures  # noqa: E402
from tests.benchmarks.importing import photographs  # noqa: E402
from tests.benchmarks.memory import peak_mib  # noqa: E402

THREADS = 2
NUM_BARE = 10_000


def study(num_classes: int) -> Study:
    now = timezone.now()
    row = Study.objects.create(slug="bench", name="Import benchmark", created_at=now)
    TargetClass.objects.bulk_create(
        TargetClass(study=row, class_id=photographs.class_id(number), number=number, name=f"class {number}")
        for number in range(num_classes)
    )
    return row


def ingest(study: Study, folder: Path) -> IngestReport:
    return candidates.ingest(study=study, origin=Origin.POOL, records=open_source(folder), now=timezone.now())


def bare(path: Path) -> int:
    """The least that is done with a photograph: its hash, its pixels, the picture people see, its signature."""
    content = path.read_bytes()
    hashlib.sha256(content)
    with PillowImage.open(io.BytesIO(content)) as picture:
        picture.load()
    small = picture.resize((imaging.SIDE, imaging.SIDE * picture.height // picture.width))
    small.save(io.BytesIO(), "JPEG", quality=imaging.QUALITY)
    side = signatures.SIDE
    grey = picture.convert("L").resize((side, side), PillowImage.Resampling.BOX)
    return int(signatures.perceptual_hashes(np.asarray(grey)[None])[0])


def bare_per_second(paths: list[Path]) -> float:
    started = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(bare, paths))
    return len(paths) / (time.perf_counter() - started)


def copied(folder: Path, goal: Path) -> float:
    started = time.perf_counter()
    subprocess.run(["cp", "--recursive", str(folder), str(goal)], check=True)
    return time.perf_counter() - started


def main() -> None:
    num_images, folder, place = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    row = study(-(-num_images // photographs.PER_CLASS))
    seconds = {}
    started, computed = time.perf_counter(), time.process_time()
    report = ingest(row, folder)
    seconds["ingest"] = time.perf_counter() - started
    cpu_seconds = time.process_time() - computed
    assert (report.num_created, report.num_read) == (num_images, num_images), report
    for table in (Candidate, Image, ImageSignature):
        assert table._base_manager.count() == num_images
    started = time.perf_counter()
    assert ingest(row, folder).num_existing == num_images
    seconds["again"] = time.perf_counter() - started
    peak = peak_mib()
    seconds["cp"] = copied(folder, place / "copy")
    found = {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "peak_mib": peak,
        "bare_per_second": bare_per_second(list(photographs.paths(folder, NUM_BARE))),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
