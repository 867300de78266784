"""An export whose process is killed at a random moment is finished by the next one, twenty times."""

import contextlib
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import redis
from django.utils import timezone

from annotation import exports, storage, tasks
from annotation.exports import downloads
from annotation.models import Export, TestSet
from tests.annotation.exports.exported import frozen_set
from tests.flows.conftest import ROOT, SECONDS, child_environment, wait_until_let_go

NUM_KILLS = 20
PER_CLASS = 60
LAYOUTS = ("imagefolder", "webdataset", "parquet", "croissant")


class Writer:
    """Starts a process for an export, and kills it when asked to."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        assert self._answer() == "ready"

    def write(self, export: Export, *, kill_after: float | None = None, is_half_way: bool = False) -> None:
        """To its end, or until it is killed: so many seconds after its start, or after its first piece."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{export.pk}\n" if kill_after is None else f"{export.pk} slowly\n")
        self.process.stdin.flush()
        child = int(self._answer())
        if kill_after is not None:
            if is_half_way:
                self._wait_for_a_piece(export)
            time.sleep(kill_after)
            with contextlib.suppress(ProcessLookupError):  # it was quicker
                os.kill(child, signal.SIGKILL)
        assert self._answer() == "ended"
        wait_until_let_go()

    def _wait_for_a_piece(self, export: Export) -> None:
        deadline = time.monotonic() + SECONDS
        while not export.pieces.exclude(finished_at=None).exists():
            assert time.monotonic() < deadline, "it finishes nothing"
            time.sleep(0.002)

    def _answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@pytest.fixture
def writer(transactional_db: None, empty_queue: redis.Redis, tmp_path: Path) -> Iterator[Writer]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.flows.exporting_process"],
        cwd=ROOT,
        env=child_environment(tmp_path / "storage"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield Writer(process)
        process.kill()


def verified(export: Export, test_set: TestSet) -> None:
    """Download it, and compare every file with the manifest and every picture with the storage."""
    content = b"".join(downloads.Download(export).chunks())
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        files = {each.name: archive.extractfile(each).read() for each in archive if each.isfile()}  # type: ignore[union-attr]
    manifest = json.loads(files.pop("manifest.json"))
    assert manifest["files"] == {name: hashlib.sha256(each).hexdigest() for name, each in files.items()}
    assert manifest["num_written"] == manifest["num_expected"] == test_set.images.count()
    together = b"".join(files.values())
    for sha256 in test_set.images.values_list("candidate__image__sha256", flat=True):
        assert storage.get("images", sha256) in together


def test_an_export_killed_at_a_random_moment_resumes_and_verifies_twenty_times(writer: Writer) -> None:
    test_set = frozen_set(["0", "1", "10", "100"], per_class=PER_CLASS, size=(40, 30))
    rng = np.random.default_rng(5)
    manifests: dict[str, set[str]] = {layout: set() for layout in LAYOUTS}
    num_half_way = 0
    for number in range(NUM_KILLS):
        layout = LAYOUTS[number % len(LAYOUTS)]
        export = exports.request(test_set=test_set, layout=layout, now=timezone.now())
        is_half_way = number % 8 >= len(LAYOUTS)  # by turns at its beginning, and in the middle, of each layout
        kill_after = float(rng.uniform(0, 0.05)) if is_half_way else float(rng.uniform(0.02, 0.4))
        writer.write(export, kill_after=kill_after, is_half_way=is_half_way)
        num_half_way += (
            export.pieces.filter(finished_at=None).exists() and export.pieces.exclude(finished_at=None).exists()
        )
        Export.objects.filter(pk=export.pk, state="open").update(lease_expires_at=timezone.now())
        tasks.sweep_exports()
        writer.write(export)
        export.refresh_from_db()
        assert (export.state, export.failure) == ("finished", "")
        verified(export, test_set)
        manifests[layout].add(export.manifest_sha256)
        exports.remove(export=export, now=timezone.now())
    assert {layout: len(each) for layout, each in manifests.items()} == dict.fromkeys(LAYOUTS, 1)
    assert num_half_way >= NUM_KILLS // 4, "too few were killed half way for this to say anything"
