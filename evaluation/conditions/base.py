"""What every condition offers: a change to the input between cropping and normalizing."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import CannotRequest


class Condition(Protocol):
    """A change to one image, the same for the same seed."""

    def apply(self, pixels: NDArray[np.uint8], *, seed: tuple[int, ...]) -> NDArray[np.uint8]:
        """The changed pixels, of the same shape (height, width, channels)."""


CONDITIONS: dict[str, type[Condition]] = {}


def register(name: str) -> Callable[[type[Condition]], type[Condition]]:
    """Enter a condition under its name."""

    def enter(condition: type[Condition]) -> type[Condition]:
        if name in CONDITIONS:
            raise ValueError(f"two conditions are called {name!r}")
        CONDITIONS[name] = condition
        return condition

    return enter


def get(name: str) -> Condition:
    """The condition of this name, ready to apply."""
    if name not in CONDITIONS:
        raise CannotRequest(f"There is no condition {name!r}; there are: {', '.join(sorted(CONDITIONS))}.")
    return CONDITIONS[name]()
