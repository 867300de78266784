"""The common corruptions of Hendrycks and Dietterich (2019): published parameters, at five severities."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from evaluation.conditions.base import Condition, Pixels
from evaluation.conditions.settings import Number

SIDE = 224  # the parameters were published for pictures of this size

Image = NDArray[np.float32]
"""Values from 0 to 1, shape (height, width, channels)."""


class Corruption(Condition, ABC):
    """One of fifteen; `severities` has the parameters of severities 1 to 5."""

    group = "corruptions"
    settings = (Number("severity", 1, 5, is_whole=True, each=(1, 2, 3, 4, 5)),)
    severities: ClassVar[tuple[Any, ...]]

    @property
    def parameters(self) -> Any:
        return self.severities[int(self.values[0]) - 1]

    def apply(self, pixels: Pixels, *, seed: tuple[int, ...]) -> Pixels:
        changed = self.corrupt(pixels.astype(np.float32) / np.float32(255), self.rng(seed))
        return as_pixels(changed)

    @abstractmethod
    def corrupt(self, image: Image, rng: np.random.Generator) -> Image:
        """The corrupted image; values outside 0 to 1 are cut off afterwards."""


def as_pixels(image: Image) -> Pixels:
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)


def scale(image: Image) -> float:
    """By how much lengths in pixels, published for 224 × 224, are longer on this picture."""
    return min(image.shape[:2]) / SIDE


def grey(image: Image) -> Image:
    """Brightness as eyes see it (BT.601), shape (height, width, 1)."""
    if image.shape[2] == 1:
        return image
    return (image @ np.array([0.299, 0.587, 0.114], dtype=np.float32))[..., np.newaxis]
