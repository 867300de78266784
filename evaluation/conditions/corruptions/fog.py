import numpy as np

from evaluation.conditions.base import register
from evaluation.conditions.corruptions.base import Corruption, Image
from evaluation.conditions.corruptions.fractal import plasma


@register
class Fog(Corruption):
    """Plasma added, and the whole dimmed to the brightness it had: how much fog, and how smooth it is."""

    kind = "fog"
    is_random = True
    severities = ((1.5, 2), (2.0, 2), (2.5, 1.7), (2.5, 1.5), (3.0, 1.4))

    def corrupt(self, image: Image, rng: np.random.Generator) -> Image:
        amount, decay = self.parameters
        brightest = float(image.max())
        height, width = image.shape[:2]
        fog = amount * plasma(rng, height, width, decay)[..., np.newaxis]
        return ((image + fog) * brightest / (brightest + amount)).astype(np.float32)
