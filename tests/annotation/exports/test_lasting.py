"""What is said to be written outlasts a power cut: it is asked of the disk before it is said."""

from pathlib import Path
from typing import Any

import pytest

from annotation import exports, storage
from annotation.exports import records
from tests.annotation.exports.exported import NUMBERS, export, frozen_set

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("layout", list(exports.LAYOUTS))
@pytest.mark.parametrize("address", ["folder", "packed.tar", "packed.zip", ""])
def test_the_disk_has_an_export_before_it_is_finished(
    layout: str, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def tell(module: Any, name: str) -> None:
        does = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *some, **named: (told.append(name), does(*some, **named))[1])

    tell(records, "finish_piece")
    tell(records, "finish")
    tell(storage, "flush")
    export(frozen_set(NUMBERS[:2]), layout, tmp_path / address if address else "")
    recorded = told.count("finish_piece")
    assert recorded >= 4
    assert told[-2:] == ["flush", "finish"]
    if not address.startswith("packed"):  # which are packed anew from the beginning
        pieces = "".join({"flush": "F", "finish_piece": "P", "finish": "E"}[name] for name in told)
        assert pieces.startswith("FP" * (recorded - 1))


def test_a_disk_that_fails_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "LIBC", type("Failing", (), {"syncfs": staticmethod(lambda descriptor: -1)}))
    monkeypatch.setattr(storage.ctypes, "get_errno", lambda: 5)
    with pytest.raises(OSError, match="Input/output error"):
        storage.flush(tmp_path)


@pytest.mark.parametrize(("kind", "num_asked"), [("manifests", 4), ("judgements", 4), ("images", 0), ("renditions", 0)])
def test_what_can_not_be_made_again_is_on_the_disk_when_it_is_stored(
    kind: storage.Kind, num_asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    does = storage.os.fsync
    monkeypatch.setattr(storage.os, "fsync", lambda descriptor: (asked.append(descriptor), does(descriptor)))
    sha256 = storage.put(kind, b"a content that was never stored")
    assert len(asked) == num_asked  # the file, and the folders that have its name
    assert storage.get(kind, sha256) == b"a content that was never stored"
