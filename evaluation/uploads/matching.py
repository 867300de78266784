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
    found = _fitting(images, listing)
    if found is None:
        raise _why_none_fits(sheet, images, listing)
    row_of_image = np.empty(len(listing.first_place_of), dtype=np.int64)
    row_of_image[found] = np.arange(len(found))
    return row_of_image[listing.image_of]


def _fitting(images: Sequence[str], listing: Listing) -> Numbers | None:
    """The image of each row, in a way of calling images that gives every image one row; whole names come first."""
    for cut in CUTS:
        names = list(map(cut, images))
        readings = {kind: _found(names, known) for kind, known in listing.names.items()}
        fitting = {kind: found for kind, found in readings.items() if _fits(found, listing)}
        if fitting:
            _check_agree(images, fitting, listing)
            return next(iter(fitting.values()))
    return None


def _found(names: Sequence[str], known: dict[str, int]) -> Numbers:
    return np.array([known.get(name, -1) for name in names], dtype=np.int64)


def _fits(found: Numbers, listing: Listing) -> bool:
    return np.array_equal(np.sort(found), np.arange(len(listing.first_place_of)))


def _check_agree(images: Sequence[str], fitting: dict[str, Numbers], listing: Listing) -> None:
    """Numbers may be names of files and ids of other candidates."""
    (kind, found), *others = fitting.items()
    for other_kind, other in others:
        differing = np.flatnonzero(found != other)
        if len(differing):
            row = int(differing[0])
            one, two = (shown(listing.name_of(int(each[row]))) for each in (found, other))
            raise InvalidPredictions(
                f"The names of images fit every row in two ways, as {kind} and as {other_kind}: {shown(images[row])} "
                f"is then {one} or {two}. Call the images by their paths or by the sha256 of their files."
            )


def _why_none_fits(sheet: Sheet, images: Sequence[str], listing: Listing) -> InvalidPredictions:
    kind, cut, known = _most_telling(images, listing)
    found = _found(list(map(cut, images)), known)
    problems = [_extra(sheet, images, found), _missing(found, listing)]
    if any(problems):
        return InvalidPredictions(" ".join([*filter(None, problems), f"Images were compared by {kind}."]))
    return InvalidPredictions(_twice(sheet, images, found))


def _most_telling(images: Sequence[str], listing: Listing) -> tuple[str, Callable[[str], str], dict[str, int]]:
    """The way of calling images, and what to cut off the names, by which most are found; whole names come first."""
    ways = [(kind, cut, known) for cut in CUTS for kind, known in listing.names.items()]
    sample = images[:NUM_TRIED]
    return max(ways, key=lambda way: sum(way[1](name) in way[2] for name in sample))


def _file(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


def _stem(name: str) -> str:
    return _file(name).partition(".")[0]


CUTS: tuple[Callable[[str], str], ...] = (str, _file, _stem)
"""What may be cut off a name of the file."""


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
