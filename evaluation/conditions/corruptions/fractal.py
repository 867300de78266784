"""Plasma by midpoint displacement (diamond-square) on a torus: clouds, from which fog and frost are made."""

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float64]


def plasma(rng: np.random.Generator, height: int, width: int, decay: float) -> Field:
    """Values from 0 to 1, shape (height, width); a larger `decay` is smoother.

    Halving the distance of the known points divides what is added to their means by decay².
    """
    side = 1 << max(1, int(np.ceil(np.log2(max(height, width, 2)))))
    field = np.zeros((side, side))
    step, amplitude = side, 1.0
    while step > 1:
        _displace(field, step, amplitude, rng)
        step //= 2
        amplitude /= decay**2
    field -= field.min()
    highest = field.max()
    return (field / highest if highest > 0 else field)[:height, :width]


def _displace(field: Field, step: int, amplitude: float, rng: np.random.Generator) -> None:
    half = step // 2
    corners = field[::step, ::step]

    def with_chance(sum_of_four: Field) -> Field:
        return sum_of_four / 4 + rng.uniform(-amplitude, amplitude, sum_of_four.shape)

    right = np.roll(corners, -1, axis=1)
    centres = with_chance(corners + right + np.roll(corners + right, -1, axis=0))
    field[half::step, half::step] = centres
    field[::step, half::step] = with_chance(corners + right + centres + np.roll(centres, 1, axis=0))
    below = np.roll(corners, -1, axis=0)
    field[half::step, ::step] = with_chance(corners + below + centres + np.roll(centres, 1, axis=1))
