"""What a frozen test set holds, by name: read once, since a frozen set never changes."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from django.db.models.functions import Coalesce
from numpy.typing import NDArray

from annotation.models import TestSet

NUM_KEPT = 8
FIELDS = (
    "candidate_id", "target_class__number", "candidate__source", "candidate__origin",
    Coalesce("candidate__image__sha256", "candidate__take_down__sha256"),
)  # fmt: skip

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Listing:
    """The images of a set in order; an image that is in it for two classes is one picture with two places."""

    candidates: tuple[int, ...]
    truth: Numbers
    """Number of the true class of each place."""
    sources: tuple[str, ...]
    keys: tuple[str, ...]
    """What makes two places the same image, in this set and in others: the file's hash, else origin and name."""

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def image_of(self) -> Numbers:
        """The image at each place, numbered from 0 in the order they come."""
        number = {key: index for index, key in enumerate(dict.fromkeys(self.keys))}
        return np.array([number[key] for key in self.keys], dtype=np.int64)

    @cached_property
    def first_place_of(self) -> Numbers:
        """Where each image stands first."""
        return np.unique(self.image_of, return_index=True)[1]

    @cached_property
    def names(self) -> dict[str, dict[str, int]]:
        """For each way to call images, the image of each name; a name of several images is none."""
        files = [source.rpartition("/")[2] for source in self.sources]
        return {
            "path": self._numbered(self.sources),
            "file name": self._numbered(files),
            "file name without its ending": self._numbered([file.rpartition(".")[0] or file for file in files]),
            "sha256 of the file": self._numbered("" if ": " in key else key for key in self.keys),
            "candidate id": self._numbered(map(str, self.candidates)),
        }

    def _numbered(self, names: Iterable[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        several: set[str] = {""}
        for name, image in zip(names, self.image_of.tolist(), strict=True):
            if found.setdefault(name, image) != image:
                several.add(name)
        return {name: image for name, image in found.items() if name not in several}

    def name_of(self, image: int) -> str:
        """What messages call an image."""
        return self.sources[self.first_place_of[image]]


def of(test_set: TestSet) -> Listing:
    """The images of a frozen set."""
    return _read(test_set.pk, test_set.content_sha256, str(test_set.frozen_at))


def shared(one: TestSet, other: TestSet) -> tuple[Numbers, Numbers]:
    """Where both sets hold the same image: the place in the one, and that in the other."""
    keys = [(each.pk, each.content_sha256, str(each.frozen_at)) for each in (one, other)]
    return _shared(*keys)


@lru_cache(maxsize=4 * NUM_KEPT)
def _shared(one: tuple[int, str, str], other: tuple[int, str, str]) -> tuple[Numbers, Numbers]:
    there = {key: place for place, key in enumerate(_read(*other).keys)}
    both = [(place, there[key]) for place, key in enumerate(_read(*one).keys) if key in there]
    places = np.array(both, dtype=np.int64).reshape(-1, 2)
    return places[:, 0], places[:, 1]


@lru_cache(maxsize=NUM_KEPT)
def _read(pk: int, content_sha256: str, frozen_at: str) -> Listing:
    """The key says more than the id: what is kept must be of this very set."""
    rows = list(TestSet.objects.get(pk=pk).images.order_by("number").values_list(*FIELDS))
    return Listing(
        candidates=tuple(row[0] for row in rows),
        truth=np.array([row[1] for row in rows], dtype=np.int64),
        sources=tuple(row[2] for row in rows),
        keys=tuple(sha256 or f"{origin}: {source}" for _, _, source, origin, sha256 in rows),
    )
