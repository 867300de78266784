import numpy as np

from evaluation.conditions.base import register
from evaluation.conditions.corruptions.base import Corruption, Image


@register
class Brightness(Corruption):
    """So much added to the value of each pixel's colour (V of HSV); hue and saturation stay."""

    kind = "brightness"
    severities = (0.1, 0.2, 0.3, 0.4, 0.5)

    def corrupt(self, image: Image, rng: np.random.Generator) -> Image:
        value = image.max(axis=2, keepdims=True)
        lighter = np.minimum(value + np.float32(self.parameters), 1)
        factor = np.divide(lighter, value, out=np.zeros_like(value), where=value > 0)
        return np.where(value > 0, image * factor, lighter)
