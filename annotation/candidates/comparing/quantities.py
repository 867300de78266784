"""What is compared of every image: numbers, and categories."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Raw = dict[str, FloatArray]
"""What the database knows of each image, nan where it does not: `taken` and `uploaded` in seconds since 1970,
`width`, `height`, `num_bytes`, and the means `red`, `green`, `blue` in 0 to 255."""


@dataclass(frozen=True)
class Quantity:
    """A number that every image has, if it is known."""

    name: str
    label: str
    unit: str
    of: Callable[[Raw], FloatArray]
    is_date: bool = False
    is_ratio: bool = False
    """Whether twice as much is the same step anywhere, so that it is drawn on a logarithmic axis."""
    is_measured: bool = False
    """Whether it is known only of images whose colours were measured."""


@dataclass(frozen=True)
class Category:
    """A kind that every image has, if it is known."""

    name: str
    label: str


def _pixels(raw: Raw) -> FloatArray:
    return raw["width"] * raw["height"]


def _bits_per_pixel(raw: Raw) -> FloatArray:
    return 8 * raw["num_bytes"] / _pixels(raw)


def _longer_side(raw: Raw) -> FloatArray:
    return np.maximum(raw["width"], raw["height"])


def _brightness(raw: Raw) -> FloatArray:
    """Rec. 601 luma."""
    return np.asarray(0.299 * raw["red"] + 0.587 * raw["green"] + 0.114 * raw["blue"])


def _colour_cast(raw: Raw) -> FloatArray:
    channels = np.stack([raw["red"], raw["green"], raw["blue"]])
    return np.asarray(channels.max(axis=0) - channels.min(axis=0))


NUMBERS = {
    each.name: each
    for each in (
        Quantity("taken", "Taken", "date", lambda raw: raw["taken"], is_date=True),
        Quantity("uploaded", "Uploaded", "date", lambda raw: raw["uploaded"], is_date=True),
        Quantity("megapixels", "Resolution", "megapixels", lambda raw: _pixels(raw) / 1e6, is_ratio=True),
        Quantity("longer-side", "Longer side", "pixels", _longer_side, is_ratio=True),
        Quantity("aspect", "Width to height", "ratio", lambda raw: raw["width"] / raw["height"], is_ratio=True),
        Quantity("file-size", "File size", "kB", lambda raw: raw["num_bytes"] / 1000, is_ratio=True),
        Quantity("bits-per-pixel", "Compression", "bits per pixel", _bits_per_pixel, is_ratio=True),
        Quantity("brightness", "Brightness", "0 to 255", _brightness, is_measured=True),
        Quantity("colour-cast", "Colour cast", "0 to 255", _colour_cast, is_measured=True),
        Quantity("warmth", "Warmth", "red − blue", lambda raw: raw["red"] - raw["blue"], is_measured=True),
    )
}  # fmt: skip
CATEGORIES = {
    each.name: each
    for each in (Category("format", "Format"), Category("place", "Where from"), Category("licence", "Licence"))
}
