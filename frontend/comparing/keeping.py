"""What the page of a comparison has read, kept for its charts, so that these do not read the pool again."""

import re
from collections.abc import Mapping
from uuid import uuid4

import redis
from django.core.cache import cache

from annotation.candidates.comparing import Histogram
from annotation.models import Study

KEPT_SECONDS = 600
NAME = re.compile("[0-9a-f]{32}")


def keep(study: Study, histograms: Mapping[str, Histogram]) -> str:
    """The name by which charts ask for it; nothing without Redis."""
    name = uuid4().hex
    try:
        cache.set(_key(study, name), dict(histograms), timeout=KEPT_SECONDS)
    except redis.RedisError:
        return ""
    return name


def kept(study: Study, name: str) -> dict[str, Histogram] | None:
    """What has this name; None where it is not, or no more, there."""
    if not NAME.fullmatch(name):
        return None
    try:
        found: dict[str, Histogram] | None = cache.get(_key(study, name))
    except redis.RedisError:
        return None
    return found


def _key(study: Study, name: str) -> str:
    return f"pool-comparison-{study.pk}-{name}"
