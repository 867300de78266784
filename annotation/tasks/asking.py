"""How messages are sent: with Redis away nothing fails, and a sweep finds from the database what lost its message."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import redis
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


@contextmanager
def or_swept(waiting: str) -> Iterator[None]:
    """Send a message within this; if nobody takes it, the log says what waits for the sweep."""
    try:
        yield
    except (OperationalError, redis.RedisError) as error:
        logger.warning("%s: the queue does not answer (%s)", waiting, error)
