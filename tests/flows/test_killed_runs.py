"""Consumers are killed at random moments and Redis is emptied: every run finishes, every image counts once."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import redis
from django.db.models import Q, QuerySet
from django.utils import timezone

from annotation.models import Study, TestSet
from evaluation import predictions, runs, tasks
from evaluation.models import PredictionSet, Run, RunShard
from tests.evaluation import scored
from tests.flows.conftest import CHILD, ROOT, SECONDS, child_environment, wait_until_answered, wait_until_let_go

NUM_KILLS = 20
NUM_CONSUMERS = 2
NUM_OPEN = 3
PER_CLASS = 20
SHARD_SIZE = 20
IMAGE_SIZE = (1200, 1200)  # slow to read, so that there is time to kill


class ScoringConsumers:
    """Real consumers, started, killed, and what they hold."""

    def __init__(self, process: "subprocess.Popen[str]", folder: Path) -> None:
        self.process = process
        self.folder = folder
        self.alive: list[int] = []
        self.log_of: dict[int, Path] = {}
        assert self._answer() == "ready"

    def start(self) -> None:
        assert self.process.stdin is not None
        log = self.folder / f"consumer-{len(self.log_of)}.log"
        self.process.stdin.write(f"{log}\n")
        self.process.stdin.flush()
        pid = int(self._answer())
        self.alive.append(pid)
        self.log_of[pid] = log

    def wait_for(self, pid: int) -> None:
        """Until it takes messages."""
        deadline = time.monotonic() + SECONDS
        while not (self.log_of[pid].exists() and "ready." in self.log_of[pid].read_text()):
            assert time.monotonic() < deadline, self.logs()
            time.sleep(0.02)

    def kill(self, pid: int) -> int:
        """As the kernel does when memory runs out; how many shards were left behind, whose leases end now."""
        self._hold_still(pid)
        os.kill(pid, signal.SIGKILL)
        self.alive.remove(pid)
        wait_until_let_go(f"{CHILD} {pid}")
        return self._held_by(pid).update(lease_expires_at=timezone.now())

    def is_busy(self, pid: int) -> bool:
        return self._held_by(pid).exists()

    def logs(self) -> str:
        return "\n".join(path.read_text()[-2000:] for path in self.log_of.values())

    def _hold_still(self, pid: int) -> None:
        """Stop it where its death would not be the third in a row that only one image can explain."""
        would_be_blamed = Q(num_suspected__gt=1) | Q(num_attempts__gte=runs.MAX_ATTEMPTS, suspect__isnull=True)
        self._stop(pid)
        while self._held_by(pid).filter(would_be_blamed).exists():
            os.kill(pid, signal.SIGCONT)
            time.sleep(0.02)
            self._stop(pid)

    def _stop(self, pid: int) -> None:
        os.kill(pid, signal.SIGSTOP)
        wait_until_answered(f"{CHILD} {pid}")

    def _held_by(self, pid: int) -> QuerySet[RunShard]:
        held: QuerySet[RunShard] = RunShard.objects.filter(finished_at=None, lease_expires_at__isnull=False)
        return held.filter(consumer__contains=f"-{pid}-")

    def _answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@pytest.fixture
def consumers(transactional_db: None, empty_queue: redis.Redis, tmp_path: Path) -> Iterator[ScoringConsumers]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.flows.scoring_process"],
        cwd=ROOT,
        env=child_environment(tmp_path / "storage") | {"SCORING_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        started = ScoringConsumers(process, tmp_path)
        yield started
        for pid in started.alive:
            os.kill(pid, signal.SIGKILL)
        process.kill()


def request(study: Study, test_set: TestSet, number: int) -> Run:
    classifier = scored.classifier(study, f"reader {number}")
    run = runs.request(classifier=classifier, test_set=test_set, now=timezone.now(), shard_size=SHARD_SIZE)
    tasks.enqueue_run(run)
    return run


def keep_busy(study: Study, test_set: TestSet) -> None:
    """There is always more to do than what the consumers hold."""
    while Run.objects.filter(state=Run.State.OPEN).count() < NUM_OPEN:
        request(study, test_set, Run.objects.count())


def wait_until_busy(consumers: ScoringConsumers, pid: int, study: Study, test_set: TestSet) -> None:
    """Until it holds a shard: on a slow machine it may take no message for long."""
    deadline = time.monotonic() + SECONDS
    while not consumers.is_busy(pid):
        assert time.monotonic() < deadline, consumers.logs()
        keep_busy(study, test_set)
        tasks.sweep_runs()
        time.sleep(0.02)


def wait_until_all_have_ended(consumers: ScoringConsumers) -> None:
    deadline = time.monotonic() + SECONDS
    while open_runs := list(Run.objects.filter(state=Run.State.OPEN)):
        if time.monotonic() > deadline:
            pytest.fail(f"{open_runs} still open after {SECONDS} s; the consumers' logs:\n{consumers.logs()}")
        tasks.sweep_runs()  # beat does it every 30 s
        time.sleep(0.2)


def counted_once(run: Run) -> None:
    num_images = 3 * PER_CLASS
    assert (run.state, run.failure) == (Run.State.FINISHED, "")
    assert (run.score.num_images, run.score.num_correct) == (num_images, num_images)
    stored = PredictionSet.objects.filter(shard__run=run)
    assert sum(stored.values_list("num_images", flat=True)) == num_images
    np.testing.assert_array_equal(predictions.load(run=run).argmax(axis=1), np.repeat([0, 1, 2], PER_CLASS))


def test_runs_whose_consumers_are_killed_twenty_times_finish_and_count_every_image_once(
    consumers: ScoringConsumers, empty_queue: redis.Redis
) -> None:
    study = scored.study()
    test_set = scored.frozen_set(study, per_class=PER_CLASS, size=IMAGE_SIZE)
    keep_busy(study, test_set)
    rng = np.random.default_rng(6)
    num_left = 0
    for number in range(NUM_KILLS):
        while len(consumers.alive) < NUM_CONSUMERS:
            consumers.start()
        victim = consumers.alive[rng.integers(NUM_CONSUMERS)]
        consumers.wait_for(victim)
        pause = float(rng.uniform(0, 0.8))
        if number % 2:  # by turns wherever it is, and with a shard in its hands
            wait_until_busy(consumers, victim, study, test_set)
            pause /= 8
        time.sleep(pause)
        num_left += consumers.kill(victim)
        if number == NUM_KILLS // 2:
            empty_queue.flushdb()
        keep_busy(study, test_set)
        tasks.sweep_runs()
    consumers.start()
    wait_until_all_have_ended(consumers)
    for run in Run.objects.all():
        counted_once(run)
    assert num_left >= NUM_KILLS // 4, "too few were killed with a shard in their hands for this to say anything"
