"""The attack on linear classifiers, where the worst change is known in closed form."""

from itertools import pairwise

import numpy as np
import pytest

from evaluation import conditions
from evaluation.conditions import Batch
from evaluation.errors import CannotRequest
from evaluation.preprocessing import Preprocessing
from evaluation.runtimes import Differentiable
from evaluation.runtimes.onnx import OnnxRuntime

LAYOUTS = [
    Preprocessing(size=(4, 5), mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.4)),
    Preprocessing(size=(4, 5), mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.4), layout="NHWC", colour="BGR"),
    Preprocessing(size=(4, 5), colour="L", layout="FLAT"),
]
INSIDE = (60, 196)  # grey levels from which no attack below reaches black or white


class Linear:
    """Two logits, linear in the input."""

    takes_whole_numbers = False

    def __init__(self, preprocessing: Preprocessing) -> None:
        size = int(np.prod(preprocessing.input_shape))
        self.weights = np.random.default_rng(3).normal(size=(size, 2))
        shape = (*preprocessing.size, preprocessing.num_channels)
        black, white = (preprocessing.normalize(np.full(shape, level, np.uint8)).ravel() for level in (0, 255))
        self.per_pixel = (self.weights.T * (white.astype(float) - black)).T / 255

    def predict(self, batch: np.ndarray) -> np.ndarray:
        return np.asarray(batch.reshape(len(batch), -1) @ self.weights, dtype=np.float32)

    def gradient(self, batch: np.ndarray, labels: np.ndarray) -> np.ndarray:
        logits = batch.reshape(len(batch), -1) @ self.weights
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        shares[np.arange(len(batch)), labels] -= 1
        return np.asarray(shares @ self.weights.T, dtype=np.float32).reshape(batch.shape)


def batch_of(preprocessing: Preprocessing, levels: tuple[int, int] = INSIDE) -> Batch:
    shape = (2, *preprocessing.size, preprocessing.num_channels)
    pixels = np.random.default_rng(0).integers(*levels, shape).astype(np.uint8)
    return Batch(
        inputs=np.stack([preprocessing.normalize(each) for each in pixels]),
        truth=np.array([0, 1]),
        seeds=[(1,), (2,)],
        preprocessing=preprocessing,
    )


def lead(logits: np.ndarray) -> np.ndarray:
    """Of the true class, in the batch above."""
    return np.array([logits[0, 0] - logits[0, 1], logits[1, 1] - logits[1, 0]])


@pytest.mark.parametrize("preprocessing", LAYOUTS, ids=lambda each: f"{each.layout}-{each.colour}")
@pytest.mark.parametrize(
    ("name", "order", "radius", "missed"), [("pgd:linf,8", 1, 8, 0.001), ("pgd:l2,0.2", 2, 0.2 * 255, 0.04)]
)
def test_the_attack_takes_what_a_linear_classifier_can_lose(
    name: str, order: int, radius: float, missed: float, preprocessing: Preprocessing
) -> None:
    """Hölder: within a ball the lead falls by radius × dual norm of the difference of the weights, and no further.

    On the round ball steps of one length come near the place where all is lost, and not quite there.
    """
    linear, batch = Linear(preprocessing), batch_of(preprocessing)
    lost = radius * np.linalg.norm(linear.per_pixel[:, 0] - linear.per_pixel[:, 1], order)
    expected = lead(linear.predict(batch.inputs)) - lost
    found = lead(conditions.get(name).predict(linear, batch))
    assert (found <= expected + missed * lost).all()
    assert (found >= expected - 1e-4 * lost).all()


@pytest.mark.parametrize(("name", "order", "radius"), [("pgd:linf,8", np.inf, 8), ("pgd:l2,0.2", 2, 51)])
def test_no_input_leaves_the_ball_or_the_range_of_pixels(name: str, order: float, radius: float) -> None:
    preprocessing = LAYOUTS[0]
    linear, batch = Linear(preprocessing), batch_of(preprocessing, levels=(0, 256))
    asked: list[np.ndarray] = []
    predict = linear.predict
    linear.predict = lambda inputs: asked.append(inputs) or predict(inputs)  # type: ignore[func-returns-value, assignment, method-assign]
    conditions.get(name).predict(linear, batch)
    scale = np.array(preprocessing.std).reshape(1, 3, 1, 1) * 255
    offset = np.array(preprocessing.mean).reshape(1, 3, 1, 1) * 255
    clean = batch.inputs * scale + offset
    for inputs in asked:
        pixels = inputs * scale + offset
        assert pixels.min() >= -1e-3
        assert pixels.max() <= 255 + 1e-3
        lengths = np.linalg.norm((pixels - clean).reshape(2, -1), ord=order, axis=1)
        assert (lengths <= radius + 1e-2).all()


def test_a_ball_without_room_changes_nothing() -> None:
    linear, batch = Linear(LAYOUTS[0]), batch_of(LAYOUTS[0])
    clean = linear.predict(batch.inputs)
    np.testing.assert_allclose(conditions.get("pgd:linf,0").predict(linear, batch), clean, rtol=1e-4, atol=1e-4)


def test_a_larger_ball_is_never_better_for_the_classifier() -> None:
    linear, batch = Linear(LAYOUTS[0]), batch_of(LAYOUTS[0])
    found = [lead(conditions.get(f"pgd:linf,{size}").predict(linear, batch)) for size in (0, 1, 2, 4, 8)]
    assert all((after <= before + 1e-4).all() for before, after in pairwise(found))


def test_the_start_is_by_image_and_draw_and_not_by_the_batch() -> None:
    linear, batch = Linear(LAYOUTS[0]), batch_of(LAYOUTS[0])
    one = conditions.get("pgd:linf,8,1")
    whole = one.predict(linear, batch)
    alone = one.predict(
        linear,
        Batch(inputs=batch.inputs[1:], truth=batch.truth[1:], seeds=batch.seeds[1:], preprocessing=LAYOUTS[0]),
    )
    np.testing.assert_allclose(whole[1], alone[0], rtol=1e-5)


def test_what_has_no_gradient_is_refused_clearly() -> None:
    assert not hasattr(OnnxRuntime, "gradient")
    assert isinstance(Linear(LAYOUTS[0]), Differentiable)
    with pytest.raises(CannotRequest, match=r"pgd:linf,8,20 follows the gradient .* runtime 'onnx' does not have"):
        conditions.get("pgd:linf,8").check(OnnxRuntime, name="onnx")
    conditions.get("fog:3").check(OnnxRuntime, name="onnx")
