"""How fast a frozen set is written in each layout, beside the tools that only write. `make bench-exports`."""

import json
import os
import statistics
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
    middle = {name: statistics.median(each) for name, each in seconds.items()}
    speed = {name: size / value for name, value in middle.items()}

    def share(name: str, floor: str) -> float:
        return statistics.median(least / here for least, here in zip(seconds[floor], seconds[name], strict=True))

    table = [
        Row("WebDataset shards, share of tar's speed", share("webdataset", "tar"), SHARE, better="more"),
        Row("parquet, share of pyarrow's speed", share("parquet", "pyarrow"), SHARE, better="more"),
        Row("ImageFolder on one disk (hard links), share of cp's speed", share("imagefolder, links", "cp"), SHARE,
            better="more"),
        Row("WebDataset shards, MiB/s (floor: tar, peer: webdataset's own writer)", speed["webdataset"],
            peer=speed["ShardWriter"], floor=speed["tar"]),
        Row("parquet, MiB/s (floor: pyarrow)", speed["parquet"], floor=speed["pyarrow"]),
        Row("ImageFolder on one disk (hard links), MiB/s (floor: cp)", speed["imagefolder, links"], floor=speed["cp"]),
        Row("ImageFolder, copies, MiB/s (floor: cp)", speed["imagefolder"], floor=speed["cp"]),
        Row("ImageFolder, hard links, s (floor: cp --link)", middle["imagefolder, links"], floor=middle["cp --link"]),
        Row("peak memory of all exports, MiB", found["peak_mib"]),
    ]  # fmt: skip
    hashing = middle["sha256 of all, one thread"]
    notes = [
        f"10,000 JPEGs of 30 KB ({size:.0f} MiB) until they are on the disk, the middle of {len(seconds['tar'])} "
        "rounds; a share is the middle of the rounds' shares, each of two figures taken one after the other. Here "
        "every picture is also checked against its hash and every file hashed, tables and manifest are written, and "
        f"pieces recorded; hashing the pictures alone takes one thread {hashing:.2f} s. pyarrow holds all pictures in "
        "memory at once.",
        "The best and the worst round, in seconds: "
        + ", ".join(f"{name} {min(each):.2f} to {max(each):.2f}" for name, each in seconds.items() if len(each) > 1)
        + ".",
    ]
    return table, notes


def main() -> int:
    return report(*rows())
