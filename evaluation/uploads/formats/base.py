"""What every format offers: a file from outside, read as names of images and values, or refused with the place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from annotation.sources.base import printable
from evaluation.errors import InvalidPredictions

MAX_NAME = 1000  # characters of an image's name
MAX_CLASS_ID = 100  # characters
MAX_RANKS = 100  # per image; who has more has logits
MAX_BYTES = 1_000_000_000  # of a file, and of what is unpacked from it
LAST_CHARACTER = 0x10FFFF
SPARE_ROWS = 1000  # beyond the images of the set: enough to name those that are too many


@dataclass(frozen=True)
class Limits:
    """What the test set allows: nothing beyond it is unpacked."""

    num_images: int
    num_classes: int

    @property
    def num_rows(self) -> int:
        return self.num_images + SPARE_ROWS


@dataclass(frozen=True)
class Sheet:
    """What a file says; rows as they come, columns as the file has them.

    Ranked values are class ids as text, or whole numbers, the likeliest class first; all others are numbers per class.
    """

    images: Sequence[str] | None
    values: NDArray[Any]
    is_ranked: bool
    class_ids: Sequence[str] | None = None
    lines: Sequence[int] | None = None

    def place(self, row: int, column: int | None = None) -> str:
        """How a person finds the value: by line where the file has lines, else by row, counted from 1."""
        where = f"Row {row + 1:,}" if self.lines is None else f"Line {self.lines[row]:,}"
        return where if column is None else f"{where}, {self.column_name(column)}"

    def column_name(self, column: int) -> str:
        if self.is_ranked:
            return f"column top{column + 1}"
        return f"column {shown(self.class_ids[column])}" if self.class_ids else f"column {column + 1:,}"


class Format(Protocol):
    """A kind of file; untrusted."""

    mark: bytes
    """What its files begin with; empty for text."""

    def read(self, content: bytes, limits: Limits) -> Sheet:
        """The file's rows; InvalidPredictions says what was expected and where."""


FORMATS: dict[str, Format] = {}


def register(name: str) -> Callable[[type[Format]], type[Format]]:
    """Enter a format under its name."""

    def enter(kind: type[Format]) -> type[Format]:
        if name in FORMATS:
            raise ValueError(f"two formats are called {name!r}")
        FORMATS[name] = kind()
        return kind

    return enter


def recognised(content: bytes) -> Format:
    """The format by what the file begins with: its name may say anything."""
    if not content:
        raise InvalidPredictions("The file is empty.")
    if len(content) > MAX_BYTES:
        raise InvalidPredictions(f"The file has {len(content):,} bytes; at most {MAX_BYTES:,} are taken.")
    marked = (kind for kind in FORMATS.values() if kind.mark and content.startswith(kind.mark))
    return next(marked, FORMATS["csv"])


def shown(value: object) -> str:
    """A value of the file, short and harmless, for a message."""
    text = printable(str(value))
    return repr(text if len(text) <= 60 else text[:60] + "…")


def check_shape(shape: tuple[int, ...], limits: Limits, *, is_ranked: bool) -> None:
    """Before anything of that size is unpacked."""
    what = "ranked classes" if is_ranked else "logits"
    if len(shape) != 2:
        raise InvalidPredictions(
            f"The {what} have shape {shape}; expected two dimensions, a row per image and a column per "
            f"{'rank' if is_ranked else 'class'}."
        )
    num_rows, num_columns = shape
    if num_rows > limits.num_rows:
        raise InvalidPredictions(
            f"The file has {num_rows:,} rows, and the set {limits.num_images:,} images; each has exactly one row."
        )
    most = min(limits.num_classes, MAX_RANKS)
    if is_ranked and not 1 <= num_columns <= most:
        raise InvalidPredictions(f"The file ranks {num_columns:,} classes per image; expected 1 to {most}.")
    if not is_ranked and num_columns != limits.num_classes:
        raise InvalidPredictions(
            f"The file has logits of {num_columns:,} classes; the study has {limits.num_classes:,}, and each needs one."
        )


def sheet_of(arrays: dict[str, NDArray[Any]], limits: Limits) -> Sheet:
    """The sheet from arrays by their names: `images`, one of `top`, `top1`, `top5` … or `logits`, and `classes`."""
    (name,) = (each for each in arrays if each not in ("images", "classes"))
    values = arrays[name]
    values = values[:, np.newaxis] if values.ndim == 1 else values
    is_ranked = name != "logits"
    check_shape(values.shape, limits, is_ranked=is_ranked)
    if is_ranked and name[3:] and int(name[3:]) != values.shape[1]:
        raise InvalidPredictions(f"{name} names {name[3:]} classes per image, but has {values.shape[1]} columns.")
    if values.dtype.kind not in ("iuUS" if is_ranked else "iuf"):
        expected = "class ids as text, or whole numbers" if is_ranked else "numbers"
        raise InvalidPredictions(f"{name} holds values of type {values.dtype}; expected {expected}.")
    for each, array in arrays.items():
        _check_text(array, each)
    images, classes = arrays.get("images"), arrays.get("classes")
    return Sheet(
        images=None if images is None else texts(images, "images"),
        values=values,
        is_ranked=is_ranked,
        class_ids=None if classes is None else texts(classes, "classes"),
    )


def _check_text(array: NDArray[Any], name: str) -> None:
    """Numbers that are no characters would break wherever the text is used."""
    if array.dtype.kind != "U" or not array.dtype.itemsize:
        return
    codes = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("="))).view(np.uint32)
    if ((codes > LAST_CHARACTER) | ((codes >= 0xD800) & (codes <= 0xDFFF))).any():
        raise InvalidPredictions(f"{name} holds what is no text.")


def texts(values: NDArray[Any], what: str) -> list[str]:
    """A row of names, as text: whole numbers are ids."""
    if values.ndim != 1 or values.dtype.kind not in "iuUS":
        raise InvalidPredictions(
            f"{what} have shape {values.shape} and type {values.dtype}; expected one row of text or of whole numbers."
        )
    if values.dtype.kind == "S":
        try:
            return [each.decode() for each in values.tolist()]
        except UnicodeDecodeError as error:
            raise InvalidPredictions(f"{what} hold bytes that are not UTF-8 text.") from error
    return [str(each) for each in values.tolist()]
