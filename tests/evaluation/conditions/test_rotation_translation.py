import numpy as np
import pytest
from PIL import Image as PillowImage

from evaluation import conditions
from evaluation.conditions import Batch
from evaluation.conditions.rotation_translation import moved
from evaluation.preprocessing import Preprocessing
from tests.evaluation.conditions.photographs import changed, squares

SMALL = Preprocessing(size=(32, 32), mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.4))


class Corner:
    """Says class 1 the more surely the brighter the upper left corner is; counts how often it was asked."""

    takes_whole_numbers = False

    def __init__(self) -> None:
        self.num_asked = 0

    def predict(self, batch: np.ndarray) -> np.ndarray:
        self.num_asked += 1
        corner = batch[:, :, :8, :8].mean(axis=(1, 2, 3))
        return np.stack([-corner, corner], axis=1).astype(np.float32)


def batch_of(pictures: tuple[np.ndarray, ...], truth: list[int], **more: object) -> Batch:
    return Batch(
        inputs=np.stack([SMALL.normalize(picture) for picture in pictures]),
        truth=np.array(truth),
        seeds=[(number,) for number in range(len(pictures))],
        preprocessing=SMALL,
        **more,  # type: ignore[arg-type]
    )


def test_not_moving_changes_nothing() -> None:
    np.testing.assert_array_equal(changed("rotation_translation:0,0,0", squares()[0]), squares()[0])


@pytest.mark.parametrize("angle", [-30, 17, 90])
def test_turning_is_that_of_pillow(angle: int) -> None:
    expected = PillowImage.fromarray(squares()[0]).rotate(angle, PillowImage.Resampling.BILINEAR)
    found = changed(f"rotation_translation:{angle},0,0", squares()[0])
    assert np.abs(found.astype(int) - np.asarray(expected)).mean() < 0.5


def test_shifting_moves_right_and_down_and_leaves_black() -> None:
    pixels = np.random.default_rng(0).integers(1, 256, (40, 20, 1), dtype=np.uint8)
    found = moved(pixels, (0, 10, 5))
    np.testing.assert_array_equal(found[2:, 2:], pixels[:-2, :-2])
    assert (found[:2] == 0).all()
    assert (found[:, :2] == 0).all()


def test_turned_by_90_degrees_then_shifted_is_known() -> None:
    pixels = np.random.default_rng(0).integers(1, 256, (20, 20, 3), dtype=np.uint8)
    expected = np.zeros_like(pixels)
    expected[:, 2:] = np.rot90(pixels)[:, :-2]
    assert np.abs(moved(pixels, (90, 10, 0)).astype(int) - expected).max() <= 1


def test_the_worst_of_the_grid_is_the_smallest_margin_of_all_its_members() -> None:
    pictures, truth = squares(32), [1, 0]
    found = conditions.get("worst_rotation_translation:30,10").predict(Corner(), batch_of(pictures, truth))
    margins = []
    for member in conditions.expand("rotation_translation"):
        inputs = np.stack([SMALL.normalize(member.apply(picture, seed=(0,))) for picture in pictures])
        logits = Corner().predict(inputs)
        margins.append([logits[0, 1] - logits[0, 0], logits[1, 0] - logits[1, 1]])
    assert [found[0, 1] - found[0, 0], found[1, 0] - found[1, 1]] == pytest.approx(np.min(margins, axis=0).tolist())


def test_random_tries_are_as_many_as_asked_for_and_the_same_again() -> None:
    signs: list[int] = []
    corner = Corner()
    several = conditions.get("worst_rotation_translation:30,10,7")
    first = several.predict(corner, batch_of(squares(32), [1, 1], on_step=lambda: signs.append(1)))
    assert (corner.num_asked, len(signs)) == (8, 7)
    np.testing.assert_array_equal(first, several.predict(Corner(), batch_of(squares(32), [1, 1])))
    other = conditions.get("worst_rotation_translation:30,10,7@1").predict(Corner(), batch_of(squares(32), [1, 1]))
    assert not np.array_equal(first, other)


def test_the_images_of_a_batch_do_not_touch_one_another() -> None:
    several = conditions.get("worst_rotation_translation:30,10,5")
    whole = several.predict(Corner(), batch_of(squares(32), [1, 0]))
    alone = several.predict(Corner(), batch_of(squares(32)[:1], [1]))
    np.testing.assert_allclose(whole[0], alone[0], rtol=1e-6)
