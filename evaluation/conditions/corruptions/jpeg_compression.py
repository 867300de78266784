import io

import numpy as np
from PIL import Image as PillowImage

from evaluation.conditions.base import register
from evaluation.conditions.corruptions.base import Corruption, Image, as_pixels


@register
class JpegCompression(Corruption):
    """Saved as JPEG of this quality."""

    kind = "jpeg_compression"
    severities = (25, 18, 15, 10, 7)

    def corrupt(self, image: Image, rng: np.random.Generator) -> Image:
        pixels = as_pixels(image)
        file = io.BytesIO()
        picture = PillowImage.fromarray(pixels if pixels.shape[2] == 3 else pixels[..., 0])
        picture.save(file, "JPEG", quality=self.parameters)
        return np.asarray(PillowImage.open(file), dtype=np.float32).reshape(image.shape) / np.float32(255)
