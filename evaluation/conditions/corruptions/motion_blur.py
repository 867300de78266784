import numpy as np

from evaluation.conditions.base import register
from evaluation.conditions.corruptions.base import Corruption, Image, scale
from evaluation.conditions.corruptions.kernels import convolved, streak


@register
class MotionBlur(Corruption):
    """A camera that moves, at up to 45° to the horizontal: radius and deviation of the streak."""

    kind = "motion_blur"
    is_random = True
    severities = ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15))

    def corrupt(self, image: Image, rng: np.random.Generator) -> Image:
        radius, deviation = self.parameters
        factor = scale(image)
        return convolved(image, streak(2 * radius * factor, deviation * factor, rng.uniform(-45, 45)))
