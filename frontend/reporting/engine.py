"""The script that draws: Vega, Vega-Lite and Vega-Embed, as vl-convert carries them."""

import gzip
from functools import cache
from importlib.metadata import version

import redis
import vl_convert
from django.core.cache import cache as django_cache

VERSION = version("vl-convert-python")


@cache
def packed() -> bytes:
    """With gzip. Bundling takes seconds: done once per installation, then kept by Redis, then by this process."""
    key = f"chart-script-gzip-{VERSION}"
    try:
        if (kept := django_cache.get(key)) is None:
            kept = _bundled()
            django_cache.set(key, kept, timeout=None)
    except redis.RedisError:
        return _bundled()
    return bytes(kept)


def text() -> str:
    return gzip.decompress(packed()).decode()


def _bundled() -> bytes:
    script = str(vl_convert.javascript_bundle())  # type: ignore[call-arg]  # its stub forgets the default
    return gzip.compress(script.encode(), mtime=0)
