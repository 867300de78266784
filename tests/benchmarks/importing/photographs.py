"""JPEGs that are made like photographs: clouds of colour, edges and noise; each of them bears its number."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageDraw

WIDTH, HEIGHT = 500, 375
QUALITY = 90
PER_SCENE = 50
PER_CLASS = 100
BLOCK = 8  # pixels, as JPEG has them
BITS = 24
GRAIN = 10


@dataclass(frozen=True)
class Made:
    num_bytes: int
    num_classes: int


def class_id(number: int) -> str:
    return f"n{number:08d}"


def make(folder: Path, num_images: int) -> Made:
    """So many in a folder per class; those that lie there already are made no more."""
    num_classes = -(-num_images // PER_CLASS)
    for number in range(num_classes):
        (folder / class_id(number)).mkdir(parents=True, exist_ok=True)
    scenes = range(-(-num_images // PER_SCENE))
    with ThreadPoolExecutor(2) as threads:
        num_bytes = sum(threads.map(lambda scene: _write(folder, scene, num_images), scenes))
    return Made(num_bytes, num_classes)


def paths(folder: Path, num_images: int) -> Iterator[Path]:
    return islice((path for each in sorted(folder.iterdir()) for path in sorted(each.iterdir())), num_images)


def _write(folder: Path, scene: int, num_images: int) -> int:
    """The photographs of a scene; how many bytes they have."""
    picture: PillowImage.Image | None = None
    num_bytes = 0
    for number in range(scene * PER_SCENE, min((scene + 1) * PER_SCENE, num_images)):
        path = folder / class_id(number // PER_CLASS) / f"{number:08d}.jpg"
        if not path.exists():
            picture = picture or _scene(scene)
            _numbered(picture, number).save(path, "JPEG", quality=QUALITY)
        num_bytes += path.stat().st_size
    return num_bytes


def _scene(seed: int) -> PillowImage.Image:
    rng = np.random.default_rng(seed)
    coarse = PillowImage.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    picture = coarse.resize((WIDTH, HEIGHT), PillowImage.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    for left, top, width, height, *colour in rng.integers(0, 256, (12, 7)).tolist():
        draw.ellipse((left * 2, top, left * 2 + width, top + height), fill=tuple(colour))
    grain = rng.integers(-GRAIN, GRAIN + 1, (HEIGHT, WIDTH, 1), dtype=np.int16)
    pixels = np.clip(np.asarray(picture, dtype=np.int16) + grain, 0, 255)
    return PillowImage.fromarray(pixels.astype(np.uint8))


def _numbered(picture: PillowImage.Image, number: int) -> PillowImage.Image:
    """With the number in black and white blocks along the upper edge, so that no two have the same pixels."""
    copy = picture.copy()
    for bit in range(BITS):
        colour = (255, 255, 255) if number >> bit & 1 else (0, 0, 0)
        copy.paste(colour, (bit * BLOCK, 0, (bit + 1) * BLOCK, BLOCK))
    return copy
