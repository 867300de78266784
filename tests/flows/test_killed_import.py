"""An import whose process is killed at random moments goes on where it stopped; nothing is doubled, nothing lost."""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from annotation.models import Candidate, Collection, CollectionRefusal, Image, ImageSignature
from tests import cast
from tests.flows.conftest import ROOT, SECONDS, child_environment, wait_until_let_go

NUM_KILLS = 12
NUM_CLASSES, PER_CLASS = 6, 100
FEWEST_MEANINGFUL = 3


class Ingester:
    """Starts a process that goes on with a collection, and kills it when asked to."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        assert self._answer() == "ready"

    def go_on(self, collection: Collection, *, kill_after: float | None = None, num_more: int = 0) -> None:
        """To its end, or until it is killed: so many seconds after it has read this many more, or ended before."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{collection.pk}\n")
        self.process.stdin.flush()
        child = int(self._answer())
        if kill_after is not None:
            self._wait_until_read(collection, collection.num_read + num_more)
            time.sleep(kill_after)
            with contextlib.suppress(ProcessLookupError):  # it was quicker
                os.kill(child, signal.SIGKILL)
        assert self._answer() == "ended"
        wait_until_let_go()
        collection.refresh_from_db()

    def _wait_until_read(self, collection: Collection, num_read: int) -> None:
        deadline = time.monotonic() + SECONDS
        while not Collection.objects.exclude(state="open", num_read__lt=num_read).filter(pk=collection.pk).exists():
            assert time.monotonic() < deadline, "it takes nothing in"
            time.sleep(0.005)

    def _answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@pytest.fixture
def ingester(transactional_db: None, tmp_path: Path) -> Iterator[Ingester]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.flows.ingesting_process"],
        cwd=ROOT,
        env=child_environment(tmp_path / "storage"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield Ingester(process)
        process.kill()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Photographs in class folders; in each folder also a text, and one photograph a second time."""
    folder = tmp_path / "folder"
    for number in range(NUM_CLASSES):
        (folder / str(number)).mkdir(parents=True)
        for seed in range(PER_CLASS):
            content = cast.png(number * PER_CLASS + seed, (80, 60), "JPEG")
            (folder / f"{number}/{seed:03}.jpg").write_bytes(content)
        (folder / f"{number}/again.jpg").write_bytes(content)
        (folder / f"{number}/notes.txt").write_text("no picture")
    return folder


def open_collection(folder: Path) -> Collection:
    study = cast.study()
    for number in range(NUM_CLASSES):
        cast.target_class(study, str(number), f"class {number}")
    return Collection.objects.create(
        study=study, origin="pool", kind="folder", address=str(folder), requested_at=cast.NOW, is_queued=False
    )


def stored(storage: Path, kind: str) -> set[str]:
    """The names of the files, each the hash of what is in it."""
    files = [path for path in (storage / kind).rglob("*") if path.is_file() and not path.name.startswith(".")]
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == path.name for path in files)
    return {path.name for path in files}


def test_an_import_that_is_killed_again_and_again_ends_as_if_it_never_was(
    ingester: Ingester, folder: Path, tmp_path: Path
) -> None:
    collection = open_collection(folder)
    rng = np.random.default_rng(11)
    cursors = set()
    for number in range(NUM_KILLS):  # by turns at its beginning, and in the middle
        num_more = number % 2
        ingester.go_on(collection, kill_after=float(rng.uniform(0, 0.1 if num_more else 0.4)), num_more=num_more)
        if collection.state == Collection.State.OPEN:
            cursors.add(collection.cursor)
    ingester.go_on(collection)
    assert len(cursors - {""}) >= FEWEST_MEANINGFUL, "too few were killed half way for this to say anything"
    assert collection.state == Collection.State.FINISHED

    photographs = NUM_CLASSES * PER_CLASS
    assert (collection.num_created, collection.num_existing) == (photographs, 0)
    assert collection.num_read == photographs + 2 * NUM_CLASSES
    taken = Counter(Candidate.objects.values_list("source", flat=True))
    refused = Counter(CollectionRefusal.objects.values_list("source", flat=True))
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert set(taken) | set(refused) == found
    assert set((taken + refused).values()) == {1}
    assert Image.objects.count() == ImageSignature.objects.count() == photographs
    assert stored(tmp_path / "storage", "images") == set(Image.objects.values_list("sha256", flat=True))
    assert stored(tmp_path / "storage", "renditions") == set(Image.objects.values_list("rendition_sha256", flat=True))
