"""The blurs against other ways of computing them."""

import numpy as np
import pytest
from scipy import ndimage

from evaluation.conditions.corruptions import elastic_transform, glass_blur, kernels
from tests.evaluation.conditions.photographs import changed, flat, squares


@pytest.mark.parametrize("shape", [(5, 9), (1, 1), (13, 3)])
def test_convolving_is_that_of_scipy(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(0).random((20, 30, 3), dtype=np.float32)
    kernel = np.random.default_rng(1).random(shape)
    expected = np.stack(
        [ndimage.convolve(image[..., channel].astype(float), kernel, mode="mirror") for channel in range(3)], -1
    )
    np.testing.assert_allclose(kernels.convolved(image, kernel), expected, atol=1e-5)


def test_a_disk_has_the_area_and_the_spread_of_a_disk() -> None:
    for radius in (2.3, 6.0, 10.0):
        kernel = kernels.disk(radius, 0)
        assert 1 / kernel.max() == pytest.approx(np.pi * radius**2, rel=0.02)
        places = np.arange(len(kernel)) - len(kernel) // 2
        assert (kernel.sum(axis=0) * places**2).sum() == pytest.approx(radius**2 / 4 + 1 / 12, rel=0.02)


def test_a_soft_disk_is_the_disk_blurred() -> None:
    sharp, soft = kernels.disk(4, 0), kernels.disk(4, 0.5)
    rim = (len(soft) - len(sharp)) // 2
    np.testing.assert_allclose(ndimage.gaussian_filter(np.pad(sharp, rim), 0.5), soft, atol=1e-4)


def test_a_streak_runs_one_way_and_fades_as_a_gaussian() -> None:
    kernel = kernels.streak(20, 5, 0)
    row = kernel[len(kernel) // 2]
    start = len(row) // 2
    assert row[:start].sum() == 0
    np.testing.assert_allclose(row[start : start + 21] / row[start], np.exp(-(np.arange(21) ** 2) / 50), atol=1e-9)
    assert kernel.sum() == pytest.approx(1)
    down = kernels.streak(20, 5, 90)
    np.testing.assert_allclose(down, kernel.T, atol=1e-9)


@pytest.mark.parametrize("kind", ["defocus_blur", "glass_blur", "motion_blur", "zoom_blur"])
def test_a_blur_leaves_a_flat_picture_flat(kind: str) -> None:
    assert (changed(f"{kind}:5", flat(77)) == 77).all()


def test_glass_moves_pixels_without_losing_any() -> None:
    order = np.array(glass_blur._shuffled(40, 30, 2, 1, np.random.default_rng(0)))
    np.testing.assert_array_equal(np.sort(order), np.arange(1200))
    assert (order != np.arange(1200)).mean() > 0.9
    downwards = np.abs(order // 30 - np.arange(1200) // 30)
    assert np.median(downwards) <= 2


def test_the_smooth_field_is_that_of_a_gaussian_filter() -> None:
    noise = np.random.default_rng(0).uniform(-1, 1, (60, 50))
    expected = ndimage.gaussian_filter(noise, 4, mode="reflect", truncate=10)
    np.testing.assert_allclose(elastic_transform._smoothed(noise, 4), expected, atol=1e-6)


def test_an_affine_map_that_moves_nothing_is_the_identity() -> None:
    grid = np.indices((20, 31), dtype=float)
    np.testing.assert_allclose(elastic_transform._affine(grid, (20, 31), 0, np.random.default_rng(0)), grid, atol=1e-9)


def test_zooming_enlarges_the_middle() -> None:
    picture = np.zeros((100, 100), dtype=np.float32)
    picture[40:60, 40:60] = 1
    assert kernels.zoomed(picture, 2).mean() == pytest.approx(4 * picture.mean(), rel=0.02)
    np.testing.assert_array_equal(kernels.zoomed(picture, 1), picture)


def test_a_zoomed_photograph_keeps_its_centre() -> None:
    pixels = squares()[1]
    near = changed("zoom_blur:5", pixels).astype(int) - pixels
    assert np.abs(near[104:120, 104:120]).mean() < np.abs(near).mean()
