"""The settings as they are, but for a Redis database of the tests' own: no consumer outside takes their messages."""

import os
import re
from pathlib import Path

import environ

from config import embedded

environ.Env.read_env(Path(__file__).resolve().parent.parent / ".env")
NUMBER = 13 - int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 10


def in_database(url: str, number: int) -> str:
    """The same Redis, another of its databases."""
    if url.startswith("unix://"):
        return f"{url.partition('?')[0]}?db={number}"
    return re.sub(r"^(rediss?://[^/?]+)(/\d*)?", rf"\1/{number}", url)


os.environ["REDIS_URL"] = in_database(embedded.redis_url(), NUMBER)

from config.settings import *  # noqa: E402, F403

# On a machine that others use too, Redis may be late without being away.
CACHES["default"]["OPTIONS"] = {"socket_timeout": 60, "socket_connect_timeout": 60}  # noqa: F405
WHITENOISE_AUTOREFRESH = True  # every client of a test would look through all static files before its first request
# A safe hash takes a third of a second, and most tests have two or three people.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Nothing here must outlive a failure of power.
DATABASES["default"]["OPTIONS"]["options"] = "-c synchronous_commit=off"  # noqa: F405
