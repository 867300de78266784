import numpy as np

from evaluation.conditions.base import register
from evaluation.conditions.corruptions.base import Corruption, Image
from evaluation.conditions.corruptions.fractal import plasma

TINT = np.array([0.86, 0.95, 1.0], dtype=np.float32)
SHARPNESS = 6
DECAY = 1.5  # of the crystals
COARSE_DECAY = 2.0  # of where there are any


@register
class Frost(Corruption):
    """Ice crystals on the glass: so much of the picture plus so much of a texture.

    The published texture is cut out of six photographs; this one is drawn: the ridges of two plasmas as crystals,
    denser where a third is high.
    """

    kind = "frost"
    is_random = True
    severities = ((1, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75))

    def corrupt(self, image: Image, rng: np.random.Generator) -> Image:
        kept, added = self.parameters
        height, width, channels = image.shape
        ice = texture(rng, height, width)[..., np.newaxis] * (TINT if channels == 3 else np.float32(1))
        return kept * image + added * ice


def texture(rng: np.random.Generator, height: int, width: int) -> Image:
    """How white the ice is, from 0 to 1, shape (height, width)."""
    ridges = [1 - np.abs(2 * plasma(rng, height, width, DECAY) - 1) for _ in range(2)]
    crystals = np.maximum(ridges[0] ** SHARPNESS, ridges[1] ** SHARPNESS)
    density = plasma(rng, height, width, COARSE_DECAY)
    return np.clip(0.25 + 0.35 * density + 0.6 * crystals * (0.3 + 0.7 * density), 0, 1).astype(np.float32)
