"""What lies beside every layout."""

import csv
import hashlib
import json
from pathlib import Path

import pytest

from annotation import exports
from annotation.stats.intervals import wilson
from tests.annotation.exports.exported import HOSTILE, content_of, export, frozen_set

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
    assert (manifest["num_expected"], manifest["num_written"]) == (22, 22)
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
    assert all((tmp_path / "export" / row["file"]).is_file() for row in table)


def test_an_image_that_nobody_saw_has_no_frequency(tmp_path: Path) -> None:
    test_set = frozen_set(["0"], per_class=1)
    test_set.study.candidates.get().selection_frequencies.update(num_selected=0, num_seen=0)
    from annotation import testsets
    from tests.cast import NOW

    unseen = testsets.freeze(test_set=testsets.import_original(study=test_set.study, now=NOW), now=NOW)
    export(unseen, "parquet", tmp_path / "export")
    [row] = rows(tmp_path / "export")
    assert (row["seen"], row["frequency"], row["interval_low"], row["interval_high"]) == ("0", "", "", "")
