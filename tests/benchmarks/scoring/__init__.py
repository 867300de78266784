"""How fast a frozen set is scored, beside the runtime and the decoder alone: `make bench-scoring`."""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from config import embedded

embedded.database_url()
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1")  # nothing here sends a message
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

from tests.benchmarks import databases  # noqa: E402
from tests.benchmarks.table import Row, report  # noqa: E402

SHARE = 0.9  # of the slower of the two parts alone

Found = dict[str, dict[str, float]]


def measured(kind: str) -> Found:
    """By a process of its own, on a database and a storage of its own."""
    with databases.migrated("bench_scoring") as url, tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"DATABASE_URL": url, "STORAGE_DIR": str(Path(folder) / "storage")}
        command = [sys.executable, "-m", "tests.benchmarks.scoring.here", kind]
        done = subprocess.run(command, cwd=databases.ROOT, env=environment, check=True, stdout=subprocess.PIPE)
    answer: Found = json.loads(done.stdout.splitlines()[-1])
    return answer


def rows(kind: str, label: str, *, shares_cores: bool) -> list[Row]:
    """Images per second; where decoding and scoring share the cores, the floor is what both together leave."""
    table = []
    for name, speed in measured(kind).items():
        runtime, decode, end_to_end = speed["runtime"], speed["decode"], speed["end to end"]
        peer = max(speed["decode by Pillow"], speed["decode by simplejpeg"])
        floor = 1 / (1 / runtime + 1 / decode) if shares_cores else min(runtime, decode)
        slower = min(runtime, peer)
        what = f"{name}, {label}"
        table += [
            Row(f"{what}: runtime alone on ready tensors, images/s", runtime),
            Row(f"{what}: decoded by Pillow in threads, images/s", speed["decode by Pillow"]),
            Row(f"{what}: decoded by simplejpeg in threads, images/s", speed["decode by simplejpeg"]),
            Row(f"{what}: decoded by Twinset in threads, images/s", decode, peer=peer),
            Row(f"{what}: end to end, images/s", end_to_end, SHARE * slower, "more", peer=slower, floor=floor),
            Row(
                f"{what}: end to end, processor ms an image",
                speed["end to end, ms"],
                floor=speed["runtime, ms"] + speed["decode, ms"],
            ),
            Row(f"{what}: queries of the whole shard", speed["queries"]),
            Row(f"{what}: images in a batch, found by trial", speed["batch"]),
        ]
    return table


def without_cuda() -> str | None:
    """Why CUDA is not measured here, if it is not."""
    if importlib.util.find_spec("torch") is None:
        return "torch is not installed"
    if importlib.util.find_spec("evaluation.runtimes.torch") is None:
        return "there is no torch runtime"
    import torch

    return None if torch.cuda.is_available() else "there is no CUDA device"


def main() -> int:
    table = rows("onnx", "CPU", shares_cores=True)
    notes = [
        f"{os.cpu_count()} cores. End to end is a shard through the queue's task: images from the storage, checked "
        "against their hash, decoded, scored, predictions stored, run counted and closed. Its peer is the slower of "
        "the bare runtime and of the faster of two usual decoders, each alone on all cores. The floor is what "
        "Twinset's own two parts leave: they share the cores on the CPU, so 1 ÷ (1 ÷ runtime + 1 ÷ decode); of "
        "processor time, which other programs don't change, the sum of both."
    ]
    if reason := without_cuda():
        notes.append(f"torch in bfloat16, channels last, on CUDA: skipped, because {reason}.")
    else:
        table += rows("torch", "CUDA, bfloat16", shares_cores=False)
    return report(table, notes)
