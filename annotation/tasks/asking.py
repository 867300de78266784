"""How messages are sent: with Redis away nothing fails, and a sweep finds from the database what lost its message."""

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import redis
from celery import Task, current_task
from django.core.cache import cache
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

SECONDS_TO_WAIT = 600  # that a message may wait for a consumer before another one is sent


@contextmanager
def or_swept(waiting: str) -> Iterator[None]:
    """Send a message within this; if nobody takes it, the log says what waits for the sweep."""
    try:
        yield
    except (OperationalError, redis.RedisError) as error:
        logger.warning("%s: the queue does not answer (%s)", waiting, error)


def ask_once(task: Task, *ids: int) -> None:
    """Send a message, unless one that asks for the same waits already."""
    message_id = uuid.uuid4().hex
    if cache.add(_mark(task, ids), message_id, timeout=SECONDS_TO_WAIT):
        task.apply_async(ids, task_id=message_id)


def is_overtaken(task: Task, *ids: int) -> bool:
    """Whether another message that asks for the same was sent after the one at hand, so that it is left to that one.

    If not, the next may be sent from now on. So there is one at a time, however often messages ask for themselves
    again, are swept or come twice.
    """
    last, mine = cache.get(_mark(task, ids)), current_task.request.id
    if last and mine and last != mine:
        return True
    cache.delete(_mark(task, ids))
    return False


def _mark(task: Task, ids: tuple[int, ...]) -> str:
    return "-".join(["asked", task.name, *map(str, ids)])
