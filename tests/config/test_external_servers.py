"""The same code on servers of your own: PostgreSQL and Redis named by address instead of embedded."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
WORK = """
import django; django.setup()
from django.core.cache import cache
from django.db import connection
from django.utils import timezone
from annotation import studies, tasks
study = studies.create(slug="external", name="External", now=timezone.now())
(row,) = studies.add_target_classes(study=study, classes=[studies.TargetClassSpec(class_id="0", name="zero")])
cache.set("external", 1)
tasks.enqueue_recompute(row.pk)
tasks.recompute_frequencies(row.pk)
print(connection.info.server_version if hasattr(connection, "info") else connection.pg_version, cache.get("external"))
"""


@pytest.fixture
def database_url() -> Iterator[str]:
    """A database of its own on the server, dropped afterwards."""
    server = os.environ.get("TWINSET_EXTERNAL_DATABASE_URL")
    if not server:
        pytest.skip("TWINSET_EXTERNAL_DATABASE_URL is not set; it names a PostgreSQL server to try")
    name = f"twinset_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def redis_url() -> str:
    url = os.environ.get("TWINSET_EXTERNAL_REDIS_URL")
    if not url:
        pytest.skip("TWINSET_EXTERNAL_REDIS_URL is not set; it names a Redis server to try")
    return url


def test_migrations_and_verbs_run_on_servers_of_your_own(database_url: str, redis_url: str, tmp_path: Path) -> None:
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "STORAGE_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    for command in (["manage.py", "migrate", "-v", "0"], ["-c", WORK]):
        outcome = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert outcome.returncode == 0, outcome.stderr
    assert outcome.stdout.split()[1] == "1"
