"""Calls that really run at the same time: threads of their own on database connections of their own."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

T = TypeVar("T")
NUM_CONNECTIONS = 6  # the pool has a few more


def at_once(calls: Iterable[Callable[[], T]]) -> list[T]:
    """Each call in a thread of its own, started together; more calls than connections share those."""
    calls = list(calls)
    gate = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        try:
            if len(calls) <= NUM_CONNECTIONS:
                connection.ensure_connection()
            gate.wait(120)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as people:
        return list(people.map(run, calls))


def wait_until_somebody_waits() -> None:
    """Until another connection waits for a lock, as it does for one that this thread's transaction holds."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    for _ in range(6000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees one moment of it otherwise
            cursor.execute(waiting)
            if cursor.fetchone() != (0,):
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits for a lock")
