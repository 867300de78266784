import numpy as np

from evaluation.conditions.base import register
from evaluation.conditions.corruptions.base import Corruption, Image


@register
class ImpulseNoise(Corruption):
    """Salt and pepper: this share of all values becomes black or white, each channel by itself."""

    kind = "impulse_noise"
    is_random = True
    severities = (0.03, 0.06, 0.09, 0.17, 0.27)

    def corrupt(self, image: Image, rng: np.random.Generator) -> Image:
        chance = rng.random(image.shape, dtype=np.float32)
        salted = np.where(chance < self.parameters / 2, np.float32(1), image)
        return np.where(chance > 1 - self.parameters / 2, np.float32(0), salted)
