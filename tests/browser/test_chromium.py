from pathlib import Path

import pytest

from tests.browser import chromium


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A PATH with nothing on it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    return tmp_path


def program(folder: Path, name: str) -> str:
    path = folder / name
    path.touch(mode=0o755)
    return str(path)


def test_without_a_chromium_there_is_none_to_start(bare_machine: Path) -> None:
    assert chromium.find(str(bare_machine / "not-installed")) is None


def test_one_on_the_path_goes_before_that_of_playwright(bare_machine: Path) -> None:
    on_the_path = program(bare_machine, "google-chrome")
    assert chromium.find(program(bare_machine, "of-playwright")) == on_the_path


def test_the_one_named_goes_before_all(bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bare_machine, "chromium")
    mine = program(bare_machine, "mine")
    monkeypatch.setenv("CHROMIUM", mine)
    assert chromium.find("") == mine


def test_that_of_playwright_is_the_last_resort(bare_machine: Path) -> None:
    assert chromium.find(program(bare_machine, "of-playwright")) is not None
