"""How fast a frozen set is written in each layout, beside the tools that only write. `make bench-exports`."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from config import embedded

embedded.database_url()
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1")  # nothing here sends a message
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

from tests.benchmarks import databases  # noqa: E402
from tests.benchmarks.table import Row, report  # noqa: E402

SHARE = 0.7  # of what the tool reaches
MIB = 2**20


def measured() -> dict[str, Any]:
    """By a process of its own, on a database and a storage of its own."""
    with databases.migrated("bench_exports") as url, tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"DATABASE_URL": url, "STORAGE_DIR": str(Path(folder) / "storage")}
        command = [sys.executable, "-m", "tests.benchmarks.exports.here", folder]
        done = subprocess.run(command, cwd=databases.ROOT, env=environment, check=True, stdout=subprocess.PIPE)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def rows() -> tuple[list[Row], list[str]]:
    """Figures and notes."""
    found = measured()
    seconds, size = found["seconds"], found["num_bytes"] / MIB
    speed = {name: size / value for name, value in seconds.items()}
    table = [
        Row("WebDataset shards, MiB/s (floor: tar, peer: webdataset's own writer)", speed["webdataset"],
            SHARE * speed["tar"], better="more", peer=speed["ShardWriter"], floor=speed["tar"]),
        Row("parquet, MiB/s (floor: pyarrow)", speed["parquet"], SHARE * speed["pyarrow"], better="more",
            floor=speed["pyarrow"]),
        Row("ImageFolder on one disk (hard links), MiB/s (floor: cp)", speed["imagefolder, links"],
            SHARE * speed["cp"], better="more", floor=speed["cp"]),
        Row("ImageFolder, copies, MiB/s (floor: cp)", speed["imagefolder"], floor=speed["cp"]),
        Row("ImageFolder, hard links, s (floor: cp --link)", seconds["imagefolder, links"], floor=seconds["cp --link"]),
        Row("peak memory of all exports, MiB", found["peak_mib"]),
    ]  # fmt: skip
    hashing = seconds["sha256 of all, one thread"]
    notes = [
        f"10,000 JPEGs of 30 KB ({size:.0f} MiB) until they are on the disk, the best of five rounds. Here every "
        "picture is also checked against its hash and every file hashed, tables and manifest are written, and pieces "
        f"recorded; hashing the pictures alone takes one thread {hashing:.2f} s. pyarrow holds all pictures in memory "
        "at once.",
        "The middle of the rounds, in seconds: "
        + ", ".join(f"{name} {value:.2f}" for name, value in found["middle"].items())
        + ".",
    ]
    return table, notes


def main() -> int:
    return report(*rows())
