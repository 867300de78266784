"""Decoding on all cores as it is usually written: the whole picture resized, then cropped and normalized."""

import io
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image as PillowImage

SHORTER = 256
SIDE = 224
MEAN = np.array((0.485, 0.456, 0.406), np.float32)
STD = np.array((0.229, 0.224, 0.225), np.float32)


def pillow(content: bytes) -> NDArray[np.float32]:
    return _prepared(PillowImage.open(io.BytesIO(content)).convert("RGB"))


def simplejpeg_scaled(content: bytes) -> NDArray[np.float32]:
    """Decoded at the smallest of libjpeg's scales that is large enough."""
    pixels = simplejpeg.decode_jpeg(content, min_height=SHORTER, min_width=SHORTER)
    return _prepared(PillowImage.fromarray(pixels))


def on_all_cores(prepare: Callable[[bytes], object], contents: Sequence[bytes]) -> None:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(prepare, contents):
            pass


def _prepared(picture: PillowImage.Image) -> NDArray[np.float32]:
    scale = SHORTER / min(picture.size)
    picture = picture.resize(
        (round(picture.width * scale), round(picture.height * scale)), PillowImage.Resampling.BILINEAR
    )
    left, top = (picture.width - SIDE) // 2, (picture.height - SIDE) // 2
    pixels = np.asarray(picture.crop((left, top, left + SIDE, top + SIDE)), np.float32)
    return np.ascontiguousarray(((pixels / 255 - MEAN) / STD).transpose(2, 0, 1))
