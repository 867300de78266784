"""What holds for all fifteen corruptions."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from evaluation import conditions
from tests.evaluation.conditions.photographs import changed, flat, squares

KINDS = [kind for kind, condition in conditions.CONDITIONS.items() if condition.group == "corruptions"]
RANDOM = [kind for kind in KINDS if conditions.CONDITIONS[kind].is_random]
SHAPES = [(1, 1, 3), (1, 1, 1), (2, 3, 3), (1, 9, 1), (8, 8, 1), (32, 32, 3), (40, 224, 1), (300, 224, 3)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_any_picture_stays_a_picture_of_its_shape(kind: str, shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    before = pixels.copy()
    for severity in (1, 5):
        found = changed(f"{kind}:{severity}", pixels)
        assert (found.shape, found.dtype) == (shape, np.uint8)
    np.testing.assert_array_equal(pixels, before)


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("kind", KINDS)
def test_black_and_white_pictures_are_no_trouble(kind: str, level: int) -> None:
    assert changed(f"{kind}:5", flat(level, 16)).shape == (16, 16, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_image_is_always_changed_alike_on_any_thread(kind: str) -> None:
    pixels = squares(48)[0]
    np.random.seed(1)
    first = changed(f"{kind}:3", pixels)
    np.random.seed(2)
    with ThreadPoolExecutor(4) as pool:
        others = list(pool.map(lambda _: changed(f"{kind}:3", pixels), range(8)))
    assert all(np.array_equal(first, other) for other in others)


@pytest.mark.parametrize("kind", RANDOM)
def test_chance_differs_by_image_and_by_draw(kind: str) -> None:
    pixels = squares(48)[0]
    found = [
        changed(f"{kind}:3", pixels, 1), changed(f"{kind}:3", pixels, 2), changed(f"{kind}:3@1", pixels, 1),
    ]  # fmt: skip
    assert all(not np.array_equal(found[a], found[b]) for a, b in ((0, 1), (0, 2), (1, 2)))


@pytest.mark.parametrize("kind", sorted(set(KINDS) - set(RANDOM)))
def test_without_chance_every_image_number_gives_the_same(kind: str) -> None:
    np.testing.assert_array_equal(changed(f"{kind}:3", squares(48)[0], 1), changed(f"{kind}:3", squares(48)[0], 2))


def distances(kind: str) -> list[float]:
    """The mean distance to the clean picture per severity, over two photographs and three images' chances each."""
    return [
        float(
            np.mean(
                [
                    np.abs(changed(f"{kind}:{severity}", pixels, image).astype(float) - pixels).mean()
                    for pixels in squares()
                    for image in range(3)
                ]
            )
        )
        for severity in range(1, 6)
    ]


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"elastic_transform", "frost", "fog"}))
def test_damage_grows_with_severity(kind: str) -> None:
    found = distances(kind)
    assert found == sorted(found)
    assert found[4] > 1.4 * found[0]


def test_elastic_damage_grows_where_one_parameter_does() -> None:
    """As published: the affine map of the first two severities moves pixels further than the others do."""
    found = distances("elastic_transform")
    assert found[0] < found[1]
    assert found[2] < found[3] < found[4] < found[0]


@pytest.mark.parametrize("kind", ["frost", "fog"])
def test_weather_hides_more_of_the_picture_with_severity(kind: str) -> None:
    """Measured by what is left of the picture: neither only adds light, so that distance is not damage."""

    def likeness(severity: int) -> float:
        pairs = [(changed(f"{kind}:{severity}", pixels, image), pixels) for pixels in squares() for image in range(8)]
        return float(np.mean([np.corrcoef(after.ravel(), before.ravel())[0, 1] for after, before in pairs]))

    found = [likeness(severity) for severity in range(1, 6)]
    assert found == sorted(found, reverse=True)


def test_lengths_grow_with_the_picture() -> None:
    """A picture twice as large is blurred over twice the pixels, so that it looks the same."""
    edge = np.zeros((448, 448, 3), dtype=np.uint8)
    edge[:, 224:] = 200
    large = changed("defocus_blur:3", edge)[::2, ::2]
    small = changed("defocus_blur:3", np.ascontiguousarray(edge[::2, ::2]))
    assert np.abs(large.astype(int) - small).max() <= 12
    assert np.abs(large.astype(int) - small).mean() < 0.5
