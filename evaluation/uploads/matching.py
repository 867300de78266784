"""Which row is which image's: by name, never by position."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from evaluation.errors import InvalidPredictions
from evaluation.listings import Listing, Numbers
from evaluation.uploads.formats import Sheet, shown

NUM_NAMED = 5
NUM_TRIED = 200


def rows_of(sheet: Sheet, images: Sequence[str], listing: Listing) -> Numbers:
    """The row of each place of the set; every image has exactly one, and no row is of another image."""
    if len(images) != len(sheet.values):
        raise InvalidPredictions(
            f"There are {len(images):,} names of images for {len(sheet.values):,} rows of predictions."
        )
    kind, cut, known = _most_telling(images, listing)
    found = np.array([known.get(cut(name), -1) for name in images], dtype=np.int64)
    problems = [_extra(sheet, images, found), _missing(found, listing)]
    if any(problems):
        raise InvalidPredictions(" ".join([*filter(None, problems), f"Images were compared by {kind}."]))
    if twice := _twice(sheet, images, found):
        raise InvalidPredictions(twice)
    row_of_image = np.empty(len(listing.first_place_of), dtype=np.int64)
    row_of_image[found] = np.arange(len(found))
    return row_of_image[listing.image_of]


def _most_telling(images: Sequence[str], listing: Listing) -> tuple[str, Callable[[str], str], dict[str, int]]:
    """The way of calling images, and what to cut off the names, by which most are found; whole names come first."""
    ways = [(kind, cut, known) for cut in (str, _file, _stem) for kind, known in listing.names.items()]
    sample = images[:NUM_TRIED]
    return max(ways, key=lambda way: sum(way[1](name) in way[2] for name in sample))


def _file(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


def _stem(name: str) -> str:
    return _file(name).partition(".")[0]


def _extra(sheet: Sheet, images: Sequence[str], found: Numbers) -> str:
    extra = np.flatnonzero(found < 0)
    if not len(extra):
        return ""
    named = _some((f"{shown(images[row])} ({sheet.place(row).lower()})" for row in extra[:NUM_NAMED]), len(extra))
    return f"Not in the test set: {_images(len(extra))} of the file, {named}."


def _missing(found: Numbers, listing: Listing) -> str:
    missing = np.setdiff1d(np.arange(len(listing.first_place_of)), found)
    if not len(missing):
        return ""
    named = _some((shown(listing.name_of(image)) for image in missing[:NUM_NAMED]), len(missing))
    return f"Missing in the file: {_images(len(missing))} of the test set, {named}."


def _twice(sheet: Sheet, images: Sequence[str], found: Numbers) -> str:
    in_order = np.argsort(found, kind="stable")
    again = np.flatnonzero(np.diff(found[in_order]) == 0)
    if not len(again):
        return ""
    first, second = (int(row) for row in in_order[again[0] : again[0] + 2])
    return (
        f"{shown(images[second])} has more than one row: {sheet.place(first).lower()} and "
        f"{sheet.place(second).lower()}; that concerns {_images(len(again))}. Each needs exactly one row."
    )


def _images(number: int) -> str:
    return "1 image" if number == 1 else f"{number:,} images"


def _some(named: Iterable[str], number: int) -> str:
    told = ", ".join(named)
    return told if number <= NUM_NAMED else f"{told} and {number - NUM_NAMED:,} more"
