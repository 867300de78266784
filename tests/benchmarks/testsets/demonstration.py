"""The demonstration's own sets: made by `manage.py demo`, then built, searched and exported again, timed."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from config import embedded

embedded.database_url()
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

from tests.benchmarks import databases  # noqa: E402
from tests.benchmarks.table import Row  # noqa: E402


def rows() -> tuple[list[Row], list[str]]:
    """Figures and notes, in a database and a storage of their own."""
    with databases.migrated("bench_demonstration") as url, tempfile.TemporaryDirectory() as folder:
        servers = {"DATABASE_URL": url, "REDIS_URL": embedded.redis_url()}
        own = os.environ | servers | {"STORAGE_DIR": str(Path(folder) / "storage")}
        demo = [sys.executable, "manage.py", "demo"]
        subprocess.run(demo, cwd=databases.ROOT, env=own, check=True, stdout=subprocess.DEVNULL)
        measure = [sys.executable, "-m", "tests.benchmarks.testsets.demonstration_here", folder]
        done = subprocess.run(measure, cwd=databases.ROOT, env=own, check=True, stdout=subprocess.PIPE)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    size = f"{found['num_images']} images"
    return [
        Row("demonstration: all four sets built, s", found["built"]),
        Row("demonstration: near-duplicates searched, s", found["searched"]),
        *(Row(f"demonstration: {size} as {layout}, s", seconds) for layout, seconds in found["exported"].items()),
        Row("demonstration: manifests that are the same bytes again", found["num_equal"], 4, better="more"),
    ], [f"The demonstration: {found['num_candidates']:,} candidates, {found['num_pairs']} pairs within 2 bits."]
