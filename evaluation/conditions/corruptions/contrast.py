import numpy as np

from evaluation.conditions.base import register
from evaluation.conditions.corruptions.base import Corruption, Image


@register
class Contrast(Corruption):
    """Each channel drawn towards its mean: this share of the difference is left."""

    kind = "contrast"
    severities = (0.4, 0.3, 0.2, 0.1, 0.05)

    def corrupt(self, image: Image, rng: np.random.Generator) -> Image:
        means = image.mean(axis=(0, 1), keepdims=True, dtype=np.float64).astype(np.float32)
        return (image - means) * np.float32(self.parameters) + means
