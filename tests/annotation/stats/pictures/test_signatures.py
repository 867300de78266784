import math

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

from annotation.stats.pictures.signatures import perceptual_hashes, pixel_distances, structural_distances


def scenes(number: int, seed: int = 0) -> list[Image.Image]:
    """Smooth pictures of light and dark, as photographs are at this size, each of its own."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(number):
        coarse = Image.fromarray(rng.integers(0, 256, (6, 8), dtype=np.uint8))
        found.append(coarse.resize((320, 240), Image.Resampling.BICUBIC))
    return found


def signatures(pictures: list[Image.Image]) -> NDArray[np.uint8]:
    return np.stack([np.asarray(each.convert("L").resize((32, 32), Image.Resampling.BOX)) for each in pictures])


def cosine_hash(grey: NDArray[np.float64]) -> int:
    """By the definition of the transform, one frequency at a time."""
    waves = [[math.cos(math.pi * (2 * x + 1) * u / 64) for x in range(32)] for u in range(8)]
    scale = [math.sqrt(1 / 32)] + [math.sqrt(2 / 32)] * 7
    low = [
        scale[u] * scale[v] * sum(float(grey[x, y]) * waves[u][x] * waves[v][y] for x in range(32) for y in range(32))
        for u in range(8)
        for v in range(8)
    ]
    median = (sorted(low)[31] + sorted(low)[32]) / 2
    return sum(1 << place for place, value in enumerate(low) if value > median)


def plain_ssim(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """By Wang's formula, one window at a time."""
    values = []
    for row in range(26):
        for column in range(26):
            a, b = (each[row : row + 7, column : column + 7].ravel() / 255 for each in (x, y))
            (va, cab), (_, vb) = np.cov(a, b)
            top = (2 * a.mean() * b.mean() + 0.0001) * (2 * cab + 0.0009)
            values.append(top / ((a.mean() ** 2 + b.mean() ** 2 + 0.0001) * (va + vb + 0.0009)))
    return float(np.mean(values))


def distance(one: list[Image.Image], other: list[Image.Image]) -> NDArray[np.int64]:
    a, b = (perceptual_hashes(signatures(each)) for each in (one, other))
    return np.bitwise_count(a ^ b).astype(np.int64)


def test_the_hash_is_that_of_the_definition() -> None:
    grey = signatures(scenes(5))
    assert perceptual_hashes(grey).tolist() == [cosine_hash(each) for each in grey]


def test_half_of_the_bits_are_set() -> None:
    assert set(np.bitwise_count(perceptual_hashes(signatures(scenes(50)))).tolist()) == {32}


def test_the_same_scene_is_close_and_another_is_far() -> None:
    pictures = scenes(60)
    assert np.median(distance(pictures, scenes(60, seed=1))) > 24
    changed = {
        "brighter": [ImageEnhance.Brightness(each).enhance(1.1) for each in pictures],
        "blurred": [each.filter(ImageFilter.GaussianBlur(2)) for each in pictures],
        "smaller": [each.resize((200, 150)) for each in pictures],
    }
    for what, others in changed.items():
        assert np.quantile(distance(pictures, others), 0.95) <= 8, what


def test_structural_distance_is_that_of_the_formula() -> None:
    x, y = signatures(scenes(3)).astype(float), signatures(scenes(3, seed=1)).astype(float)
    expected = [(1 - plain_ssim(a, b)) / 2 for a, b in zip(x, y, strict=True)]
    assert structural_distances(x, y) == pytest.approx(expected, abs=1e-9)


def test_distances_of_what_is_the_same_and_of_opposites() -> None:
    grey = signatures(scenes(4)).astype(float)
    assert pixel_distances(grey, grey).tolist() == [0, 0, 0, 0]
    assert structural_distances(grey, grey) == pytest.approx([0, 0, 0, 0], abs=1e-12)
    black, white = np.zeros((1, 32, 32)), np.full((1, 32, 32), 255)
    assert pixel_distances(black, white).tolist() == [1]
    assert np.all(structural_distances(grey, 255 - grey) > 0.5)


def test_distances_are_the_same_both_ways() -> None:
    x, y = signatures(scenes(10)), signatures(scenes(10, seed=2))
    for distances in (pixel_distances, structural_distances):
        assert distances(x, y) == pytest.approx(distances(y, x))


@pytest.mark.parametrize("shape", [(32, 32), (1, 31, 32), (1, 32, 32, 3)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="signatures have shape"):
        perceptual_hashes(np.zeros(shape))


def test_pairs_need_as_many() -> None:
    with pytest.raises(ValueError, match="first and second hold 1 and 2"):
        pixel_distances(np.zeros((1, 32, 32)), np.zeros((2, 32, 32)))
