import numpy as np
from numpy.typing import NDArray

from evaluation.conditions.base import register


@register("clean")
class Clean:
    """The image as it is."""

    def apply(self, pixels: NDArray[np.uint8], *, seed: tuple[int, ...]) -> NDArray[np.uint8]:
        return pixels
