"""The ImageFolder layout: a folder per class, such that sorted folder names give the order of the classes.

Beside the folders lie `classes.txt` (class id and name, a line per class in order) and `class_to_idx.json`
(folder to index).
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from annotation.exports import citing
from annotation.exports.base import Contents, Folders, Layout, Picture, PictureFiles, Piece, Place, small_file

IMAGES_PER_PIECE = 500
LOADING = """from torchvision.datasets import ImageFolder

images = ImageFolder(".", allow_empty=True)  # in the folder of this file; labels are those of class_to_idx.json"""
SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*", re.ASCII)
RESERVED = re.compile(r"con|prn|aux|nul|com\d|lpt\d", re.ASCII | re.IGNORECASE)  # no folder can be called so on Windows


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


def plan(contents: Contents) -> list[Piece]:
    """The small files first, then the folders, then their pictures."""
    names = _folders(contents)
    indices = json.dumps({name: index for index, name in enumerate(names)}, indent=2, sort_keys=True)
    pieces: list[Piece] = [
        citing.readme(contents, LOADING),
        small_file("class_to_idx.json", indices.encode() + b"\n"),
        small_file("classes.txt", classes_txt(contents)),
        Folders("folders", paths=names),
    ]
    # The same file may be in a set twice only for two classes, so no path is there twice.
    rows = sorted(zip(_paths(contents), contents.pictures, strict=True), key=lambda row: row[0])
    for first in range(0, len(rows), IMAGES_PER_PIECE):
        paths, pictures = zip(*rows[first : first + IMAGES_PER_PIECE], strict=True)
        pieces.append(
            PictureFiles(f"images {first} to {first + len(paths) - 1}", pictures, paths=paths, needs_earlier=True)
        )
    return pieces


def places(contents: Contents) -> Iterator[Place]:
    return map(Place, _paths(contents))


def classes_txt(contents: Contents) -> bytes:
    """Class id, tab, name, a line for each; whatever could break the line is a blank."""
    return "".join(_line(each) for each in contents.classes).encode()


def _folders(contents: Contents) -> list[str]:
    return folder_names([each["class_id"] for each in contents.classes])


def _paths(contents: Contents) -> list[str]:
    folders = _folders(contents)
    return [_path(folders[picture.class_number], picture) for picture in contents.pictures]


def _path(folder: str, picture: Picture) -> str:
    return f"{folder}/{picture.sha256}.{picture.extension}"


def _line(target_class: dict[str, Any]) -> str:
    parts = (target_class["class_id"], target_class["name"])
    return "\t".join("".join(c if c.isprintable() else " " for c in part) for part in parts) + "\n"


LAYOUT = Layout("ImageFolder", "a folder per class, as torchvision and most tools read", plan, places)
