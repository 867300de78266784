import hashlib
import io
import json
import os
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from PIL import Image as PillowImage

from annotation import storage, testsets
from annotation.errors import CannotExport
from annotation.exports import imagefolder
from annotation.models import Image, Study, TestSet
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db
READ_BY_IMAGEFOLDER = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


def frozen_set(class_ids: list[str], per_class: int = 2) -> TestSet:
    """A frozen set of real pictures, so many for each of these classes."""
    study = cast.study()
    for class_id in class_ids:
        target_class = cast.target_class(study, class_id, f"name of {class_id}")
        for _ in range(per_class):
            _add_picture(study, cast.candidate(target_class, cast.Origin.ORIGINAL).image)
    return testsets.freeze(test_set=testsets.import_original(study=study, now=NOW), now=NOW)


def _add_picture(study: Study, image: Image) -> None:
    image.format = "JPEG" if image.pk % 2 else "PNG"
    image.sha256 = storage.put("images", cast.png(image.pk, image_format=image.format))
    image.save()


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


def read_json(path: Path) -> Any:
    return json.loads(path.read_text())


@pytest.mark.parametrize(
    "class_ids",
    [
        [str(number) for number in range(12)],
        ["n01440764", "n01443537", "n01484850"],
        ["zebra", "ant", "../../etc", "a/b", "con", "Ameise ü", "\n"],
    ],
)
def test_a_loader_finds_every_image_under_the_number_of_its_class(class_ids: list[str], tmp_path: Path) -> None:
    test_set = frozen_set(class_ids)
    report = imagefolder.write(test_set=test_set, target=tmp_path / "export")
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
    imagefolder.write(test_set=test_set, target=target)
    assert (target / "classes.txt").read_text() == "1\tname of 1\n2\tname of 2\n"
    assert hashlib.sha256((target / "test_set.json").read_bytes()).hexdigest() == test_set.content_sha256
    manifest = read_json(target / "manifest.json")
    assert (manifest["citation"], manifest["num_expected"], manifest["num_written"]) == (test_set.citation, 4, 4)
    files = [path for path in target.rglob("*") if path.is_file() and path.name != "manifest.json"]
    hashes = {path.relative_to(target).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    assert manifest["files"] == hashes


def test_a_class_without_images_keeps_its_folder_and_so_its_index(tmp_path: Path) -> None:
    study = frozen_set(["0", "1"]).study
    cast.target_class(study, "2", "two")
    _add_picture(study, cast.candidate(study.target_classes.get(class_id="1"), cast.Origin.ORIGINAL).image)
    test_set = testsets.freeze(test_set=testsets.import_original(study=study, now=NOW), now=NOW)
    imagefolder.write(test_set=test_set, target=tmp_path / "export")
    assert list((tmp_path / "export" / "2").iterdir()) == []
    assert read_json(tmp_path / "export" / "class_to_idx.json") == {"0": 0, "1": 1, "2": 2}


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tgz", ".zip"])
def test_an_archive_holds_the_folder_and_is_the_same_every_time(suffix: str, tmp_path: Path) -> None:
    test_set = frozen_set(["0", "1"])
    for name in ("folder", f"first{suffix}", f"second{suffix}"):
        imagefolder.write(test_set=test_set, target=tmp_path / name)
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


def content_of(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


class Pipe:
    """A stream that cannot seek, like a response."""

    content = b""

    def write(self, content: Any) -> int:
        self.content += bytes(content)
        return len(content)


def test_a_tar_streams_to_where_there_is_no_seeking(tmp_path: Path) -> None:
    test_set = frozen_set(["0", "1"])
    pipe = Pipe()
    report = imagefolder.write_tar(test_set, pipe)
    imagefolder.write(test_set=test_set, target=tmp_path / "export.tar")
    assert report.num_written == 4
    assert pipe.content == (tmp_path / "export.tar").read_bytes()


def lose(test_set: TestSet, number: int) -> str:
    sha256 = test_set.images.get(number=number).candidate.image.sha256
    path = storage.storages["default"].path(storage.key_of("images", sha256))
    Path(path).unlink()
    return str(sha256)


@pytest.mark.parametrize("name", ["export", "export.tar", "export.tar.gz", "export.zip"])
def test_a_missing_image_fails_loudly_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    test_set = frozen_set(["0", "1"])
    folder = tmp_path / "exports"
    folder.mkdir()
    lost = lose(test_set, 1)
    with pytest.raises(CannotExport, match=f"Only 3 of 4 images could be written.*0/{lost}"):
        imagefolder.write(test_set=test_set, target=folder / name)
    assert list(folder.iterdir()) == []


def test_a_damaged_image_is_missing_too(tmp_path: Path) -> None:
    test_set = frozen_set(["0"])
    sha256 = test_set.images.get(number=0).candidate.image.sha256
    Path(storage.storages["default"].path(storage.key_of("images", sha256))).write_bytes(b"rot")
    with pytest.raises(CannotExport, match="was damaged"):
        imagefolder.write(test_set=test_set, target=tmp_path / "export")


def test_a_stream_that_failed_has_no_end_and_no_manifest() -> None:
    test_set = frozen_set(["0", "1"])
    lose(test_set, 3)
    pipe = Pipe()
    with pytest.raises(CannotExport, match="Only 3 of 4"):
        imagefolder.write_tar(test_set, pipe)
    assert b"manifest.json" not in pipe.content


def test_an_open_set_is_not_exported(tmp_path: Path) -> None:
    frozen = frozen_set(["0"])
    cast.candidate(frozen.study.target_classes.get(), cast.Origin.ORIGINAL)
    test_set = testsets.import_original(study=frozen.study, now=NOW)
    with pytest.raises(CannotExport, match="original@r2 is not frozen"):
        imagefolder.write(test_set=test_set, target=tmp_path / "export")


@pytest.mark.parametrize("name", ["export", "export.zip"])
def test_nothing_is_overwritten(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("precious")
    with pytest.raises(CannotExport, match="overwrite nothing"):
        imagefolder.write(test_set=frozen_set(["0"]), target=tmp_path / name)
    assert (tmp_path / name).read_text() == "precious"


def test_the_folder_of_the_target_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(CannotExport, match="is not a folder"):
        imagefolder.write(test_set=frozen_set(["0"]), target=tmp_path / "nowhere" / "export")


def test_a_format_that_loaders_pass_over_is_refused_by_name(tmp_path: Path) -> None:
    study = cast.study()
    image = cast.candidate(cast.target_class(study), cast.Origin.ORIGINAL).image
    Image.objects.filter(pk=image.pk).update(format="GIF")
    test_set = testsets.freeze(test_set=testsets.import_original(study=study, now=NOW), now=NOW)
    with pytest.raises(CannotExport, match="pass over 1 images of digits-twin"):
        imagefolder.write(test_set=test_set, target=tmp_path / "export")


def test_the_command_exports_by_citation(tmp_path: Path) -> None:
    test_set = frozen_set(["0", "1"])
    output = io.StringIO()
    call_command("export_test_set", test_set.citation, str(tmp_path / "export.tar"), stdout=output)
    assert "4 of 4 images" in output.getvalue()
    with pytest.raises(CommandError, match="overwrite nothing"):
        call_command("export_test_set", test_set.citation, str(tmp_path / "export.tar"))
    with pytest.raises(CommandError, match="a citation looks like"):
        call_command("export_test_set", "nothing", str(tmp_path / "other.tar"))
