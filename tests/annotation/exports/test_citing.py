"""What a stranger needs beside the images, in every layout: to cite, to check, to load, and the licences."""

import hashlib
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import datasets
import mlcroissant
import pytest
import yaml
from django.contrib.auth.models import User
from django.core.files.storage import storages
from django.test import Client

from annotation import exports, storage, studies, testsets
from annotation.errors import CannotExport
from annotation.exports import citing
from annotation.exports.contents import contents_of
from annotation.models import Candidate, Export, TestSet
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
def test_the_sums_are_those_of_all_files_also_where_some_were_written_at_a_second_try(
    test_set: TestSet, layout: str
) -> None:
    image = test_set.images.order_by("number")[0].candidate.image
    assert image is not None
    content = storage.get("images", image.sha256)
    storage.remove(storage.key_of("images", image.sha256))
    with pytest.raises(CannotExport, match="Only"):
        exported.export(test_set, layout)
    storage.put("images", content)
    exports.queue_again(export=Export.objects.get(), now=NOW)
    row = exported.export(test_set, layout)
    root = Path(storages["default"].path(f"exports/{row.pk}"))
    files = json.loads((root / "manifest.json").read_text())["files"]
    sums = dict(reversed(line.split("  ", 1)) for line in (root / "SHA256SUMS").read_text().splitlines())
    assert files.pop("SHA256SUMS")
    assert sums == files


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


AUTHORS = ["O'Brien, Seán", "von Neumann, John", "Müller & Söhne", r"Odd{, Na}me\ 5%", "Black and White, Inc."]
NAME = r"(?:[^{}\\%&#$_~^,]|\\[_%&#$]|\{\\text\w+\})+"
PART = rf"(?:{NAME}|\{{(?:{NAME}|,)+\}})"
AUTHOR = rf"(?:{PART}, {PART}|\{{{NAME}\}})"


@pytest.fixture
def by_authors() -> TestSet:
    """Frozen with authors, who are others by now."""
    return exported.frozen_set(["1", "2"], authors="\n".join(AUTHORS))


def change_authors(test_set: TestSet) -> TestSet:
    studies.name_authors(study=test_set.study, authors="Somebody Else")
    return TestSet.objects.get(pk=test_set.pk)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_export_names_the_authors_that_the_set_was_frozen_with(
    by_authors: TestSet, tmp_path: Path, layout: str
) -> None:
    exported.export(change_authors(by_authors), layout, tmp_path / "export")
    cited = yaml.safe_load((tmp_path / "export" / "CITATION.cff").read_text())
    assert cited["authors"] == [
        {"family-names": "O'Brien", "given-names": "Seán"},
        {"family-names": "von Neumann", "given-names": "John"},
        {"name": "Müller & Söhne"},
        {"family-names": "Odd{", "given-names": r"Na}me\ 5%"},
        {"family-names": "Black and White", "given-names": "Inc."},
    ]
    line = f"    {'; '.join(AUTHORS)} ({NOW:%Y}). {by_authors.citation}, sha256:{by_authors.content_sha256}\n"
    assert line in (tmp_path / "export" / "README.md").read_text()


@pytest.mark.filterwarnings("ignore:.* deprecated:DeprecationWarning")  # within mlcroissant
def test_croissant_names_the_authors_as_creators(by_authors: TestSet, tmp_path: Path) -> None:
    exported.export(by_authors, "croissant", tmp_path / "export")
    described = json.loads((tmp_path / "export" / "croissant.json").read_text())
    assert described["creator"][:3] == [
        {"@type": "sc:Person", "name": "Seán O'Brien"},
        {"@type": "sc:Person", "name": "John von Neumann"},
        {"@type": "sc:Organization", "name": "Müller & Söhne"},
    ]
    assert described["citeAs"].startswith("O'Brien, Seán; von Neumann, John; ")
    read = mlcroissant.Dataset(str(tmp_path / "export" / "croissant.json"))
    assert [each.name for each in read.metadata.creators][1:3] == ["John von Neumann", "Müller & Söhne"]


def test_names_can_not_break_out_of_a_bibliography(by_authors: TestSet) -> None:
    entry = citing.bibtex(by_authors, 4, testsets.authors_of(change_authors(by_authors)))
    found = re.search(r"^  author = \{(.*)\},$", entry, re.MULTILINE)
    assert found
    assert re.fullmatch(rf"{AUTHOR}(?: and {AUTHOR})*", found[1])
    assert found[1] == (
        r"O'Brien, Seán and von Neumann, John and {Müller \& Söhne} and "
        r"Odd{\textbraceleft}, Na{\textbraceright}me{\textbackslash} 5\% and {Black and White}, Inc."
    )
    assert entry.count("{") == entry.count("}")


def test_an_organisation_alone_is_in_double_braces(test_set: TestSet) -> None:
    assert "  author = {{Müller \\& Söhne}},\n" in citing.bibtex(test_set, 4, ["Müller & Söhne"])
    assert "  author = {{The researchers of the study digits-twin}},\n" in citing.bibtex(test_set, 4, [])


def test_a_set_without_authors_has_none_in_its_manifest_and_keeps_its_hash(test_set: TestSet) -> None:
    assert "authors" not in testsets.manifest_of(test_set)
    studies.name_authors(study=test_set.study, authors="Somebody Else")
    assert testsets.authors_of(TestSet.objects.get(pk=test_set.pk)) == []


def test_many_long_names_are_read_from_where_the_manifest_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    authors = [f"Sørensen, Åse {number}" for number in range(100)]
    test_set = exported.frozen_set(["1", "2"], authors="\n".join(authors))
    monkeypatch.setattr("annotation.storage.CHUNK_BYTES", 64)
    assert testsets.authors_of(test_set) == authors == testsets.manifest_of(test_set)["authors"]


def test_a_frozen_set_s_page_names_the_authors_it_was_frozen_with(by_authors: TestSet, admin_user: User) -> None:
    client = Client()
    client.force_login(admin_user)
    page = client.get(f"/studies/{change_authors(by_authors).study.slug}/test-sets/original/r1/").text
    assert "von Neumann, John and" in page
    assert "Somebody Else" not in page
