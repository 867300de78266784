import hashlib
import io
import json
import os
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import datasets
import pytest
from django.core.management import CommandError, call_command
from PIL import Image as PillowImage

from annotation import storage, testsets
from annotation.errors import CannotExport
from annotation.exports import imagefolder
from annotation.models import Image
from tests import cast
from tests.annotation.exports.exported import HOSTILE, NUMBERS, WNIDS, add_picture, content_of, export, frozen_set, lose
from tests.cast import NOW

pytestmark = pytest.mark.django_db
READ_BY_IMAGEFOLDER = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


def load(root: Path) -> list[tuple[Path, int]]:
    """What a loader that follows torchvision's ImageFolder finds: (file, class index)."""
    classes = sorted(entry.name for entry in os.scandir(root) if entry.is_dir())
    return [
        (Path(folder, name), index)
        for index, target in enumerate(classes)
        for folder, _, names in sorted(os.walk(root / target))
        for name in sorted(names)
        if name.lower().endswith(READ_BY_IMAGEFOLDER)
    ]


def test_datasets_reads_the_folders_too(tmp_path_factory: pytest.TempPathFactory) -> None:
    """It takes any file called test… for a split of its own, so that no name here may contain the word."""
    test_set, tmp_path = frozen_set(NUMBERS), tmp_path_factory.mktemp("folders")
    export(test_set, "imagefolder", tmp_path / "export")
    loaded = datasets.load_dataset(
        "imagefolder", data_dir=str(tmp_path / "export"), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert len(loaded) == 2 * len(NUMBERS)
    numbers = sorted(test_set.images.values_list("target_class__number", flat=True))
    assert sorted(loaded["label"]) == numbers


def read_json(path: Path) -> Any:
    return json.loads(path.read_text())


@pytest.mark.parametrize(
    "class_ids",
    [NUMBERS, WNIDS, HOSTILE],
)
def test_a_loader_finds_every_image_under_the_number_of_its_class(class_ids: list[str], tmp_path: Path) -> None:
    test_set = frozen_set(class_ids)
    report = export(test_set, "imagefolder", tmp_path / "export")
    found = load(tmp_path / "export")
    assert (report.num_expected, report.num_written, len(found)) == (2 * len(class_ids),) * 3
    number_of = dict(test_set.images.values_list("candidate__image__sha256", "target_class__number"))
    assert {path.stem: index for path, index in found} == number_of
    indices = read_json(tmp_path / "export" / "class_to_idx.json")
    assert all(indices[path.parent.name] == index for path, index in found)
    assert all(path.read_bytes() == storage.get("images", path.stem) for path, _ in found)
    for path, _ in found:
        PillowImage.open(path).load()


@pytest.mark.parametrize(
    ("class_ids", "expected"),
    [
        (["0", "1", "9"], ["0", "1", "9"]),
        ([str(number) for number in range(11)], [f"{number:02}" for number in range(11)]),
        (["0", "1", "10", "2"], ["0", "1", "10", "2"]),  # in the order of their text, not of their value
        (["5", "3"], ["0", "1"]),  # neither text nor value is in order
        (["1", "01"], ["0", "1"]),  # padded, they would be one folder
        (["ant", "Ant"], ["0", "1"]),  # one folder where case is not told apart
        (["..", "x"], ["0", "1"]),
        (["-rf", "x"], ["0", "1"]),
        (["NUL", "x"], ["0", "1"]),
        (["٣", "٤"], ["0", "1"]),  # digits, but not ours
        (["a" * 100, "b"], ["a" * 100, "b"]),
        ([], []),
    ],
)
def test_folder_names_are_safe_and_sort_like_the_classes(class_ids: list[str], expected: list[str]) -> None:
    assert imagefolder.folder_names(class_ids) == expected


def test_the_files_beside_the_folders_say_what_is_there(tmp_path: Path) -> None:
    test_set = frozen_set(["1", "2"])
    target = tmp_path / "export"
    export(test_set, "imagefolder", target)
    assert (target / "classes.txt").read_text() == "1\tname of 1\n2\tname of 2\n"
    assert hashlib.sha256((target / "frozen.json").read_bytes()).hexdigest() == test_set.content_sha256
    manifest = read_json(target / "manifest.json")
    assert (manifest["citation"], manifest["num_expected"], manifest["num_written"]) == (test_set.citation, 4, 4)
    files = [path for path in target.rglob("*") if path.is_file() and path.name != "manifest.json"]
    hashes = {path.relative_to(target).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    assert manifest["files"] == hashes


def test_a_class_without_images_keeps_its_folder_and_so_its_index(tmp_path: Path) -> None:
    study = frozen_set(["0", "1"]).study
    cast.target_class(study, "2", "two")
    add_picture(study, cast.candidate(study.target_classes.get(class_id="1"), cast.Origin.ORIGINAL).image)
    test_set = testsets.freeze(test_set=testsets.import_original(study=study, now=NOW), now=NOW)
    export(test_set, "imagefolder", tmp_path / "export")
    assert list((tmp_path / "export" / "2").iterdir()) == []
    assert read_json(tmp_path / "export" / "class_to_idx.json") == {"0": 0, "1": 1, "2": 2}


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tgz", ".zip"])
def test_an_archive_holds_the_folder_and_is_the_same_every_time(suffix: str, tmp_path: Path) -> None:
    test_set = frozen_set(["0", "1"])
    for name in ("folder", f"first{suffix}", f"second{suffix}"):
        export(test_set, "imagefolder", tmp_path / name)
    assert (tmp_path / f"first{suffix}").read_bytes() == (tmp_path / f"second{suffix}").read_bytes()
    unpacked = tmp_path / "unpacked"
    if suffix == ".zip":
        with zipfile.ZipFile(tmp_path / "first.zip") as archive:
            archive.extractall(unpacked)
    else:
        with tarfile.open(tmp_path / f"first{suffix}") as archive:
            archive.extractall(unpacked, filter="data")
    assert content_of(unpacked) == content_of(tmp_path / "folder")
    assert {path.name for path in tmp_path.iterdir() if path.name.startswith(".")} == set()


@pytest.mark.parametrize("name", ["export", "export.tar", "export.tar.gz", "export.zip"])
def test_a_missing_image_fails_loudly_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    test_set = frozen_set(["0", "1"])
    folder = tmp_path / "exports"
    folder.mkdir()
    lost = lose(test_set, 1)
    with pytest.raises(CannotExport, match=f"Only 3 of 4 images could be written.*{lost}"):
        export(test_set, "imagefolder", folder / name)
    assert list(folder.iterdir()) == []


def test_a_damaged_image_is_missing_too(tmp_path: Path) -> None:
    test_set = frozen_set(["0"])
    sha256 = test_set.images.get(number=0).candidate.image.sha256
    path = Path(str(storage.path_of("images", sha256)))
    path.chmod(0o600)
    path.write_bytes(b"rot")
    with pytest.raises(CannotExport, match="was damaged"):
        export(test_set, "imagefolder", tmp_path / "export")


def test_an_open_set_is_not_exported(tmp_path: Path) -> None:
    frozen = frozen_set(["0"])
    cast.candidate(frozen.study.target_classes.get(), cast.Origin.ORIGINAL)
    test_set = testsets.import_original(study=frozen.study, now=NOW)
    with pytest.raises(CannotExport, match="original@r2 is not frozen"):
        export(test_set, "imagefolder", tmp_path / "export")


@pytest.mark.parametrize("name", ["export", "export.zip"])
def test_nothing_is_overwritten(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("precious")
    with pytest.raises(CannotExport, match="overwrite nothing"):
        export(frozen_set(["0"]), "imagefolder", tmp_path / name)
    assert (tmp_path / name).read_text() == "precious"


def test_the_folder_of_the_target_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(CannotExport, match="is not a folder"):
        export(frozen_set(["0"]), "imagefolder", tmp_path / "nowhere" / "export")


def test_a_format_that_loaders_pass_over_is_refused_by_name(tmp_path: Path) -> None:
    study = cast.study()
    image = cast.candidate(cast.target_class(study), cast.Origin.ORIGINAL).image
    Image.objects.filter(pk=image.pk).update(format="GIF")
    test_set = testsets.freeze(test_set=testsets.import_original(study=study, now=NOW), now=NOW)
    with pytest.raises(CannotExport, match="1 images of digits-twin"):
        export(test_set, "imagefolder", tmp_path / "export")


def test_the_command_exports_by_citation(tmp_path: Path) -> None:
    test_set = frozen_set(["0", "1"])
    output = io.StringIO()
    call_command("export_test_set", test_set.citation, str(tmp_path / "export.tar"), stdout=output)
    assert "4 of 4 images" in output.getvalue()
    with pytest.raises(CommandError, match="overwrite nothing"):
        call_command("export_test_set", test_set.citation, str(tmp_path / "export.tar"))
    with pytest.raises(CommandError, match="a citation looks like"):
        call_command("export_test_set", "nothing", str(tmp_path / "other.tar"))
