from pathlib import Path

import pytest

from annotation.candidates import preparing
from annotation.models import Study
from tests.annotation.collecting import collected


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "FILES_PER_CHUNK", 3)


@pytest.fixture
def study() -> Study:
    return collected.study()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return collected.folder(tmp_path / "images")
