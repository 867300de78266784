"""Calls that really run at the same time: threads of their own on database connections of their own."""

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
            gate.wait(20)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as people:
        return list(people.map(run, calls))
