"""What an export is made of, read once: the frozen manifest, and what the database knows besides."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from annotation import storage, testsets
from annotation.errors import CannotExport
from annotation.exports.base import EXTENSIONS, NUM_NAMED, Contents, Picture
from annotation.models import TestSet


def contents_of(test_set: TestSet) -> Contents:
    """The contents of a frozen set; an open one could still change under the export."""
    check_frozen(test_set)
    manifest = testsets.manifest_of(test_set)
    _check_pictures(test_set)
    _check_formats(test_set, manifest)
    # A set that was frozen before judgements were kept has none to export.
    kept = manifest.get("judgements")
    judgements = partial(storage.chunks, "judgements", kept["sha256"]) if kept else None
    return Contents(test_set, manifest, list(_pictures(test_set, manifest)), judgements)


def check_frozen(test_set: TestSet) -> None:
    if not test_set.is_frozen:
        raise CannotExport(f"{test_set} is not frozen; freeze it, then export it.")


def _check_pictures(test_set: TestSet) -> None:
    """Refuse where some were taken down: the frozen set keeps their names, and nobody gets their pictures again."""
    gone = test_set.images.filter(candidate__take_down__isnull=False).order_by("number")
    if named := list(gone.values_list("candidate__source", flat=True)[: NUM_NAMED + 1]):
        more = "; …" if len(named) > NUM_NAMED else ""
        raise CannotExport(
            f"{gone.count()} pictures of {test_set} were taken down and are gone: "
            f"{'; '.join(named[:NUM_NAMED])}{more}. "
            "The frozen set stays as it is; rebuild it, and export the new revision."
        )


def _check_formats(test_set: TestSet, manifest: dict[str, Any]) -> None:
    if num_lacking := sum(image["sha256"] is None for image in manifest["images"]):
        raise CannotExport(f"The pictures of {num_lacking} images of {test_set} are not here, only their names.")
    if not {image["format"] for image in manifest["images"]} <= EXTENSIONS.keys():
        unreadable = [image["source"] for image in manifest["images"] if image["format"] not in EXTENSIONS]
        raise CannotExport(
            f"{len(unreadable)} images of {test_set} have a format that loaders pass over "
            f"(they read {', '.join(EXTENSIONS)}): {'; '.join(unreadable[:NUM_NAMED])}. "
            "Import them as PNG and build a new revision."
        )


def _pictures(test_set: TestSet, manifest: dict[str, Any]) -> Iterator[Picture]:
    index_of = {each["class_id"]: index for index, each in enumerate(manifest["classes"])}
    columns = [f"candidate__{name}" for name in ("image__num_bytes", "licence", "owner", "page_url")]
    rows = test_set.images.order_by("number").values_list(*columns)  # a cursor takes twice as long, to save a tenth
    for image, (num_bytes, licence, owner, page_url) in zip(manifest["images"], rows, strict=True):
        yield Picture(
            number=image["number"],
            class_number=index_of[image["class_id"]],
            class_id=image["class_id"],
            sha256=image["sha256"],
            image_format=image["format"],
            num_bytes=num_bytes,
            num_selected=image["num_selected"],
            num_seen=image["num_seen"],
            origin=image["origin"],
            source=image["source"],
            licence=image.get("licence", licence),
            owner=owner,
            page_url=page_url,
        )
