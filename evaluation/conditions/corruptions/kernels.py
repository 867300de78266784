"""Blurring by a kernel, with the picture mirrored beyond its rim."""

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import gaussian_filter

from evaluation.conditions.corruptions.base import Image

Kernel = NDArray[np.float64]
FINENESS = 16  # points per pixel and direction by which a disk's rim is measured


def convolved(image: Image, kernel: Kernel) -> Image:
    """Each channel convolved with a kernel of odd sides."""
    rows, columns = kernel.shape[0] // 2, kernel.shape[1] // 2
    padded = np.pad(image, ((rows, rows), (columns, columns), (0, 0)), mode="reflect").astype(np.float64)
    shape = [fft.next_fast_len(side, real=True) for side in padded.shape[:2]]
    product = fft.rfft2(padded, shape, axes=(0, 1)) * fft.rfft2(kernel, shape)[..., np.newaxis]
    whole = fft.irfft2(product, shape, axes=(0, 1))
    height, width = image.shape[:2]
    return np.asarray(whole[2 * rows : 2 * rows + height, 2 * columns : 2 * columns + width], dtype=np.float32)


def disk(radius: float, softness: float) -> Kernel:
    """A disk whose rim is smoothed by a Gaussian of standard deviation `softness`."""
    radius = max(radius, 0.5)  # what does not leave the pixel is no blur
    half = int(np.ceil(radius + 4 * softness))
    fine = (np.arange((2 * half + 1) * FINENESS) + 0.5) / FINENESS - half - 0.5
    inside = (fine[:, np.newaxis] ** 2 + fine**2 <= radius**2).astype(np.float64)
    side = 2 * half + 1
    coarse = inside.reshape(side, FINENESS, side, FINENESS).mean(axis=(1, 3))
    soft: Kernel = gaussian_filter(coarse, softness, mode="constant")
    return soft / soft.sum()


def streak(length: float, deviation: float, angle: float) -> Kernel:
    """Half a Gaussian that runs from the centre in one direction; the angle is in degrees, clockwise from the right."""
    steps = np.arange(0, length + 1e-9, min(1.0, max(length, 1e-9)))
    weights = np.exp(-(steps**2) / (2 * deviation**2))
    half = int(np.ceil(length)) + 1
    kernel = np.zeros((2 * half + 1, 2 * half + 1))
    x = half + steps * np.cos(np.deg2rad(angle))
    y = half + steps * np.sin(np.deg2rad(angle))
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    for dx in (0, 1):
        for dy in (0, 1):
            share = np.abs(1 - dx - (x - left)) * np.abs(1 - dy - (y - top))
            np.add.at(kernel, (np.minimum(top + dy, 2 * half), np.minimum(left + dx, 2 * half)), weights * share)
    return kernel / kernel.sum()


def zoomed(picture: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    """The middle of a picture of one channel, enlarged to its whole size."""
    from PIL import Image as PillowImage

    height, width = picture.shape
    left, top = width * (1 - 1 / factor) / 2, height * (1 - 1 / factor) / 2
    enlarged = PillowImage.fromarray(picture).resize(
        (width, height), PillowImage.Resampling.BILINEAR, box=(left, top, width - left, height - top)
    )
    return np.asarray(enlarged, dtype=np.float32)
