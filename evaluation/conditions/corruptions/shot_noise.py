import numpy as np

from evaluation.conditions.base import register
from evaluation.conditions.corruptions.base import Corruption, Image


@register
class ShotNoise(Corruption):
    """Light that comes in grains: Poisson noise, with so many grains in a white value."""

    kind = "shot_noise"
    is_random = True
    severities = (60, 25, 12, 5, 3)

    def corrupt(self, image: Image, rng: np.random.Generator) -> Image:
        return (rng.poisson(image * self.parameters) / self.parameters).astype(np.float32)
