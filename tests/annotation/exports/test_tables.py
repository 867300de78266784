"""What lies beside every layout."""

import csv
import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest

from annotation import exports, storage, testsets
from annotation.errors import CannotExport
from annotation.models import TestSet
from annotation.stats.intervals import wilson
from tests import cast
from tests.annotation.exports.exported import HOSTILE, add_picture, content_of, export, frozen_set, lose
from tests.cast import NOW

pytestmark = pytest.mark.django_db


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "images.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("layout", list(exports.LAYOUTS))
def test_every_layout_has_the_manifest_with_the_hash_of_every_file(layout: str, tmp_path: Path) -> None:
    test_set = frozen_set(HOSTILE)
    row = export(test_set, layout, tmp_path / "export")
    files = content_of(tmp_path / "export")
    content = files.pop("manifest.json")
    manifest = json.loads(content)
    assert hashlib.sha256(content).hexdigest() == row.manifest_sha256
    assert manifest["files"] == {name: hashlib.sha256(each).hexdigest() for name, each in files.items()}
    assert (manifest["num_expected"], manifest["num_written"]) == (2 * len(HOSTILE), 2 * len(HOSTILE))
    assert hashlib.sha256(files["frozen.json"]).hexdigest() == test_set.content_sha256


@pytest.mark.parametrize("layout", list(exports.LAYOUTS))
def test_every_layout_has_the_table_of_images(layout: str, tmp_path: Path) -> None:
    test_set = frozen_set(HOSTILE, per_class=3)
    export(test_set, layout, tmp_path / "export")
    table = rows(tmp_path / "export")
    assert [row["class_id"] for row in table] == [name for name in HOSTILE for _ in range(3)]
    interval = wilson(2, 10)
    last = table[-1]
    assert (last["seen"], last["selected"], last["workers"], last["frequency"]) == ("10", "2", "10", "0.2")
    assert [float(last[name]) for name in ("interval_low", "interval_high")] == pytest.approx(
        [float(interval.low), float(interval.high)]
    )
    assert (last["origin"], last["licence"]) == ("original", "CC BY 4.0")
    assert (last["owner"], last["page_url"]) == ("Ada L.", "https://photos.example/1")
    assert all((tmp_path / "export" / row["file"]).is_file() for row in table)


def test_an_image_that_nobody_saw_has_no_frequency(tmp_path: Path) -> None:
    study = cast.study()
    add_picture(study, cast.candidate(cast.target_class(study), cast.Origin.ORIGINAL).image)
    unseen = testsets.freeze(test_set=testsets.import_original(study=study, now=NOW), now=NOW)
    export(unseen, "parquet", tmp_path / "export")
    [row] = rows(tmp_path / "export")
    assert (row["seen"], row["frequency"], row["interval_low"], row["interval_high"]) == ("0", "", "", "")


@pytest.mark.parametrize("layout", list(exports.LAYOUTS))
def test_every_layout_has_the_judgements_that_were_used(layout: str, tmp_path: Path) -> None:
    """As crowd-kit reads them; workers go by a number."""
    test_set = frozen_set(["0", "1"], per_class=3)
    export(test_set, layout, tmp_path / "export")
    with (tmp_path / "export" / "judgements.csv").open(newline="") as file:
        judgements = list(csv.DictReader(file))
    assert set(judgements[0]) == {"task", "worker", "label"}
    of_image = Counter((row["task"], row["label"]) for row in judgements)
    for row in rows(tmp_path / "export"):
        num_selected = of_image[row["sha256"], "1"]
        assert (num_selected, num_selected + of_image[row["sha256"], "0"]) == (int(row["selected"]), int(row["seen"]))
    assert {row["worker"][0] for row in judgements} == {"w"}


@pytest.mark.parametrize("layout", list(exports.LAYOUTS))
def test_every_layout_fails_loudly_where_images_are_missing_and_goes_on_when_they_are_back(
    layout: str, tmp_path: Path
) -> None:
    test_set = frozen_set(["0", "1"], per_class=3)
    contents = {sha256: storage.get("images", sha256) for sha256 in [sha256_of(test_set, 1), sha256_of(test_set, 4)]}
    lost = [lose(test_set, number) for number in (1, 4)]
    with pytest.raises(CannotExport, match="Only 4 of 6 images could be written") as told:
        export(test_set, layout)
    assert all(sha256 in str(told.value) for sha256 in lost)
    for content in contents.values():
        storage.put("images", content)
    assert export(test_set, layout).num_written == 6


def sha256_of(test_set: TestSet, number: int) -> str:
    return str(test_set.images.get(number=number).candidate.image.sha256)
