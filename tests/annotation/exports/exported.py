"""Frozen sets of real pictures, and exports of them made as the command and the queue make them."""

from pathlib import Path
from typing import Any

from django.utils import timezone

from annotation import exports, storage, testsets
from annotation.models import Export, Image, Study, TestSet
from tests import cast
from tests.cast import NOW

HOSTILE = ["zebra", "ant", "../../etc", "a/b", "con", "Ameise ü", "\n", "عنكبوت", "=1+1", '"; x: [', "<b>", "😀", "𠮷"]
NUMBERS = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "100"]
WNIDS = ["n01440764", "n01443537", "n01484850"]


def frozen_set(
    class_ids: list[str], per_class: int = 2, size: tuple[int, int] = (24, 16), authors: str = ""
) -> TestSet:
    """A frozen set of real pictures, JPEG and PNG by turns, so many for each of these classes."""
    study = cast.study(authors=authors)
    for class_id in class_ids:
        target_class = cast.target_class(study, class_id, f"name of {class_id}")
        for number in range(per_class):
            candidate = cast.measured(target_class, cast.Origin.ORIGINAL, num_selected=number % 11)
            candidate.licence = "CC BY 4.0"
            candidate.owner, candidate.page_url = "Ada L.", "https://photos.example/1"
            candidate.save()
            add_picture(study, candidate.image, size)
    return testsets.freeze(test_set=testsets.import_original(study=study, now=NOW), now=NOW)


def add_picture(study: Study, image: Any, size: tuple[int, int] = (24, 16)) -> None:
    image.format = "JPEG" if image.pk % 2 else "PNG"
    content = cast.png(image.pk, size, image_format=image.format)
    image.sha256, image.num_bytes = storage.put("images", content), len(content)
    image.save()


def export(test_set: TestSet, layout: str, address: Path | str = "", **rules: Any) -> Export:
    """Ask for an export and write it to the end; what goes wrong is raised."""
    row = exports.request(test_set=test_set, layout=layout, address=str(address), now=timezone.now())
    held = exports.claim(export=row, consumer="here", now=timezone.now())
    assert held is not None
    try:
        assert exports.write(held=held, clock=timezone.now, rules=exports.Rules(**rules))
    except Exception as error:
        exports.fail(held=held, reason=str(error), now=timezone.now())
        raise
    written: Export = Export.objects.with_progress().get(pk=row.pk)
    return written


def lose(test_set: TestSet, number: int) -> str:
    """Remove the file of an image from the storage."""
    image: Image = test_set.images.get(number=number).candidate.image
    path = storage.path_of("images", image.sha256)
    assert path is not None
    Path(path).unlink()
    return image.sha256


def content_of(root: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
