import numpy as np
from scipy.ndimage import gaussian_filter

from evaluation.conditions.base import register
from evaluation.conditions.corruptions.base import Corruption, Image, scale


@register
class GlassBlur(Corruption):
    """Frosted glass: blurred, then neighbours exchanged from the last pixel to the first, then blurred.

    The parameters are the blur's deviation, how far an exchange reaches, and how many rounds there are.
    """

    kind = "glass_blur"
    is_random = True
    severities = ((0.7, 1, 2), (0.9, 2, 1), (1.0, 2, 3), (1.1, 3, 2), (1.5, 4, 2))

    def corrupt(self, image: Image, rng: np.random.Generator) -> Image:
        deviation, reach, rounds = self.parameters
        sigma = (deviation * scale(image),) * 2 + (0,)
        height, width, channels = image.shape
        order = _shuffled(height, width, max(1, round(reach * scale(image))), rounds, rng)
        blurred = gaussian_filter(image, sigma).reshape(-1, channels)[order].reshape(image.shape)
        return np.asarray(gaussian_filter(blurred, sigma), dtype=np.float32)


def _shuffled(height: int, width: int, reach: int, rounds: int, rng: np.random.Generator) -> list[int]:
    """Where each pixel comes from; a plain list, because one exchange depends on those before it."""
    order = list(range(height * width))
    rows, columns = np.divmod(np.arange(height * width), width)
    for _ in range(rounds):
        down, right = rng.integers(-reach, reach, size=(2, height * width), endpoint=True)
        partners = np.clip(rows + down, 0, height - 1) * width + np.clip(columns + right, 0, width - 1)
        for place, partner in zip(range(height * width - 1, -1, -1), partners[::-1].tolist(), strict=True):
            order[place], order[partner] = order[partner], order[place]
    return order
