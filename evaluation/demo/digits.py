"""The demonstration's data: 1,797 real handwritten digits (UCI, 43 writers; shipped with scikit-learn)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.neighbors import NearestNeighbors

NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
SIDE = 8
NUM_TRAIN = 600
NUM_ORIGINAL = 360
NUM_NEIGHBOURS = 5
EVEN_LEAD = 0.08
STEEPNESS = 10


@dataclass(frozen=True)
class Digits:
    """Pixels uint8 (n, 64) and labels (n,), with the indices of the three disjoint parts."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    train: NDArray[np.int64]
    original: NDArray[np.int64]
    pool: NDArray[np.int64]


def load(*, seed: int) -> Digits:
    """The digits, cut at random into 600 to train on, an original test set of 360, and a pool of 837."""
    data = load_digits()
    pixels = np.round(data.data * (255 / 16)).astype(np.uint8)
    labels = data.target.astype(np.int64)
    rng = np.random.default_rng(seed)
    original = np.sort(_per_class(labels, np.arange(len(labels)), NUM_ORIGINAL // 10, rng))
    rest = np.setdiff1d(np.arange(len(labels)), original)
    train = np.sort(_per_class(labels, rest, NUM_TRAIN // 10, rng))
    return Digits(pixels, labels, train, original, np.setdiff1d(rest, train))


def _per_class(
    labels: NDArray[np.int64], among: NDArray[np.int64], count: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    drawn = [rng.choice(among[labels[among] == digit], count, replace=False) for digit in range(10)]
    return np.concatenate(drawn)


def write_folders(digits: Digits, target: Path) -> None:
    """PNG files, a folder per class, below `original` and `pool`."""
    for part, indices in (("original", digits.original), ("pool", digits.pool)):
        for index in indices:
            folder = target / part / str(digits.labels[index])
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(digits.pixels[index].reshape(SIDE, SIDE)).save(folder / f"{index:04d}.png")


def nearest_class(digits: Digits) -> dict[str, str]:
    """For each digit the other digit whose mean training picture is nearest."""
    train = digits.pixels[digits.train].astype(float)
    labels = digits.labels[digits.train]
    means = np.stack([train[labels == digit].mean(axis=0) for digit in range(10)])
    distances = np.linalg.norm(means[:, None] - means[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    return {str(digit): str(int(distances[digit].argmin())) for digit in range(10)}


def clarity(digits: Digits) -> NDArray[np.float64]:
    """How clearly each image shows each digit, (n, 10), in [0, 1].

    Each image is compared with all others (leave one out): the mean distance to its nearest images of
    digit d against the nearest of any other digit, as a relative lead. A lead of `EVEN_LEAD` divides
    people evenly; far above it the digit is unmistakable (1), far below it is something else (0).
    """
    pixels = digits.pixels.astype(float)
    distance = np.empty((len(pixels), 10))
    for digit in range(10):
        members = np.flatnonzero(digits.labels == digit)
        finder = NearestNeighbors(n_neighbors=NUM_NEIGHBOURS + 1).fit(pixels[members])
        near, _ = finder.kneighbors(pixels)
        is_member = digits.labels == digit
        distance[is_member, digit] = near[is_member, 1:].mean(axis=1)  # the first is the image itself
        distance[~is_member, digit] = near[~is_member, :-1].mean(axis=1)
    others = np.stack([np.delete(distance, digit, axis=1).min(axis=1) for digit in range(10)], axis=1)
    lead = (others - distance) / (others + distance)
    return np.asarray(1 / (1 + np.exp((EVEN_LEAD - lead) * STEEPNESS)))


class DigitReader:
    """Tells how clearly a served picture shows a digit, by recognising which of the digits it is."""

    def __init__(self, digits: Digits) -> None:
        self._pixels = digits.pixels.astype(np.float32)
        self._clarity = clarity(digits)
        self._known: dict[bytes, int] = {}

    def __call__(self, picture: Image.Image, name: str) -> float:
        """How clearly the picture shows the digit of this name, in [0, 1]."""
        return float(self._clarity[self.recognise(picture), NAMES.index(name)])

    def recognise(self, picture: Image.Image) -> int:
        """The index of the digit, also when it was enlarged, shrunk and re-encoded."""
        small = picture.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
        fingerprint = small.tobytes()
        if fingerprint not in self._known:
            difference = self._pixels - np.asarray(small, dtype=np.float32).ravel()
            self._known[fingerprint] = int((difference**2).sum(axis=1).argmin())
        return self._known[fingerprint]
