"""What is drawn of a built report is kept for a day, as its content never changes. Without Redis it is drawn again."""

import hashlib
import json
from collections.abc import Callable

import redis
from django.core.cache import cache

from evaluation.reports.content import Content

KEPT_SECONDS = 86_400


def kept(key: str, make: Callable[[], bytes]) -> bytes:
    """What has this key, made where it is not there."""
    try:
        if (found := cache.get(key)) is not None:
            return bytes(found)
        made = make()
        cache.set(key, made, timeout=KEPT_SECONDS)
    except redis.RedisError:
        return make()
    return made


def hash_of(content: Content) -> str:
    """What the keys of what is drawn from it begin with."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
