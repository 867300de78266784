"""Projected gradient descent (Madry et al. 2018): the change within a ball that a gradient finds worst."""

import numpy as np
from numpy.typing import NDArray

from evaluation.conditions.base import Batch, Condition, Logits, register
from evaluation.conditions.settings import Number, Word
from evaluation.conditions.worst import Worst
from evaluation.errors import CannotRequest
from evaluation.preprocessing import Preprocessing
from evaluation.runtimes import Differentiable, Runtime

WHITE = 255.0
REACH = 2.5  # all steps together are so many times as long as the ball's radius

Numbers = NDArray[np.float64]


@register
class Pgd(Condition):
    """Steps uphill on the loss, from a random start, within a ball around the image.

    Its size is in grey levels of 255 for linf, and for l2 the length of the change where white is 1.
    """

    kind = "pgd"
    settings = (
        Word("norm", ("linf", "l2")),
        Number("size", 0, 1000),
        Number("steps", 1, 1000, is_whole=True, default=20),
    )
    is_random = True
    needs_gradient = True

    def predict(self, runtime: Runtime, batch: Batch) -> Logits:
        if not isinstance(runtime, Differentiable):
            raise CannotRequest(f"{self.name} needs a classifier with gradients.")
        norm, size, steps = str(self.values[0]), float(self.values[1]), int(self.values[2])
        ball = _Ball(norm, size * (1 if norm == "linf" else WHITE))
        scale = _Scale(batch.preprocessing)
        origin = scale.to_pixels(batch.inputs)
        worst = Worst(runtime.predict(batch.inputs), batch.truth)
        change = np.stack([ball.random(origin.shape[1:], self.rng(seed)) for seed in batch.seeds])
        for step in range(steps + 1):
            batch.on_step()
            change = np.clip(origin + change, 0, WHITE) - origin
            inputs = scale.to_inputs(origin + change)
            worst.see(runtime.predict(inputs))
            if step < steps:
                uphill = runtime.gradient(inputs, batch.truth) * scale.unit
                change = ball.inside(change + REACH * ball.radius / steps * ball.direction(uphill))
        return worst.logits


class _Scale:
    """Between a classifier's inputs and the pixels they stand for, whatever the layout."""

    def __init__(self, preprocessing: Preprocessing) -> None:
        shape = (*preprocessing.size, preprocessing.num_channels)
        self.black = preprocessing.normalize(np.zeros(shape, dtype=np.uint8)).astype(np.float64)
        white = preprocessing.normalize(np.full(shape, WHITE, dtype=np.uint8)).astype(np.float64)
        self.unit = (white - self.black) / WHITE

    def to_pixels(self, inputs: NDArray[np.float32]) -> Numbers:
        return np.clip((inputs - self.black) / self.unit, 0, WHITE)

    def to_inputs(self, pixels: Numbers) -> NDArray[np.float32]:
        return (self.black + pixels * self.unit).astype(np.float32)


class _Ball:
    """The changes that are allowed."""

    def __init__(self, norm: str, radius: float) -> None:
        self.is_cube = norm == "linf"
        self.radius = radius

    def random(self, shape: tuple[int, ...], rng: np.random.Generator) -> Numbers:
        """A change uniformly from the ball."""
        if self.is_cube:
            return rng.uniform(-self.radius, self.radius, shape)
        direction = rng.standard_normal(shape)
        length = self.radius * rng.random() ** (1 / direction.size)
        return np.asarray(direction * length / np.linalg.norm(direction))

    def direction(self, uphill: Numbers) -> Numbers:
        """The steepest change of length 1, per image."""
        if self.is_cube:
            return np.sign(uphill)
        lengths = _lengths(uphill)
        return np.divide(uphill, lengths, out=np.zeros_like(uphill), where=lengths > 0)

    def inside(self, change: Numbers) -> Numbers:
        """The nearest allowed change, per image."""
        if self.is_cube:
            return np.clip(change, -self.radius, self.radius)
        lengths = _lengths(change)
        return np.asarray(change * np.minimum(1, self.radius / np.maximum(lengths, 1e-12)))


def _lengths(rows: Numbers) -> Numbers:
    """Of each image's vector, in a shape that divides it."""
    return np.linalg.norm(rows.reshape(len(rows), -1), axis=1).reshape(-1, *(1,) * (rows.ndim - 1))
