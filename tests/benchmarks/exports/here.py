"""Ten thousand JPEGs written in each layout, and by the tools that do nothing else; run by the package itself.

Prints as JSON, by name, the seconds of each round. Each layout is written right after its floor, the tool that does
the least for the same bytes: what the machine does besides strikes both alike, so a round's two figures go together.
"""

import hashlib
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import django

django.setup()

import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
import webdataset  # noqa: E402
from django.utils import timezone  # noqa: E402
from PIL import Image as PillowImage  # noqa: E402

from annotation import exports, storage, testsets  # noqa: E402
from annotation.models import Candidate, Export, Image, Origin, Study, TargetClass, TestSet  # noqa: E402
from tests.benchmarks.memory import peak_mib  # noqa: E402

NUM_IMAGES, NUM_CLASSES = 10_000, 10
NUM_BYTES = 30_000
NUM_PICTURES = 50  # different ones; the rest differ behind the end of the picture
ROUNDS = 7
COMPARED = {
    "tar": ["webdataset", "ShardWriter"],
    "pyarrow": ["parquet"],
    "cp": ["imagefolder, links", "imagefolder"],
    "cp --link": [],
}


def frozen_set() -> TestSet:
    """Ten thousand JPEGs of 30 KB in ten classes."""
    now = timezone.now()
    study = Study.objects.create(slug="bench", name="Exports benchmark", created_at=now)
    classes = TargetClass.objects.bulk_create(
        TargetClass(study=study, class_id=f"n{number:08d}", number=number, name=f"class {number}")
        for number in range(NUM_CLASSES)
    )
    pictures = [_jpeg(number) for number in range(NUM_PICTURES)]
    rows = []
    for number in range(NUM_IMAGES):
        content = (pictures[number % NUM_PICTURES] + number.to_bytes(8, "big")).ljust(NUM_BYTES, b"\0")
        sha256 = storage.put("images", content)
        rows.append(
            Image(
                sha256=sha256, pixel_sha256=sha256, format="JPEG", width=200, height=150, num_bytes=len(content),
                rendition_sha256=sha256, created_at=now,
            )
        )  # fmt: skip
    images = Image.objects.bulk_create(rows, batch_size=2000)
    Candidate.objects.bulk_create(
        (
            Candidate(
                study=study, target_class=classes[number * NUM_CLASSES // NUM_IMAGES], image=image,
                origin=Origin.ORIGINAL, source=f"{number}.jpg", created_at=now,
            )
            for number, image in enumerate(images)
        ),
        batch_size=2000,
    )  # fmt: skip
    return testsets.freeze(test_set=testsets.import_original(study=study, now=now), now=now)


def _jpeg(seed: int) -> bytes:
    """A picture of noise a little below the wanted size."""
    pixels = np.random.default_rng(seed).integers(0, 256, (150, 200, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    PillowImage.fromarray(pixels).save(buffer, "JPEG", quality=60)
    content = buffer.getvalue()
    assert len(content) < NUM_BYTES, len(content)
    return content


def write(test_set: TestSet, layout: str, goal: Path, *, may_link: bool = False) -> None:
    """As the command does it, from the request to the finished row."""
    row = exports.request(test_set=test_set, layout=layout, address=str(goal), now=timezone.now())
    held = exports.claim(export=row, consumer="bench", now=timezone.now())
    assert held is not None
    assert exports.write(held=held, clock=timezone.now, rules=exports.Rules(may_link=may_link))


def write_parquet(source: Path, goal: Path) -> None:
    """What pyarrow does in one go: files read, a table made and written, all of it in memory."""
    files = sorted(path for path in source.rglob("*.jpg"))
    image = [{"bytes": path.read_bytes(), "path": path.name} for path in files]
    table = pa.table({"image": image, "label": [int(path.parent.name[1:]) for path in files]})
    pq.write_table(table, goal, compression="none")


def write_shards(source: Path, goal: Path) -> None:
    """What the format's own writer makes of the same files."""
    goal.mkdir()
    with webdataset.ShardWriter(f"{goal}/test-%06d.tar", maxcount=1000, verbose=0) as writer:
        for number, path in enumerate(sorted(source.rglob("*.jpg"))):
            facts = {"class_id": path.parent.name, "sha256": path.stem}
            writer.write(
                {"__key__": f"{number:08d}", "jpg": path.read_bytes(), "cls": int(path.parent.name[1:]), "json": facts}
            )


def run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True)


def in_turn(rng: np.random.Generator) -> list[str]:
    """The floors in another order each time, each followed by what is compared with it."""
    return [name for floor in rng.permutation(list(COMPARED)).tolist() for name in (floor, *COMPARED[floor])]


def measured(work: Callable[[Path], object], goal: Path) -> float:
    """Seconds until what it makes is on the disk, beginning with a quiet one and with memory that is in use.

    A virtual machine gets fresh memory from its host at up to three times the cost of all the work, which would strike
    one or another by chance. So each is done twice, and the first time is not counted: what it made is dropped from
    memory, which the second time uses. On the disk it stays, for one that discards is slow long after.
    """
    return [_once(work, goal.with_name(f"{goal.name} {turn}")) for turn in ("first", "second")][-1]


def _once(work: Callable[[Path], object], goal: Path) -> float:
    storage.flush(goal.parent)
    started = time.perf_counter()
    work(goal)
    storage.flush(goal)
    taken = time.perf_counter() - started
    _forget(goal)
    return taken


def _forget(made: Path) -> None:
    """Drop the files from memory, but not those that are links to what is read each time."""
    for path in [made, *made.rglob("*")]:
        if path.is_file() and path.stat().st_nlink == 1:
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def main() -> None:
    folder = Path(sys.argv[1])
    test_set = frozen_set()
    source = folder / "source"
    write(test_set, "imagefolder", source)
    for path in source.iterdir():
        if path.is_file():
            path.unlink()  # so that the tools copy the pictures only
    # A process of its own for the libraries, as the tools have: pyarrow takes and leaves a gigabyte of memory.
    elsewhere = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    works: dict[str, Callable[[Path], object]] = {
        "tar": lambda goal: run("tar", "--create", "--file", goal, "--directory", source, "."),
        "webdataset": lambda goal: write(test_set, "webdataset", goal),
        "ShardWriter": lambda goal: elsewhere.submit(write_shards, source, goal).result(),
        "pyarrow": lambda goal: elsewhere.submit(write_parquet, source, goal).result(),
        "parquet": lambda goal: write(test_set, "parquet", goal),
        "cp": lambda goal: run("cp", "--recursive", source, goal),
        "imagefolder": lambda goal: write(test_set, "imagefolder", goal),
        "cp --link": lambda goal: run("cp", "--recursive", "--link", source, goal),
        "imagefolder, links": lambda goal: write(test_set, "imagefolder", goal, may_link=True),
    }
    for layout in ("webdataset", "parquet", "imagefolder"):
        works[layout](folder / layout)
    peak = peak_mib()
    taken: dict[str, list[float]] = {name: [] for name in works}
    for number in range(ROUNDS):
        for name in in_turn(np.random.default_rng(number)):
            taken[name].append(measured(works[name], folder / f"{name} {number}"))
    assert Export.objects.filter(state=Export.State.FINISHED).count() == 4 * 2 * ROUNDS + 4
    elsewhere.shutdown()
    taken["sha256 of all, one thread"] = [_hash_seconds(source)]
    print(json.dumps({"seconds": taken, "num_bytes": NUM_IMAGES * NUM_BYTES, "peak_mib": peak}))


def _hash_seconds(source: Path) -> float:
    started = time.perf_counter()
    for path in source.rglob("*.jpg"):
        hashlib.sha256(path.read_bytes())
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
