import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import map_coordinates

from evaluation.conditions.base import register
from evaluation.conditions.corruptions.base import Corruption, Image, scale

SIDE = 244  # of the published parameters, which are multiples of it although the pictures have 224


@register
class ElasticTransform(Corruption):
    """Pixels moved by a smooth random field and by a random affine map.

    The parameters, in parts of the side: the field's strength, its smoothness, how far the map's three points move.
    """

    kind = "elastic_transform"
    is_random = True
    severities = ((2, 0.7, 0.1), (2, 0.08, 0.2), (0.05, 0.01, 0.02), (0.07, 0.01, 0.02), (0.12, 0.01, 0.02))

    def corrupt(self, image: Image, rng: np.random.Generator) -> Image:
        strength, smoothness, shift = (each * SIDE * scale(image) for each in self.parameters)
        height, width = image.shape[:2]
        grid = np.indices((height, width), dtype=np.float64)
        field = np.stack([_smoothed(rng.uniform(-1, 1, (height, width)), smoothness) for _ in range(2)])
        places = _affine(grid + strength * field, (height, width), shift, rng)
        moved = [
            map_coordinates(image[..., channel], places, order=1, mode="mirror") for channel in range(image.shape[2])
        ]
        return np.stack(moved, axis=-1)


def _smoothed(noise: NDArray[np.float64], deviation: float) -> NDArray[np.float64]:
    """A Gaussian filter with mirrored rims, exact and as fast for any deviation."""
    waves = [np.exp(-0.5 * (np.pi * np.arange(side) * deviation / side) ** 2) for side in noise.shape]
    return np.asarray(fft.idctn(fft.dctn(noise) * waves[0][:, np.newaxis] * waves[1]))


def _affine(
    places: NDArray[np.float64], shape: tuple[int, int], shift: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """The places (2, height, width) under the map that moves three points around the centre by up to `shift`."""
    centre = np.array(shape) // 2
    reach = max(1, min(shape) // 3)
    before = centre + reach * np.array([[1, 1], [1, -1], [-1, -1]])
    after = before + rng.uniform(-shift, shift, before.shape)
    to_source = np.linalg.solve(np.column_stack([after, np.ones(3)]), before.astype(np.float64))
    flat = places.reshape(2, -1).T
    return np.asarray((flat @ to_source[:2] + to_source[2]).T.reshape(places.shape))
