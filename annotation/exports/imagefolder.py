"""The ImageFolder layout: a folder per class, such that sorted folder names give the order of the classes.

Beside the folders lie `classes.txt` (class id and name, a line per class in order), `class_to_idx.json`
(folder to index), `test_set.json` (the frozen manifest, whose sha256 is the set's content hash) and,
written last, `manifest.json` (what was promised and written, and the sha256 of every file).
"""

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from annotation import storage, testsets
from annotation.errors import CannotExport, MissingContent
from annotation.exports.base import NUM_NAMED, ExportReport, Progress, check_whole, promised
from annotation.exports.containers import Container, Writable, tar_to, whole
from annotation.models import TestSet

EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "BMP": "bmp", "TIFF": "tif"}
SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*", re.ASCII)
RESERVED = re.compile(r"con|prn|aux|nul|com\d|lpt\d", re.ASCII | re.IGNORECASE)  # no folder can be called so on Windows


def write(*, test_set: TestSet, target: Path, on_progress: Progress | None = None) -> ExportReport:
    """Write a frozen set to a new folder, `.tar`, `.tar.gz` or `.zip`, whole or not at all."""
    manifest = _exportable(test_set)
    with whole(target) as container:
        return _fill(container, test_set, manifest, on_progress)


def write_tar(test_set: TestSet, fileobj: Writable) -> ExportReport:
    """Stream a frozen set as a tar; `manifest.json` comes last, so a tar without it is incomplete."""
    manifest = _exportable(test_set)
    with tar_to(fileobj) as container:
        return _fill(container, test_set, manifest, None)


def folder_names(class_ids: Sequence[str]) -> list[str]:
    """Names that are safe on any file system and sort in the order of the classes.

    Numbers are padded to equal width; other ids are kept where that order allows, else classes are numbered.

    >>> folder_names(["8", "9", "10"])
    ['08', '09', '10']
    >>> folder_names(["n01440764", "n01443537"])
    ['n01440764', 'n01443537']
    >>> folder_names(["zebra", "../ant"])
    ['0', '1']
    """
    as_given = list(class_ids)
    if all(re.fullmatch(r"[0-9]+", class_id) for class_id in class_ids):
        padded = _padded(as_given)
        if _is_fit(padded):
            return padded
    return as_given if _is_fit(as_given) else _padded([str(number) for number in range(len(as_given))])


def _padded(numbers: list[str]) -> list[str]:
    width = max((len(number) for number in numbers), default=0)
    return [number.zfill(width) for number in numbers]


def _is_fit(names: list[str]) -> bool:
    are_safe = all(SAFE.fullmatch(name) and not RESERVED.fullmatch(name) for name in names)
    return are_safe and len({name.casefold() for name in names}) == len(names) and sorted(names) == names


def _exportable(test_set: TestSet) -> dict[str, Any]:
    manifest = promised(test_set)
    unreadable = [image["source"] for image in manifest["images"] if image["format"] not in EXTENSIONS]
    if unreadable:
        raise CannotExport(
            f"ImageFolder readers pass over {len(unreadable)} images of {test_set} for their format "
            f"(they read {', '.join(EXTENSIONS)}): {'; '.join(unreadable[:NUM_NAMED])}. "
            "Import them as PNG and build a new revision."
        )
    return manifest


def _fill(
    container: Container, test_set: TestSet, manifest: dict[str, Any], on_progress: Progress | None
) -> ExportReport:
    names = folder_names([each["class_id"] for each in manifest["classes"]])
    files = _write_headers(container, test_set, manifest, names)
    num_headers = len(files)
    folder_of = dict(zip((each["class_id"] for each in manifest["classes"]), names, strict=True))
    for name in names:
        container.folder(name)
    paths = {_path_of(image, folder_of): image["sha256"] for image in manifest["images"]}
    missing = []
    for number, (path, sha256) in enumerate(sorted(paths.items()), start=1):
        try:
            container.file(path, storage.get("images", sha256))
            files[path] = sha256
        except MissingContent as error:
            missing.append(f"{path} ({error})")
        if on_progress:
            on_progress(number, len(paths))
    report = ExportReport(num_expected=manifest["num_images"], num_written=len(files) - num_headers)
    check_whole(report, missing)
    container.file("manifest.json", _json(_manifest(test_set, manifest, report, files)))
    return report


def _path_of(image: dict[str, Any], folder_of: dict[str, str]) -> str:
    return f"{folder_of[image['class_id']]}/{image['sha256']}.{EXTENSIONS[image['format']]}"


def _write_headers(
    container: Container, test_set: TestSet, manifest: dict[str, Any], names: list[str]
) -> dict[str, str]:
    """The small files that come first; their names with the sha256 of each."""
    headers = {
        "class_to_idx.json": _json({name: index for index, name in enumerate(names)}),
        "classes.txt": "".join(_line(each) for each in manifest["classes"]).encode(),
        "test_set.json": testsets.manifest_bytes(test_set),
    }
    for name, content in headers.items():
        container.file(name, content)
    return {name: hashlib.sha256(content).hexdigest() for name, content in headers.items()}


def _line(target_class: dict[str, Any]) -> str:
    """Class id, tab, name; whatever could break the line is a blank."""
    parts = (target_class["class_id"], target_class["name"])
    return "\t".join("".join(c if c.isprintable() else " " for c in part) for part in parts) + "\n"


def _manifest(
    test_set: TestSet, manifest: dict[str, Any], report: ExportReport, files: dict[str, str]
) -> dict[str, Any]:
    kept = ("citation", "strategy", "parameters", "seed", "is_simulated", "code_version", "classes")
    return {
        "layout": "imagefolder",
        "content_sha256": test_set.content_sha256,
        "num_expected": report.num_expected,
        "num_written": report.num_written,
        "files": files,
        **{key: manifest[key] for key in kept},
    }


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, indent=2, sort_keys=True).encode() + b"\n"
