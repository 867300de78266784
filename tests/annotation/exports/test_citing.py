"""What a stranger needs beside the images, in every layout: to cite, to check, to load, and the licences."""

import hashlib
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import datasets
import pytest
import yaml
from django.contrib.auth.models import User
from django.test import Client

from annotation import exports, testsets
from annotation.exports import citing
from annotation.exports.contents import contents_of
from annotation.models import Candidate, TestSet
from tests.annotation.exports import exported
from tests.cast import NOW

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),  # within webdataset
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
LAYOUTS = list(exports.LAYOUTS)


@pytest.fixture
def test_set() -> TestSet:
    return exported.frozen_set(["1", "2"])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_citation_file_names_id_and_hash(test_set: TestSet, tmp_path: Path, layout: str) -> None:
    exported.export(test_set, layout, tmp_path / "export")
    cited = yaml.safe_load((tmp_path / "export" / "CITATION.cff").read_text())
    assert (cited["cff-version"], cited["type"], cited["version"]) == ("1.2.0", "dataset", "r1")
    assert cited["title"] == f"{test_set.citation}: a test set of 4 images in 2 classes"
    assert cited["date-released"] == f"{NOW:%Y-%m-%d}"
    assert [each["value"] for each in cited["identifiers"]] == [
        test_set.citation,
        f"sha256:{test_set.content_sha256}",
    ]
    assert cited["authors"] == [{"name": "The researchers of the study digits-twin"}]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_sums_are_those_of_all_files_and_a_changed_file_is_found(
    test_set: TestSet, tmp_path: Path, layout: str
) -> None:
    root = tmp_path / "export"
    exported.export(test_set, layout, root, may_link=False)
    there = exported.content_of(root)
    sums = dict(reversed(line.split("  ", 1)) for line in there["SHA256SUMS"].decode().splitlines())
    assert sums == {
        name: hashlib.sha256(content).hexdigest()
        for name, content in there.items()
        if name not in ("SHA256SUMS", "manifest.json")
    }
    assert json.loads(there["manifest.json"])["files"]["SHA256SUMS"]
    check = ["sha256sum", "--check", "--quiet", "SHA256SUMS"]
    assert subprocess.run(check, cwd=root, check=False).returncode == 0
    (root / "classes.txt").write_text("1\tsomething else\n")
    assert subprocess.run(check, cwd=root, capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_readme_tells_how_to_cite_check_and_load_and_of_licences(
    test_set: TestSet, tmp_path: Path, layout: str
) -> None:
    first = test_set.images.get(number=0)
    Candidate.objects.filter(pk=first.candidate_id).update(licence="")
    again = testsets.import_original(study=test_set.study, now=NOW)
    assert again == test_set  # what is frozen keeps the licence it was frozen with
    exported.export(test_set, layout, tmp_path / "export")
    words = (tmp_path / "export" / "README.md").read_text()
    assert f"{test_set.citation}, sha256:{test_set.content_sha256}" in words
    assert "sha256sum --check" in words
    assert "- CC BY 4.0: 4 images" in words
    assert compile(re.findall(r"```python\n(.*?)```", words, re.DOTALL)[0], "README.md", "exec")


@pytest.mark.parametrize("layout", ["webdataset", "parquet", "croissant"])
def test_an_export_is_loaded_as_its_readme_says(
    test_set: TestSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str
) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", str(tmp_path / "cache"))
    exported.export(test_set, layout, tmp_path / "export")
    monkeypatch.chdir(tmp_path / "export")
    found: dict[str, Any] = {}
    exec(re.findall(r"```python\n(.*?)```", Path("README.md").read_text(), re.DOTALL)[0], found)
    labels = [each["label"] if isinstance(each, dict) else each[1] for each in found["images"]]
    assert labels == [0, 0, 1, 1]


def test_the_card_tells_how_much_there_is_before_anything_is_read(
    test_set: TestSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", str(tmp_path / "cache"))
    exported.export(test_set, "parquet", tmp_path / "export")
    splits = datasets.load_dataset_builder(str(tmp_path / "export")).info.splits
    assert {name: split.num_examples for name, split in (splits or {}).items()} == {"test": 4}


@pytest.mark.parametrize(
    ("licences", "told"),
    [
        (["CC BY 4.0"] * 4, "cc-by-4.0"),
        (["", "", "", ""], "unknown"),
        (["CC BY 4.0", "", "", ""], "other"),
        (["CC BY 4.0", "CC BY-SA 4.0", "CC0 1.0", "mine"], "other"),
        (["mine"] * 4, "other"),
    ],
)
def test_the_card_names_a_licence_where_all_images_have_it(test_set: TestSet, licences: list[str], told: str) -> None:
    contents = contents_of(test_set)
    pictures = [each._replace(licence=licence) for each, licence in zip(contents.pictures, licences, strict=True)]
    changed = type(contents)(test_set, contents.manifest, pictures, contents.judgements)
    assert citing.licence_of_all(changed) == told


def test_a_frozen_set_offers_an_entry_for_a_bibliography(test_set: TestSet, admin_user: User) -> None:
    client = Client()
    client.force_login(admin_user)
    page = client.get(f"/studies/{test_set.study.slug}/test-sets/original/r1/").text
    assert "@misc{digits-twin-original-r1," in page
    assert f"sha256:{test_set.content_sha256}}}" in page
