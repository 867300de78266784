"""The cache in Redis: it holds counts and marks that may be lost, so that nobody waits long for it."""

from typing import Any

SECONDS = 0.5  # for one answer; without a limit of ours a Redis that takes connections and is silent costs 5 at each


def in_redis(address: str) -> dict[str, Any]:
    """What `CACHES` says of it."""
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": address,
        "OPTIONS": {"socket_timeout": SECONDS, "socket_connect_timeout": SECONDS},
    }
