"""What every test may use: a real PostgreSQL and Redis (embedded unless the environment names others)."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import Client
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser import chromium

# How long a machine takes that others use too says nothing of the code; and what lasts for all examples is meant to.
SLOW_MAY_BE = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
# What may land is not for chance to say: examples are new each time for who works on the code, and the same in CI.
settings.register_profile(
    "shared machine", deadline=None, suppress_health_check=SLOW_MAY_BE, derandomize="CI" in os.environ
)
settings.load_profile("shared machine")

KEPT = {"django_content_type", "auth_permission"}  # the same for every test: migrating has made them


@pytest.fixture(autouse=True, scope="session")
def _tables_are_emptied_quickly() -> Iterator[None]:
    """Between tests that commit, Django truncates all tables and makes permissions again, which takes most of a second.

    Few have rows: deleting those is many times faster. The triggers that keep frozen sets and the ledger stand aside.
    """
    patch = pytest.MonkeyPatch()

    def sql_flush(self: DatabaseOperations, style: Any, tables: Any, **options: Any) -> list[str]:
        emptied = "; ".join(f"DELETE FROM {self.quote_name(each)}" for each in tables if each not in KEPT)
        return [
            "SET session_replication_role = replica",
            emptied,
            "SET session_replication_role = DEFAULT",
        ]

    patch.setattr(DatabaseOperations, "sql_flush", sql_flush)
    patch.setattr("django.core.management.commands.flush.emit_post_migrate_signal", lambda *args, **options: None)
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def _own_storage(tmp_path: Path, settings: Any) -> None:
    """Every test writes its files into a folder of its own."""
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "storage")},
        }
    }


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, settings: Any) -> None:
    """Every test counts its own requests: rate limits live in the cache."""
    settings.CACHES = {"default": settings.CACHES["default"] | {"KEY_PREFIX": str(tmp_path)}}


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def researcher(db: None) -> User:
    return User.objects.create_user("rosa", password="correct horse battery")


@pytest.fixture
def stranger(db: None) -> User:
    """A researcher who takes no part in the study at hand."""
    return User.objects.create_user("sten", password="correct horse battery")


@pytest.fixture
def admin(db: None) -> User:
    return User.objects.create_superuser("ada", password="correct horse battery")


@pytest.fixture
def admin_client(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


@pytest.fixture
def researcher_client(researcher: User) -> Client:
    client = Client()
    client.force_login(researcher)
    return client


@pytest.fixture(scope="session")
def reference_dir() -> Path:
    """The folder of published data; tests that need it are skipped where it is not there."""
    folder = os.environ.get("TWINSET_REFERENCE_DIR")
    if not folder:
        pytest.skip("TWINSET_REFERENCE_DIR is not set; it names the folder of published reference data")
    return Path(folder)


@pytest.fixture(scope="session")
def wordnet_dir() -> Path:
    """The folder of a WordNet 3.0 database; tests that need it are skipped where there is none."""
    folder = Path(os.environ.get("WORDNET_DIR") or "/usr/share/wordnet")
    if not (folder / "data.noun").is_file():
        pytest.skip("There is no WordNet database in /usr/share/wordnet: apt-get install wordnet-base")
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium; without one, a skip that says how to install it."""
    # Playwright's loop runs in this thread, which Django takes for asynchronous code.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        started = chromium.launch(playwright)
        if started is None:
            pytest.skip(chromium.HOW_TO_INSTALL)
        expect.set_options(timeout=chromium.PATIENCE)
        yield started
        started.close()
