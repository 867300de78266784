"""Two photographs (shipped with scikit-learn), cropped to squares."""

from functools import cache

import numpy as np
from PIL import Image as PillowImage
from sklearn.datasets import load_sample_images

from evaluation import conditions


@cache
def squares(side: int = 224) -> tuple[np.ndarray, ...]:
    """A Chinese palace and a flower, shape (side, side, 3) each."""
    return tuple(_square(PillowImage.fromarray(whole), side) for whole in load_sample_images().images)


def _square(picture: PillowImage.Image, side: int) -> np.ndarray:
    short = min(picture.size)
    left, top = (picture.width - short) // 2, (picture.height - short) // 2
    cropped = picture.crop((left, top, left + short, top + short))
    return np.asarray(cropped.resize((side, side), PillowImage.Resampling.BICUBIC))


def flat(level: int, side: int = 224, channels: int = 3) -> np.ndarray:
    return np.full((side, side, channels), level, dtype=np.uint8)


def changed(name: str, pixels: np.ndarray, image: int = 1) -> np.ndarray:
    return conditions.get(name).apply(pixels, seed=(image,))
