"""Hard links: only to files that nobody may write to, and only where a file system can."""

import os
import stat
from pathlib import Path

import pytest

from annotation import storage
from annotation.exports.targets import folder
from tests.annotation.exports.exported import export, frozen_set

pytestmark = pytest.mark.django_db


def pictures(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.suffix in (".jpg", ".png")]


def stored(path: Path) -> Path:
    return Path(str(storage.path_of("images", path.stem)))


def test_pictures_are_the_files_of_the_storage_which_nobody_may_write_to(tmp_path: Path) -> None:
    export(frozen_set(["0", "1"]), "imagefolder", tmp_path / "export")
    found = pictures(tmp_path / "export")
    assert len(found) == 4
    assert all(path.samefile(stored(path)) for path in found)
    assert {stat.S_IMODE(path.stat().st_mode) for path in found} == {0o444}


def test_copies_are_files_of_their_own(tmp_path: Path) -> None:
    export(frozen_set(["0", "1"]), "imagefolder", tmp_path / "export", may_link=False)
    for path in pictures(tmp_path / "export"):
        assert not path.samefile(stored(path))
        path.write_bytes(b"changed")
        assert storage.get("images", path.stem)


def test_a_stored_file_that_can_be_written_to_is_copied(tmp_path: Path) -> None:
    test_set = frozen_set(["0"])
    for image in test_set.images.select_related("candidate__image"):
        Path(str(storage.path_of("images", image.candidate.image.sha256))).chmod(0o644)
    export(test_set, "imagefolder", tmp_path / "export")
    assert not any(path.samefile(stored(path)) for path in pictures(tmp_path / "export"))


def test_another_file_system_gets_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: str, goal: str) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(folder.os, "link", refuse)
    export(frozen_set(["0"]), "imagefolder", tmp_path / "export")
    assert len(pictures(tmp_path / "export")) == 2
    assert os.link is refuse
