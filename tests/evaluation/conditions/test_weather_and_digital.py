"""Weather and digital corruptions against formulas of their own."""

import colorsys
import io

import numpy as np
import pytest
from PIL import Image as PillowImage

from evaluation.conditions.corruptions import fractal, frost
from tests.evaluation.conditions.photographs import changed, flat, squares


@pytest.mark.parametrize(("severity", "added"), [(1, 0.1), (5, 0.5)])
def test_brightness_adds_to_the_value_and_keeps_hue_and_saturation(severity: int, added: float) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    pixels[0, 0] = 0
    for before, after in zip(
        pixels.reshape(-1, 3), changed(f"brightness:{severity}", pixels).reshape(-1, 3), strict=True
    ):
        hue, saturation, value = colorsys.rgb_to_hsv(*(before / 255))
        expected = colorsys.hsv_to_rgb(hue, saturation, min(1, value + added))
        np.testing.assert_allclose(after / 255, expected, atol=0.51 / 255)


@pytest.mark.parametrize(("severity", "left"), [(1, 0.4), (3, 0.2), (5, 0.05)])
def test_contrast_keeps_the_mean_and_its_share_of_the_deviation(severity: int, left: float) -> None:
    pixels = squares()[0]
    found = changed(f"contrast:{severity}", pixels)
    np.testing.assert_allclose(found.mean(axis=(0, 1)), pixels.mean(axis=(0, 1)), atol=0.5)
    np.testing.assert_allclose(found.std(axis=(0, 1)), left * pixels.std(axis=(0, 1)), rtol=0.03)


@pytest.mark.parametrize(("severity", "quality"), [(1, 25), (5, 7)])
def test_jpeg_is_that_of_pillow(severity: int, quality: int) -> None:
    file = io.BytesIO()
    PillowImage.fromarray(squares()[1]).save(file, "JPEG", quality=quality)
    np.testing.assert_array_equal(changed(f"jpeg_compression:{severity}", squares()[1]), PillowImage.open(file))


def test_pixels_become_squares_of_their_mean() -> None:
    pixels = squares()[0]
    found = changed("pixelate:5", pixels)
    blocks = pixels.reshape(56, 4, 56, 4, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(found[::4, ::4], blocks, atol=1)
    np.testing.assert_array_equal(found, np.repeat(np.repeat(found[::4, ::4], 4, axis=0), 4, axis=1))


def test_fog_lightens_the_dark_and_leaves_nothing_brighter_than_it_was() -> None:
    found = [changed(f"fog:{severity}", squares()[1]) for severity in range(1, 6)]
    assert all(each.max() <= squares()[1].max() for each in found)
    assert all(each.mean() > squares()[1].mean() for each in found)


def test_snow_is_white_and_falls_on_flat_ground_too() -> None:
    found = changed("snow:3", flat(60)).astype(int)
    assert found.max() == 255
    assert np.abs(found - found[..., :1]).max() == 0, "grey ground stays grey"
    np.testing.assert_array_equal(found, found[::-1, ::-1], "the second snow is the first turned around")


def test_plasma_fills_its_range_and_is_smoother_by_decay() -> None:
    def roughness(decay: float) -> float:
        fields = [fractal.plasma(np.random.default_rng(seed), 128, 100, decay) for seed in range(10)]
        assert all(field.shape == (128, 100) and field.min() >= 0 and field.max() <= 1 for field in fields)
        return float(np.mean([np.abs(np.diff(field, axis=0)).mean() for field in fields]))

    assert roughness(1.2) > 2 * roughness(1.7) > 2 * roughness(2.6)


def test_ice_is_neither_even_nor_everywhere() -> None:
    ice = np.stack([frost.texture(np.random.default_rng(seed), 224, 224) for seed in range(5)])
    assert 0.3 < ice.mean() < 0.7
    assert ice.std() > 0.1
    assert (ice > 0.8).mean() > 0.01
