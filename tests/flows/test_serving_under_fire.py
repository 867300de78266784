"""64 hasty people while web processes are killed and Redis forgets: no slot too many, no receipt in vain."""

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis
from django.db import connection
from django.utils import timezone

from annotation import assignments, bitmaps, frequencies, hits, tasks
from annotation.models import Assignment, Batch, Candidate, Grid, Image, Origin, SelectionFrequency, TargetClass
from config import embedded, services
from tests import cast
from tests.flows.conftest import SECONDS, child_environment
from tests.flows.people import Memory, Person, set_to_work

pytestmark = pytest.mark.django_db(transaction=True)
# More grids than these people finish while it burns: some work must be left when the consumer dies.
NUM_PEOPLE, NUM_CLASSES, NUM_GRIDS, NUM_POSITIONS, NUM_SLOTS = 64, 3, 240, 8, 6
LEASE_SECONDS = 3


class Deployment:
    """A Redis, a web server of two processes and a consumer, each to be killed as the kernel does."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.socket = folder / "redis.sock"
        self.port = services.free_port()
        self.environment = child_environment(folder / "storage") | {
            "REDIS_URL": f"unix://{self.socket}",
            "WORKER_LIMITS": "false",
        }
        self.stack = stack
        self.redis = self.start_redis()
        self.consumer = stack.enter_context(services.consumer("default", environment=self.environment))
        self.web = self.start_web()

    def start(self, name: str, command: list[str]) -> "subprocess.Popen[bytes]":
        return self.stack.enter_context(services.process(name, command, environment=self.environment))

    def start_redis(self) -> "subprocess.Popen[bytes]":
        command = [embedded.redis_binary(), "--port", "0", "--unixsocket", str(self.socket), "--save", ""]
        return self.start("redis-under-fire", command)

    def start_web(self) -> "subprocess.Popen[bytes]":
        running = self.start("web-under-fire", services.web_command(port=self.port, num_processes=2))
        services.wait_until_it_answers(f"http://127.0.0.1:{self.port}/login/", running)
        return running

    def empty_redis(self) -> None:
        with redis.Redis(unix_socket_path=str(self.socket)) as client:
            client.flushall()

    def kill_one_web_process(self) -> None:
        """Until another is there instead: only from then on granian counts how long it lives."""
        before = self._web_processes()
        os.kill(int(before[-1]), signal.SIGKILL)
        deadline = time.monotonic() + SECONDS
        while set(self._web_processes()) <= set(before):
            assert time.monotonic() < deadline, "none is started instead"
            time.sleep(0.02)

    def _web_processes(self) -> list[str]:
        return Path(f"/proc/{self.web.pid}/task/{self.web.pid}/children").read_text().split()

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    with ExitStack() as stack:
        yield Deployment(tmp_path, stack)


def launched() -> Batch:
    """Grids of three classes; every fourth shares a measured candidate with the one before it."""
    study = cast.study()
    grids = [
        row
        for number in range(NUM_CLASSES)
        for row in grids_of(cast.target_class(study, str(number), f"class {number}"), number)
    ]
    terms = hits.Terms(num_assignments=NUM_SLOTS, lease_seconds=LEASE_SECONDS)
    return hits.launch(study=study, grids=grids, terms=terms, now=timezone.now())


def grids_of(target_class: TargetClass, number: int) -> list[Grid]:
    names = [f"{number * NUM_GRIDS * NUM_POSITIONS + each:064x}" for each in range(NUM_GRIDS * NUM_POSITIONS)]
    fields = {"format": "PNG", "width": 8, "height": 8, "num_bytes": 9, "created_at": cast.NOW}
    images = Image.objects.bulk_create(
        Image(sha256=name, pixel_sha256=name, rendition_sha256=name, **fields) for name in names
    )
    of_class = {"study": target_class.study, "target_class": target_class, "created_at": cast.NOW}
    rows = Candidate.objects.bulk_create(
        Candidate(image=image, origin=Origin.POOL, source="", **of_class) for image in images
    )
    parts = [rows[start : start + NUM_POSITIONS] for start in range(0, len(rows), NUM_POSITIONS)]
    for before, part in zip(parts[2::4], parts[3::4], strict=True):
        part[0] = before[0]
    return [cast.grid(target_class, part) for part in parts]


def watch(seconds: float) -> None:
    """Wait, and see to it that nobody hoards meanwhile."""
    held = Assignment.objects.filter(submitted_at__isnull=True, worker__isnull=False)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        rows = list(held.values_list("worker", "lease_expires_at"))
        now = timezone.now()  # after the database was asked: what runs still, did so then
        running = Counter(worker for worker, ends_at in rows if ends_at > now)
        assert max(running.values(), default=0) <= assignments.MAX_LEASES
        time.sleep(0.25)


def set_fire(deployment: Deployment) -> None:
    """About half a minute in which everything dies that may die."""
    watch(2)
    deployment.kill_one_web_process()
    watch(4)
    deployment.empty_redis()
    watch(5)  # granian gives up where its processes die faster than it starts them
    deployment.kill_one_web_process()
    watch(2)
    deployment.kill(deployment.consumer)  # what comes in from now on waits for the sweep
    deployment.kill(deployment.redis)
    watch(3)
    deployment.kill(deployment.web)
    deployment.web = deployment.start_web()
    watch(2)
    deployment.redis = deployment.start_redis()
    deployment.kill_one_web_process()
    watch(5)


def test_no_slot_too_many_no_receipt_in_vain_nothing_counted_twice(deployment: Deployment) -> None:
    batch, memory = launched(), Memory()
    invitation = cast.join(batch)
    people = [Person(number, deployment.port, invitation, memory) for number in range(NUM_PEOPLE)]
    fire_is_out: list[bool] = []
    threads = set_to_work(people, lambda: bool(fire_is_out), num_positions=NUM_POSITIONS, lease_seconds=LEASE_SECONDS)
    set_fire(deployment)
    fire_is_out.append(True)
    for thread in threads:
        thread.join(SECONDS)
    assert memory.failures == []
    assert not any(thread.is_alive() for thread in threads)
    assert memory.lost_connections > 0
    check_slots(batch, memory)
    check_counts(memory)


def check_slots(batch: Batch, memory: Memory) -> None:
    done = list(Assignment.objects.filter(hit__batch=batch, submitted_at__isnull=False).select_related("hit__grid"))
    stored = {(row.pk, tuple(bitmaps.positions(row.selected or b"", NUM_POSITIONS))) for row in done}
    unknown = [row for row in done if row.pk in {pk for pk, _ in stored - set(memory.receipts)}]
    assert stored == set(memory.receipts), ([vars(row) for row in unknown], memory.refusals)
    assert len(done) > NUM_PEOPLE
    assert max(Counter(row.hit_id for row in done).values()) <= NUM_SLOTS
    assert set(Counter(hit for hit in batch.hits.values_list("assignments__hit", flat=True)).values()) == {NUM_SLOTS}
    judged = Counter((row.worker_id, candidate) for row in done for candidate in row.hit.grid.candidate_ids)
    assert max(judged.values()) == 1


def check_counts(memory: Memory) -> None:
    """The sweep counts what no message told of; tables, view and people agree."""
    assert frequencies.stale_target_classes().exists()
    tasks.sweep_frequencies()
    assert not frequencies.stale_target_classes().exists()
    counted = {
        row.candidate_id: (row.num_selected, row.num_seen) for row in SelectionFrequency.objects.filter(num_seen__gt=0)
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT candidate_id, count(*) FILTER (WHERE is_selected), count(*) FROM judgement GROUP BY 1")
        viewed = {candidate: (selected, seen) for candidate, selected, seen in cursor.fetchall()}
    assert counted == viewed == remembered(memory)


def remembered(memory: Memory) -> dict[int, tuple[int, int]]:
    seen: Counter[int] = Counter()
    selected: Counter[int] = Counter()
    grids = dict(Assignment.objects.values_list("pk", "hit__grid__candidate_ids"))
    for assignment, selection in set(memory.receipts):
        seen.update(grids[assignment])
        selected.update(grids[assignment][position] for position in selection)
    return {candidate: (selected[candidate], count) for candidate, count in seen.items()}
