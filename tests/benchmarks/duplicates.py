"""Near-duplicates: how fast images are signed and pairs found, and what of planted copies: `make bench-duplicates`."""

import io
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from annotation import imaging
from annotation.stats.pictures.hamming import close_pairs, close_pairs_between
from annotation.stats.pictures.signatures import SIDE, perceptual_hashes
from annotation.stats.pictures.variants import VARIANTS
from tests.benchmarks.table import Row, report

WIDTH, HEIGHT = 500, 375
NUM_SIGNED = 400
NUM_HASHES = 200_000
NUM_ROWS_OF_PEER = 4000
NUM_PLANTED = 300
NUM_OTHERS = 1200
MAX_DISTANCE = 8
CUT = 0.05
QUALITY = 90

Hashes = NDArray[np.uint64]


def photograph(seed: int) -> Image.Image:
    """Clouds in all sizes, as strong as those of photographs (the power of 1/f²), and a few round things."""
    rng = np.random.default_rng(seed)
    pixels = np.zeros((HEIGHT, WIDTH, 3))
    for scale in (2, 4, 8, 16, 32, 64, 128, 256):
        size = (HEIGHT // scale + 2, WIDTH // scale + 2, 3)
        clouds = Image.fromarray(rng.integers(0, 256, size, dtype=np.uint8))
        pixels += (np.asarray(clouds.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC), dtype=float) - 128) * scale**0.5
    pixels = 128 + pixels * 50 / pixels.std()
    down, across = np.mgrid[:HEIGHT, :WIDTH]
    for _ in range(rng.integers(2, 6)):
        x, y, radius = rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT), rng.uniform(20, 120)
        is_inside = ((across - x) / radius) ** 2 + ((down - y) / (radius * rng.uniform(0.5, 1.5))) ** 2 < 1
        pixels[is_inside] = 0.4 * pixels[is_inside] + 0.6 * rng.uniform(0, 255, 3)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def jpeg(image: Image.Image, quality: int = QUALITY) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def signed(contents: list[bytes]) -> tuple[NDArray[np.uint8], Hashes]:
    """As the product signs them."""
    greys = np.frombuffer(b"".join(imaging.grey(content) for content in contents), np.uint8).reshape(-1, SIDE, SIDE)
    return greys, perceptual_hashes(greys)


# --- how fast -----------------------------------------------------------------------------------------


def signing_rows() -> list[Row]:
    """On one core; the peer decodes whole pictures with Pillow and hashes them one by one."""
    contents = [jpeg(photograph(seed)) for seed in range(50)] * (NUM_SIGNED // 50)
    here = len(contents) / _seconds(lambda: signed(contents))
    peer = len(contents) / _seconds(lambda: [_sign_like_others(content) for content in contents])
    floor = len(contents) / _seconds(lambda: [_decoded_small(content) for content in contents])
    ingest = 100 / _seconds(lambda: [imaging.read(content) for content in contents[:100]])
    return [
        Row("images signed per second and core", here, 300, "more", peer, floor),
        Row("images checked, rendered and signed at ingest, per second and core", ingest, None, "more"),
    ]


def _sign_like_others(content: bytes) -> np.uint64:
    with Image.open(io.BytesIO(content)) as image:
        grey = image.convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return perceptual_hashes(np.asarray(grey)[None])[0]


def _decoded_small(content: bytes) -> Image.Image:
    """The least: libjpeg alone, at the scale that is enough."""
    image = Image.open(io.BytesIO(content))
    image.draft("L", (imaging.ENOUGH_FOR_GREY, imaging.ENOUGH_FOR_GREY))
    image.load()
    return image


def searching_rows() -> list[Row]:
    """Among hashes as evenly spread as those of different photographs; the peer compares all with all, in numpy."""
    hashes = np.random.default_rng(0).integers(0, 2**64, NUM_HASHES, dtype=np.uint64)
    planted = np.random.default_rng(1).choice(NUM_HASHES, 1000, replace=False)
    hashes[planted[:500]] = hashes[planted[500:]] ^ np.uint64(0b1001_0001_0001)
    found = close_pairs(hashes, max_distance=MAX_DISTANCE)
    assert len(found.first) >= 500, "a planted pair was missed"
    here = _seconds(lambda: close_pairs(hashes, max_distance=MAX_DISTANCE))
    share = (NUM_HASHES - 1) / 2 / NUM_ROWS_OF_PEER
    peer = _seconds(lambda: _brute_force(hashes, NUM_ROWS_OF_PEER)) * share
    mirrored = np.random.default_rng(2).integers(0, 2**64, NUM_HASHES, dtype=np.uint64)
    one_copy = _seconds(lambda: close_pairs_between(hashes, mirrored, max_distance=MAX_DISTANCE))
    what = f"seconds for all pairs within {MAX_DISTANCE} bits among {NUM_HASHES:,} hashes"
    return [
        Row(what, here, 10, "less", peer),
        Row("seconds for the same with the hashes of one kind of copy", one_copy),
        Row("seconds for all pairs and all kinds of copies together (added up)", here + one_copy * len(VARIANTS)),
    ]


def _brute_force(hashes: Hashes, num_rows: int) -> int:
    """How many pairs of these rows with all are close."""
    return sum(
        int(np.count_nonzero(np.bitwise_count(hashes[row : row + 16, None] ^ hashes) <= MAX_DISTANCE))
        for row in range(0, num_rows, 16)
    )


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


# --- what is found ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    name: str
    make: Callable[[Image.Image, np.random.Generator], bytes]
    target: float | None = 0.95


def _cropped(image: Image.Image, rng: np.random.Generator, cut: float = CUT) -> bytes:
    width, height = round(image.width * (1 - cut)), round(image.height * (1 - cut))
    left, top = rng.integers(0, image.width - width + 1), rng.integers(0, image.height - height + 1)
    return jpeg(image.crop((left, top, left + width, top + height)))


KINDS = [
    Kind("re-encoded (quality 40)", lambda image, rng: jpeg(image, 40)),
    Kind("resized to half", lambda image, rng: jpeg(image.resize((WIDTH // 2, HEIGHT // 2), Image.Resampling.LANCZOS))),
    Kind("cropped 5 % of each side, anywhere", _cropped),
    Kind("mirrored", lambda image, rng: jpeg(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT))),
    Kind("brightness + 10 %", lambda image, rng: jpeg(ImageEnhance.Brightness(image).enhance(1.1))),
    Kind("brightness - 10 %", lambda image, rng: jpeg(ImageEnhance.Brightness(image).enhance(0.9))),
    Kind("cropped 10 % (beyond what is looked for)", lambda image, rng: _cropped(image, rng, 0.1), None),
    Kind(
        "mirrored and cropped 5 % (beyond what is looked for)",
        lambda image, rng: _cropped(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), rng),
        None,
    ),
]


def recall_rows() -> tuple[list[Row], list[str]]:
    """Copies planted among other photographs; what a person would have to look at for nothing is counted too."""
    originals = [photograph(seed) for seed in range(NUM_PLANTED)]
    others = [jpeg(photograph(NUM_PLANTED + seed)) for seed in range(NUM_OTHERS)]
    greys, hashes = signed([jpeg(image) for image in originals] + others)
    rows, notes = [], []
    for kind in KINDS:
        rng = np.random.default_rng(0)
        copies, of_copies = signed([kind.make(image, rng) for image in originals])
        plain = _found({"": (hashes, of_copies)})
        found = _found(_ways(greys, hashes, copies, of_copies))
        recall, of_plain = (len(each & _planted()) / NUM_PLANTED for each in (found, plain))
        rows.append(Row(f"recall: {kind.name}", recall, kind.target, "more", of_plain))
        notes.append(f"{kind.name}: {len(found):,} pairs to look at, {len(found - _planted()):,} of them no copies.")
    among = {
        (first, second)
        for copy in ("", *VARIANTS)
        for first, second in _among(hashes, hashes if not copy else perceptual_hashes(VARIANTS[copy](greys)))
        if first < second
    }
    notes.append(
        f"Among {len(hashes):,} photographs without copies, {len(among):,} pairs are to be looked at. "
        "The peer of recall is the search by plain hashes, without copies."
    )
    return rows, notes


def _planted() -> set[tuple[int, int]]:
    return {(place, place) for place in range(NUM_PLANTED)}


def _ways(
    greys: NDArray[np.uint8], hashes: Hashes, copies: NDArray[np.uint8], of_copies: Hashes
) -> dict[str, tuple[Hashes, Hashes]]:
    """Each as it is, and as a copy of the other."""
    ways = {"": (hashes, of_copies)}
    for name, as_copy in VARIANTS.items():
        ways[f"{name}, the first"] = (perceptual_hashes(as_copy(greys)), of_copies)
        ways[f"{name}, the second"] = (hashes, perceptual_hashes(as_copy(copies)))
    return ways


def _found(ways: dict[str, tuple[Hashes, Hashes]]) -> set[tuple[int, int]]:
    return {pair for one, other in ways.values() for pair in _among(one, other)}


def _among(one: Hashes, other: Hashes) -> set[tuple[int, int]]:
    pairs = close_pairs_between(one, other, max_distance=MAX_DISTANCE)
    return set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))


def rows() -> tuple[list[Row], list[str]]:
    """Figures and notes."""
    found, notes = recall_rows()
    cores = f"{os.cpu_count()} cores; signing on one of them. The peer of the search is extrapolated from its first "
    return [*signing_rows(), *searching_rows(), *found], [
        cores + f"{NUM_ROWS_OF_PEER:,} rows; the floor of signing is libjpeg alone.",
        *notes,
    ]


def main() -> None:
    sys.exit(report(*rows()))


if __name__ == "__main__":
    main()
