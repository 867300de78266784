import numpy as np

from evaluation.conditions.base import register
from evaluation.conditions.corruptions.base import Corruption, Image, scale
from evaluation.conditions.corruptions.kernels import convolved, disk


@register
class DefocusBlur(Corruption):
    """A lens out of focus: a disk of this radius, its rim smoothed by a Gaussian of this deviation."""

    kind = "defocus_blur"
    severities = ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5))

    def corrupt(self, image: Image, rng: np.random.Generator) -> Image:
        radius, softness = self.parameters
        return convolved(image, disk(radius * scale(image), softness * scale(image)))
