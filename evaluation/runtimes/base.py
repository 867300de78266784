"""What every runtime offers: load a classifier's file safely, and run it on batches."""

from collections.abc import Callable
from typing import Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import InvalidClassifier


class Runtime(Protocol):
    """A classifier that is loaded and ready to run."""

    takes_whole_numbers: bool  # its input is 0 to 255, so preprocessing must not normalize

    @classmethod
    def load(cls, content: bytes, *, input_shape: tuple[int, ...], num_classes: int) -> Self:
        """Read an untrusted file; InvalidClassifier says what was expected and what was found."""

    def predict(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """One row of logits or probabilities per image, in the order of the classifier's outputs."""


@runtime_checkable
class Differentiable(Protocol):
    """A classifier that also tells where its loss grows; only attacks need it."""

    def predict(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """As of any runtime; here they must be logits."""

    def gradient(self, batch: NDArray[np.float32], labels: NDArray[np.intp]) -> NDArray[np.float32]:
        """The gradient of each image's cross-entropy by its input, in the shape of the batch; labels are outputs."""


RUNTIMES: dict[str, type[Runtime]] = {}


def register(name: str) -> Callable[[type[Runtime]], type[Runtime]]:
    """Enter a runtime under its name."""

    def enter(runtime: type[Runtime]) -> type[Runtime]:
        if name in RUNTIMES:
            raise ValueError(f"two runtimes are called {name!r}")
        RUNTIMES[name] = runtime
        return runtime

    return enter


def get(name: str) -> type[Runtime]:
    """The runtime of this name."""
    if name not in RUNTIMES:
        raise InvalidClassifier(f"There is no runtime {name!r}; there are: {', '.join(sorted(RUNTIMES))}.")
    return RUNTIMES[name]
