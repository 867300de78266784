import numpy as np

from evaluation.conditions.base import register
from evaluation.conditions.corruptions.base import Corruption, Image


@register
class GaussianNoise(Corruption):
    """Independent normal noise on every value; the parameter is its standard deviation."""

    kind = "gaussian_noise"
    is_random = True
    severities = (0.08, 0.12, 0.18, 0.26, 0.38)

    def corrupt(self, image: Image, rng: np.random.Generator) -> Image:
        return image + np.float32(self.parameters) * rng.standard_normal(image.shape, dtype=np.float32)
