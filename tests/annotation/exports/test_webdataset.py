"""WebDataset shards, read by the library `webdataset` and by `tarfile`."""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
import webdataset

from annotation import storage
from annotation.exports import webdataset as layout
from annotation.models import TestSet
from tests.annotation.exports.exported import HOSTILE, NUMBERS, WNIDS, export, frozen_set

pytestmark = [
    pytest.mark.django_db,
    # The library leaves the files open that it has read.
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
EXTENSIONS = {"JPEG": "jpg", "PNG": "png"}


def load(folder: Path) -> list[dict[str, Any]]:
    shards = sorted(str(path) for path in (folder / "shards").iterdir())
    return list(webdataset.WebDataset(shards, shardshuffle=False))


def expected(test_set: TestSet) -> list[tuple[str, str, int, bytes]]:
    """Key, extension, class index and bytes of each image, from the source."""
    columns = ("number", "candidate__image__format", "target_class__number", "candidate__image__sha256")
    return [
        (f"{number:08d}", EXTENSIONS[image_format], index, storage.get("images", sha256))
        for number, image_format, index, sha256 in test_set.images.order_by("number").values_list(*columns)
    ]


@pytest.mark.parametrize("class_ids", [NUMBERS, WNIDS, HOSTILE])
def test_webdataset_finds_every_picture_with_its_class(
    class_ids: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "IMAGES_PER_SHARD", 4)
    test_set = frozen_set(class_ids)
    row = export(test_set, "webdataset", tmp_path / "export")
    found = []
    for sample in load(tmp_path / "export"):
        [extension] = set(sample) & set(EXTENSIONS.values())
        found.append((sample["__key__"], extension, int(sample["cls"]), sample[extension]))
    assert found == expected(test_set)
    assert (row.num_expected, row.num_written) == (len(found), len(found))
    assert len(list((tmp_path / "export" / "shards").iterdir())) == -(-len(found) // 4)


def test_each_picture_brings_what_is_known_of_it(tmp_path: Path) -> None:
    test_set = frozen_set(HOSTILE)
    export(test_set, "webdataset", tmp_path / "export")
    facts = [json.loads(sample["json"]) for sample in load(tmp_path / "export")]
    assert [each["class_id"] for each in facts] == [name for name in HOSTILE for _ in range(2)]
    assert {(each["licence"], each["owner"]) for each in facts} == {("CC BY 4.0", "Ada L.")}
    assert [(each["seen"], each["selected"], each["frequency"]) for each in facts[:2]] == [(10, 0, 0.0), (10, 1, 0.1)]


def test_a_shard_is_an_ordinary_tar(tmp_path: Path) -> None:
    test_set = frozen_set(["0"])
    export(test_set, "webdataset", tmp_path / "export")
    with tarfile.open(tmp_path / "export" / "shards" / "test-000000.tar") as archive:
        names = archive.getnames()
        assert {member.mtime for member in archive} == {0}
    assert names[:3] == ["00000000.png", "00000000.cls", "00000000.json"] or names[0] == "00000000.jpg"
