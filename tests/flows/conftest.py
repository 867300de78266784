"""Real consumers for whole journeys: processes of their own, on the test's database, storage and Redis."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
QUEUES = ("default", "gpu")
CHILD = "a test's child"
SECONDS = 180  # for what takes a few; only what never happens lasts as long
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=INFO")


def child_environment(storage: Path) -> dict[str, str]:
    """What a child process needs to work on the test's database, storage and Redis."""
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    return os.environ | {
        "DATABASE_URL": database.geturl(),
        "REDIS_URL": settings.REDIS_URL,
        "STORAGE_DIR": str(storage),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PGAPPNAME": CHILD,
    }


def wait_until_let_go(name: str = CHILD) -> None:
    """Until the database is done with killed children of this name: a commit they had sent may outlive them."""
    deadline = time.monotonic() + SECONDS
    while _num_connections(name):
        assert time.monotonic() < deadline, f"the database still serves {name}"
        time.sleep(0.005)


def wait_until_answered(name: str) -> None:
    """Until the database works on nothing that a stopped child of this name had asked for."""
    deadline = time.monotonic() + SECONDS
    while _num_connections(name, state="active"):
        assert time.monotonic() < deadline, f"the database still works for {name}"
        time.sleep(0.005)


def _num_connections(name: str, state: str = "") -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = %s AND state LIKE %s",
            [name, state or "%"],
        )
        return int(cursor.fetchone()[0])


class Consumers:
    """Starts consumers, kills them, and tells what they logged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        self.names: dict[subprocess.Popen[bytes], str] = {}

    def start(self, queue: str) -> "subprocess.Popen[bytes]":
        """One more consumer of this queue; it takes seconds until it takes messages."""
        name = f"{queue}-{len(self.processes)}"
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-Q", queue, "-n", f"{name}@test"]
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "--pool=solo", *QUIET],
                cwd=ROOT,
                env=child_environment(self.folder / "storage") | {"PGAPPNAME": name},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.processes.append(process)
        self.names[process] = name
        return process

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """As the kernel does when memory runs out: no goodbye."""
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait_until_let_go(self.names[process])

    def wait_until(self, is_so: Callable[[], bool], *, seconds: float = SECONDS, pause: float = 0.1) -> None:
        """Wait for what the consumers are to do; fail with their logs."""
        deadline = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > deadline:
                pytest.fail(f"nothing after {seconds} s; the consumers' logs:\n{self.logs()}")
            time.sleep(pause)

    def logs(self) -> str:
        return "\n".join(path.read_text()[-4000:] for path in sorted(self.folder.glob("*.log")))

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.kill(process)


@pytest.fixture
def empty_queue() -> Iterator[redis.Redis]:
    """The tests' own Redis database, emptied."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


@pytest.fixture
def consumer_starter(transactional_db: None, empty_queue: redis.Redis, tmp_path: Path) -> Iterator[Consumers]:
    """Starts consumers where the test says so."""
    starter = Consumers(tmp_path)
    yield starter
    starter.stop()


@pytest.fixture
def consumers(consumer_starter: Consumers) -> Consumers:
    """A consumer for each queue, starting up."""
    for queue in QUEUES:
        consumer_starter.start(queue)
    return consumer_starter
