"""Turning and shifting (Engstrom et al. 2019): one way of it, or whichever of many is worst for the classifier."""

from collections.abc import Iterator
from itertools import product

import numpy as np
from PIL import Image as PillowImage

from evaluation.conditions.base import Batch, Condition, Logits, Pixels, register
from evaluation.conditions.settings import Number
from evaluation.conditions.worst import Worst
from evaluation.runtimes import Runtime

NUM_ANGLES, NUM_SHIFTS = 31, 5  # of their grid: 31 × 5 × 5
LARGEST_ANGLE, LARGEST_SHIFT = 30, 10
Move = tuple[float, float, float]
"""Degrees counterclockwise, then right and down in hundredths of the picture's width and height."""


def moved(pixels: Pixels, move: Move) -> Pixels:
    """Turned around the centre, then shifted, between pixels bilinearly; what comes in from outside is black."""
    height, width, channels = pixels.shape
    angle, right, down = move
    cosine, sine = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    x, y = width / 2 + width * right / 100, height / 2 + height * down / 100
    to_source = (
        cosine, -sine, width / 2 - cosine * x + sine * y,
        sine, cosine, height / 2 - sine * x - cosine * y,
    )  # fmt: skip
    picture = PillowImage.fromarray(pixels if channels == 3 else pixels[..., 0])
    turned = picture.transform(
        (width, height), PillowImage.Transform.AFFINE, to_source, PillowImage.Resampling.BILINEAR
    )
    return np.asarray(turned, dtype=np.uint8).reshape(pixels.shape)


def _spread(largest: float, number: int) -> tuple[float, ...]:
    return tuple(np.unique(np.linspace(-largest, largest, number)).tolist())


@register
class RotationTranslation(Condition):
    """All images turned and shifted in the same way."""

    kind = "rotation_translation"
    settings = (
        Number("angle", -180, 180, each=_spread(LARGEST_ANGLE, NUM_ANGLES)),
        Number("right", -100, 100, each=_spread(LARGEST_SHIFT, NUM_SHIFTS)),
        Number("down", -100, 100, each=_spread(LARGEST_SHIFT, NUM_SHIFTS)),
    )

    def apply(self, pixels: Pixels, *, seed: tuple[int, ...]) -> Pixels:
        angle, right, down = (float(value) for value in self.values)
        return moved(pixels, (angle, right, down))


@register
class WorstRotationTranslation(Condition):
    """Each image as it is worst for the classifier: of a grid up to this angle and shift, or of random tries."""

    kind = "worst_rotation_translation"
    settings = (
        Number("angle", 0, 180),
        Number("shift", 0, 100),
        Number("tries", 0, 10_000, is_whole=True, default=0),  # 0 is the whole grid
    )
    is_random = True

    def predict(self, runtime: Runtime, batch: Batch) -> Logits:
        worst = Worst(runtime.predict(batch.inputs), batch.truth)
        pictures = [batch.preprocessing.denormalize(inputs) for inputs in batch.inputs]
        for moves in self._moves(batch):
            batch.on_step()
            inputs = [
                batch.preprocessing.normalize(moved(picture, move))
                for picture, move in zip(pictures, moves, strict=True)
            ]
            worst.see(runtime.predict(np.stack(inputs)))
        return worst.logits

    def _moves(self, batch: Batch) -> Iterator[list[Move]]:
        """One move for each image, again and again."""
        angle, shift, tries = (float(value) for value in self.values)
        if tries:
            rngs = [self.rng(seed) for seed in batch.seeds]
            most = np.array([angle, shift, shift])
            for _ in range(int(tries)):
                yield [tuple(rng.uniform(-most, most).tolist()) for rng in rngs]
        else:
            shifts = _spread(shift, NUM_SHIFTS)
            for move in product(_spread(angle, NUM_ANGLES), shifts, shifts):
                yield [move] * len(batch.inputs)
