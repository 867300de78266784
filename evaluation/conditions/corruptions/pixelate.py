import numpy as np
from PIL import Image as PillowImage

from evaluation.conditions.base import register
from evaluation.conditions.corruptions.base import Corruption, Image, as_pixels

BOX = PillowImage.Resampling.BOX


@register
class Pixelate(Corruption):
    """Made smaller by this factor, and as large as before again, in squares."""

    kind = "pixelate"
    severities = (0.6, 0.5, 0.4, 0.3, 0.25)

    def corrupt(self, image: Image, rng: np.random.Generator) -> Image:
        pixels = as_pixels(image)
        height, width, channels = pixels.shape
        small = (max(1, int(width * self.parameters)), max(1, int(height * self.parameters)))
        picture = PillowImage.fromarray(pixels if channels == 3 else pixels[..., 0])
        squares = picture.resize(small, BOX).resize((width, height), BOX)
        return np.asarray(squares, dtype=np.float32).reshape(image.shape) / np.float32(255)
