"""From an image file to a classifier's input; travels with the classifier, so nobody scores with the wrong crop."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from annotation import imaging
from evaluation.errors import InvalidClassifier

Resample = Literal["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]
Colour = Literal["RGB", "BGR", "L"]
Layout = Literal["NCHW", "NHWC", "FLAT"]

MAX_SIDE = 1024
MAX_RESIZED_SIDE = 4096
LARGEST = 1e9
ENOUGH = 2  # times what is resized to; a crop of sharp stripes then differs by less than 1 of 255 on average


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """Resize and crop around the centre, then (pixels × scale − mean) ÷ std per channel.

    The resized image covers size ÷ crop_fraction; the centre `size` is kept. FLAT is one row of
    numbers per image: rows, then columns, then channels. Mean and std are in the order of the
    classifier's channels: of BGR, blue first.
    """

    size: tuple[int, int]  # height, width
    resample: Resample = "bilinear"
    crop_fraction: float = 1.0
    colour: Colour = "RGB"
    scale: float = 1 / 255
    mean: tuple[float, ...] = (0.0,)  # one for all channels, or one each
    std: tuple[float, ...] = (1.0,)
    layout: Layout = "NCHW"

    def __post_init__(self) -> None:
        self._check_choices()
        _check_numbers("size", self.size, count=(2,), whole=True)
        _check_numbers("mean", self.mean, count=(1, self.num_channels))
        _check_numbers("std", self.std, count=(1, self.num_channels))
        _check_numbers("crop_fraction and scale", (self.crop_fraction, self.scale), count=(2,))
        if not all(1 <= side <= MAX_SIDE for side in self.size):
            raise InvalidClassifier(f"size is {self.size}; height and width must be 1 to {MAX_SIDE}.")
        if not 0 < self.crop_fraction <= 1:
            raise InvalidClassifier(f"crop_fraction is {self.crop_fraction}; it must be above 0 and at most 1.")
        if max(self.size) / self.crop_fraction > MAX_RESIZED_SIDE:
            raise InvalidClassifier(f"size ÷ crop_fraction must be at most {MAX_RESIZED_SIDE} pixels.")
        if not all(value > 0 for value in self.std):
            raise InvalidClassifier(f"std is {self.std}; every value must be above 0.")

    def _check_choices(self) -> None:
        for name, choices in (("resample", Resample), ("colour", Colour), ("layout", Layout)):
            if (value := getattr(self, name)) not in get_args(choices):
                raise InvalidClassifier(f"{name} is {value!r}; it must be one of {', '.join(get_args(choices))}.")

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The preprocessing as `to_json` wrote it, or as a person did; every value is checked."""
        if not isinstance(data, Mapping):
            raise InvalidClassifier('The preprocessing must be a JSON object, such as {"size": [224, 224]}.')
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(data) - known):
            raise InvalidClassifier(
                f"Unknown preprocessing: {', '.join(unknown)}; known are {', '.join(sorted(known))}."
            )
        if "size" not in data:
            raise InvalidClassifier("The preprocessing must name its size: [height, width].")
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in data.items()
        }
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @property
    def num_channels(self) -> int:
        return 1 if self.colour == "L" else 3

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one image as the classifier gets it."""
        height, width = self.size
        if self.layout == "FLAT":
            return (height * width * self.num_channels,)
        if self.layout == "NHWC":
            return (height, width, self.num_channels)
        return (self.num_channels, height, width)

    @property
    def keeps_whole_numbers(self) -> bool:
        return self.scale == 1 and set(self.mean) == {0} and set(self.std) == {1}

    def crop(self, content: bytes) -> NDArray[np.uint8]:
        """The file's upright picture, resized and cropped: shape (height, width, channels), colours always as RGB."""
        picture = imaging.upright(content, self._enough)
        if self.colour == "L":
            picture = picture.convert("L")
        cropped = _cover(picture, self.size, self.crop_fraction, PillowImage.Resampling[self.resample.upper()])
        return np.asarray(cropped, dtype=np.uint8).reshape(*self.size, self.num_channels)

    def normalize(self, pixels: NDArray[np.uint8], out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
        """Cropped pixels as the classifier's input, of `input_shape`; written to `out` where that is given."""
        inputs = np.empty(self.input_shape, np.float32) if out is None else out
        if self.colour == "BGR":
            pixels = pixels[..., ::-1]
        planes = inputs if self.layout == "NCHW" else inputs.reshape(*self.size, self.num_channels).transpose(2, 0, 1)
        for number, values in enumerate(self._values):
            np.take(values, pixels[..., number], out=planes[number], mode="clip")
        return inputs

    @cached_property
    def _values(self) -> NDArray[np.float32]:
        """What becomes of each of the 256 values of a pixel, shape (channels, 256)."""
        # In double precision, rounded once: a tree's threshold may be a pixel's very value.
        values = np.arange(256)[:, np.newaxis] * np.float64(self.scale)
        ready = np.broadcast_to((values - np.array(self.mean)) / np.array(self.std), (256, self.num_channels))
        return np.ascontiguousarray(ready.T, dtype=np.float32)

    @property
    def _enough(self) -> int | None:
        """Pixels on each side that a JPEG is decoded to at least: resized from there, the crop is as good."""
        if self.resample == "nearest":  # takes single pixels, of which there are others then
            return None
        return ENOUGH * math.ceil(max(self.size) / self.crop_fraction)

    def denormalize(self, inputs: NDArray[np.float32]) -> NDArray[np.uint8]:
        """The cropped pixels that this input was made of: the way back from `normalize`."""
        height, width = self.size
        if self.layout == "NCHW":
            values = inputs.transpose(1, 2, 0)
        else:
            values = inputs.reshape(height, width, self.num_channels)
        values = (values * np.array(self.std) + np.array(self.mean)) / self.scale
        ordered = values[..., ::-1] if self.colour == "BGR" else values
        return np.rint(np.clip(ordered, 0, 255)).astype(np.uint8)


def _check_numbers(name: str, values: Any, *, count: tuple[int, ...], whole: bool = False) -> None:
    kinds = (int,) if whole else (int, float)
    if (
        not isinstance(values, tuple)
        or len(values) not in count
        or any(isinstance(value, bool) or not isinstance(value, kinds) or not abs(value) < LARGEST for value in values)
    ):
        expected = " or ".join(map(str, sorted(set(count))))
        raise InvalidClassifier(f"{name} is {values!r}; expected {expected} {'whole ' if whole else ''}numbers.")


def _cover(
    picture: PillowImage.Image, size: tuple[int, int], crop_fraction: float, resample: PillowImage.Resampling
) -> PillowImage.Image:
    """The centre `size` of the picture resized to just cover size ÷ crop_fraction; what is left out is not computed.

    Pillow rounds the edges of a box, and may take rows before columns for it: some pixels then differ by 1 or 2 of 255
    from those of the picture resized whole.
    """
    height, width = math.floor(size[0] / crop_fraction), math.floor(size[1] / crop_fraction)
    if width * picture.height >= height * picture.width:
        resized = (width, width * picture.height // picture.width)
    else:
        resized = (height * picture.width // picture.height, height)
    left, top = round((resized[0] - size[1]) / 2), round((resized[1] - size[0]) / 2)
    across, down = picture.width / resized[0], picture.height / resized[1]
    right, bottom = min((left + size[1]) * across, picture.width), min((top + size[0]) * down, picture.height)
    return picture.resize((size[1], size[0]), resample, (left * across, top * down, right, bottom))
