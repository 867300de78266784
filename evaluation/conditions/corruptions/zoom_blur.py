import numpy as np

from evaluation.conditions.base import register
from evaluation.conditions.corruptions.base import Corruption, Image
from evaluation.conditions.corruptions.kernels import zoomed


@register
class ZoomBlur(Corruption):
    """A lens that zooms while it is open: the mean of the picture and of so many enlargements, this far apart."""

    kind = "zoom_blur"
    severities = ((12, 0.01), (16, 0.01), (11, 0.02), (13, 0.02), (11, 0.03))

    def corrupt(self, image: Image, rng: np.random.Generator) -> Image:
        number, step = self.parameters
        total = image.astype(np.float64)
        for channel in range(image.shape[2]):
            picture = np.ascontiguousarray(image[..., channel])
            for index in range(number):
                total[..., channel] += zoomed(picture, 1 + index * step)
        return (total / (number + 1)).astype(np.float32)
