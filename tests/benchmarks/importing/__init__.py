"""How fast images and names are taken in, beside the least that it takes, and pages of many shown. `make bench-import`.

With `--images N` and `--names N` fewer of them, for a quick look; `--keep FOLDER` keeps the photographs for next time.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from config import embedded

embedded.database_url()
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1")  # nothing here sends a message
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

from tests.benchmarks import databases  # noqa: E402
from tests.benchmarks.importing import photographs  # noqa: E402
from tests.benchmarks.table import Row, report  # noqa: E402

NUM_IMAGES, NUM_NAMES, NUM_CANDIDATES = 100_000, 1_000_000, 1_000_000
IMAGES_PER_SECOND, MIB, SECONDS = 160, 1536, 60  # the targets


def measured(kind: str, number: int, folder: Path) -> dict[str, Any]:
    """By a process of its own, on a database and a storage of its own."""
    with databases.migrated(f"bench_import_{kind}") as url, tempfile.TemporaryDirectory() as place:
        environment = os.environ | {"DATABASE_URL": url, "STORAGE_DIR": str(Path(place) / "storage")}
        command = [sys.executable, "-m", f"tests.benchmarks.importing.{kind}", str(number), str(folder), place]
        done = subprocess.run(command, cwd=databases.ROOT, env=environment, check=True, stdout=subprocess.PIPE)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def rows(num_images: int, num_names: int, folder: Path) -> tuple[list[Row], list[str]]:
    """Figures and notes."""
    made = photographs.make(folder, num_images)
    images = measured("pictures", num_images, folder)
    names = measured("names", num_names, folder)
    seconds = images["seconds"]
    table = [
        Row(f"{num_images:,} photographs taken in, per second (floor: decode + thumbnail + hash in two threads)",
            num_images / seconds["ingest"], IMAGES_PER_SECOND, better="more", floor=images["bare_per_second"]),
        Row("the same, s (floor: cp)", seconds["ingest"], floor=seconds["cp"]),
        Row("the same taken in again: all are there, per second", num_images / seconds["again"]),
        Row("peak memory of that, MiB", images["peak_mib"], MIB),
        Row(f"{num_names:,} names and classes without images taken in, s (floor: COPY)", names["seconds"]["ingest"],
            SECONDS, floor=names["seconds"]["COPY"]),
        Row("the same, from a manifest on the disk, s", names["seconds"]["manifest"], SECONDS),
        Row("the same taken in again: all are there, s", names["seconds"]["again"]),
        Row("peak memory of that, MiB", names["peak_mib"], MIB),
    ]  # fmt: skip
    notes = [
        f"JPEGs of 500 × 375 pixels and {made.num_bytes / num_images / 1000:.0f} KB, no two with the same pixels, in "
        f"{made.num_classes:,} folders, into storage, database, renditions and signatures. "
        f"Of the {seconds['ingest']:.0f} s this process was computing for {images['cpu_seconds']:.0f} s. The memory is "
        "that of this process.",
        f"The machine's load was {os.getloadavg()[1]:.1f} on {os.cpu_count()} cores: with more than one a core, others "
        "were measured too.",
    ]
    return table, notes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=NUM_IMAGES, metavar="N")
    parser.add_argument("--names", type=int, default=NUM_NAMES, metavar="N")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the photographs lie, or are put")
    parser.add_argument("--candidates", type=int, default=NUM_CANDIDATES, metavar="N", help="of the pages")
    options = parser.parse_args()
    kept = tempfile.TemporaryDirectory() if options.keep is None else nullcontext(options.keep)
    with kept as folder:
        table, notes = rows(options.images, options.names, Path(folder))
    from tests.benchmarks.importing import browsing  # which is run by itself as well

    shown, more_notes = browsing.measured(options.candidates)
    return report([*table, *shown], [*notes, *more_notes])
