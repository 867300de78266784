"""Croissant, read by `mlcroissant`."""

import json
import logging
from pathlib import Path

import mlcroissant
import pytest

from annotation.exports import parquet
from tests.annotation.exports.exported import HOSTILE, NUMBERS, export, frozen_set

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:.* deprecated:DeprecationWarning"),  # within the library
]


@pytest.mark.parametrize("class_ids", [NUMBERS, HOSTILE])
def test_mlcroissant_finds_every_picture_with_its_class(
    class_ids: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "IMAGES_PER_FILE", 5)
    test_set = frozen_set(class_ids)
    export(test_set, "croissant", tmp_path / "export")
    loaded = mlcroissant.Dataset(str(tmp_path / "export" / "croissant.json"))
    records = list(loaded.records("images"))
    rows = test_set.images.order_by("number").values_list("target_class__number", "candidate__image__sha256")
    assert [(each["images/label"], each["images/sha256"].decode()) for each in records] == list(rows)
    assert [each["images/class_id"].decode() for each in records] == [name for name in class_ids for _ in range(2)]
    assert {each["images/image"].size for each in records} == {(24, 16)}


def test_the_description_is_valid_and_names_the_hash_of_every_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    export(frozen_set(["0", "1"]), "croissant", tmp_path / "export")
    described = json.loads((tmp_path / "export" / "croissant.json").read_text())
    with caplog.at_level(logging.WARNING):
        issues = mlcroissant.Dataset(str(tmp_path / "export" / "croissant.json")).metadata.ctx.issues
    assert (issues.errors, issues.warnings, caplog.records) == (set(), set(), [])
    manifest = json.loads((tmp_path / "export" / "manifest.json").read_text())
    files = {each["contentUrl"]: each["sha256"] for each in described["distribution"] if "sha256" in each}
    assert files == {name: sha256 for name, sha256 in manifest["files"].items() if name.endswith(".parquet")}
