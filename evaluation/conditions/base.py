"""What every condition offers: a change to the pixels between cropping and normalizing, or a search for the worst."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import ClassVar, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from evaluation.conditions.settings import Setting, Value, read_all, spelling
from evaluation.errors import CannotRequest
from evaluation.preprocessing import Preprocessing
from evaluation.runtimes import Runtime

NAME = re.compile(r"(?P<kind>[^:@]*)(:(?P<settings>[^@]*))?(@(?P<draw>\d{1,9}))?")

Pixels = NDArray[np.uint8]
Logits = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Images on their way into a classifier; `truth` is the output of each image's class."""

    inputs: NDArray[np.float32]
    truth: NDArray[np.intp]
    seeds: Sequence[tuple[int, ...]]
    preprocessing: Preprocessing
    on_step: Callable[[], None] = lambda: None  # a search takes long: called between its passes


class Condition:
    """A change to the input, the same for the same name and the same image."""

    kind: ClassVar[str]
    group: ClassVar[str] = ""
    settings: ClassVar[tuple[Setting, ...]] = ()
    is_random: ClassVar[bool] = False
    needs_gradient: ClassVar[bool] = False

    def __init__(self, *values: Value, draw: int = 0) -> None:
        self.values = values
        self.draw = draw

    @classmethod
    def read(cls, text: str, *, draw: int = 0) -> Self:
        if draw and not cls.is_random:
            raise CannotRequest(f"{cls.kind} leaves nothing to chance, so that there is no draw {draw} of it.")
        try:
            return cls(*read_all(cls.settings, text), draw=draw)
        except CannotRequest as error:
            raise CannotRequest(f"{cls.spelled()}: {error}") from error

    @classmethod
    def spelled(cls) -> str:
        """How it is asked for, such as `gaussian_noise:SEVERITY`."""
        return f"{cls.kind}:{spelling(cls.settings)}" if cls.settings else cls.kind

    @classmethod
    def each(cls) -> list[Self]:
        """One for every choice of settings, where those can be counted."""
        if not all(setting.each for setting in cls.settings):
            raise CannotRequest(f"{cls.kind} needs its settings: {cls.spelled()}.")
        choices: list[tuple[Value, ...]] = [setting.each for setting in cls.settings]
        return [cls(*values) for values in product(*choices)]

    @property
    def name(self) -> str:
        """The one spelling by which runs are found again."""
        values = ",".join(value if isinstance(value, str) else f"{value:.12g}" for value in self.values)
        return self.kind + (f":{values}" if values else "") + (f"@{self.draw}" if self.draw else "")

    def apply(self, pixels: Pixels, *, seed: tuple[int, ...]) -> Pixels:
        """The changed pixels, of the same shape (height, width, channels)."""
        return pixels

    def predict(self, runtime: Runtime, batch: Batch) -> Logits:
        """One row per image, of what the classifier answers under this condition."""
        return runtime.predict(batch.inputs)

    def check(self, runtime: type[Runtime], *, name: str) -> None:
        """CannotRequest where a classifier of this runtime can't be asked under this condition."""
        if self.needs_gradient and not hasattr(runtime, "gradient"):
            raise CannotRequest(
                f"{self.name} follows the gradient of a classifier, which the runtime {name!r} does not have; "
                "register the classifier as a torch program."
            )

    def rng(self, seed: tuple[int, ...]) -> np.random.Generator:
        return np.random.default_rng((self.draw, *seed))


CONDITIONS: dict[str, type[Condition]] = {}
Kind = TypeVar("Kind", bound=type[Condition])


def register(kind: Kind) -> Kind:
    """Enter a condition under its kind."""
    if kind.kind in CONDITIONS:
        raise ValueError(f"two conditions are called {kind.kind!r}")
    CONDITIONS[kind.kind] = kind
    return kind


def get(name: str) -> Condition:
    """The condition of this name, ready to apply: KIND, KIND:SETTINGS or KIND:SETTINGS@DRAW."""
    found = NAME.fullmatch(name.strip())
    if found is None or found["kind"] not in CONDITIONS:
        raise CannotRequest(f"There is no condition {name!r}; there are: {', '.join(spellings())}.")
    return CONDITIONS[found["kind"]].read(found["settings"] or "", draw=int(found["draw"] or 0))


def expand(name: str) -> list[Condition]:
    """What a name stands for: a kind without its settings for each of them, `corruptions` for all of those."""
    group = [kind for kind in CONDITIONS.values() if kind.group and kind.group == name]
    if group:
        return [each for kind in group for each in kind.each()]
    kind = CONDITIONS.get(name)
    return kind.each() if kind and any(setting.default is None for setting in kind.settings) else [get(name)]


def spellings() -> list[str]:
    """How every condition is asked for, in the order of the documents."""
    return [kind.spelled() for kind in CONDITIONS.values()]
