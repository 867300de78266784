import numpy as np

from evaluation.conditions.base import register
from evaluation.conditions.corruptions.base import Corruption, Image, grey, scale
from evaluation.conditions.corruptions.kernels import convolved, streak, zoomed


@register
class Snow(Corruption):
    """Flakes that fall, twice in opposite directions, on a picture that has been made paler.

    The parameters are the flakes' mean and deviation, their enlargement, the threshold below which there is none,
    radius and deviation of their streak, and how much of the picture keeps its colours.
    """

    kind = "snow"
    is_random = True
    severities = (
        (0.1, 0.3, 3, 0.5, 10, 4, 0.8),
        (0.2, 0.3, 2, 0.5, 12, 4, 0.7),
        (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
        (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65),
        (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
    )

    def corrupt(self, image: Image, rng: np.random.Generator) -> Image:
        mean, deviation, enlargement, threshold, radius, spread, kept = self.parameters
        noise = (mean + deviation * rng.standard_normal(image.shape[:2], dtype=np.float32)).astype(np.float32)
        flakes = zoomed(noise, max(1.0, enlargement * scale(image)))[..., np.newaxis]
        flakes = np.where(flakes < threshold, 0, np.clip(flakes, 0, 1)).astype(np.float32)
        fallen = streak(2 * radius * scale(image), spread * scale(image), rng.uniform(-135, -45))
        flakes = np.clip(convolved(flakes, fallen), 0, 1)
        pale = np.maximum(image, 1.5 * grey(image) + 0.5)
        return kept * image + (1 - kept) * pale + flakes + flakes[::-1, ::-1]
