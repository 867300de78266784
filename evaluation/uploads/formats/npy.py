"""One array of numpy: numbers alone, or records with the fields that npz calls its arrays by."""

import io
import math
import re
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from evaluation.errors import InvalidPredictions
from evaluation.uploads.formats.base import MAX_BYTES, MAX_CLASS_ID, MAX_NAME, Limits, Sheet, register, sheet_of, shown

TOP = re.compile(r"top(?:[1-9]\d{0,4})?")
PLAIN = "iufUS"
CHARACTER = {"U": 4, "S": 1}
"""Bytes of one; every text of an array takes as many as the longest."""


@register("npy")
class Npy:
    """A file of numpy's `save`. Objects are never unpickled."""

    mark = b"\x93NUMPY"

    def read(self, content: bytes, limits: Limits) -> Sheet:
        array = read_array(io.BytesIO(content), "The array", limits)
        if array.dtype.names:
            names = array.dtype.names
            check_names(names)
            return sheet_of({name: array[name] for name in names if is_known(name)}, limits)
        is_ranked = array.dtype.kind in "iuUS"
        return sheet_of({"top" if is_ranked else "logits": array}, limits)


def is_known(name: str) -> bool:
    return name in ("images", "classes", "logits") or TOP.fullmatch(name) is not None


def check_names(names: Any) -> None:
    """There is exactly one array of predictions."""
    found = [name for name in names if is_known(name) and name not in ("images", "classes")]
    if len(found) != 1:
        have = ", ".join(shown(name) for name in list(names)[:20])
        raise InvalidPredictions(
            f"Expected one array called top (or top1, top5, …) or logits, beside images; the file has {have}."
        )


def read_array(file: IO[bytes], name: str, limits: Limits) -> NDArray[Any]:
    """Read the header first: what it announces is checked before it is unpacked, and no more is read than that."""
    shape, is_fortran, dtype = _header(file, name)
    kinds = [dtype.fields[field][0].base for field in dtype.names] if dtype.names and dtype.fields else [dtype]
    if any(kind.kind not in PLAIN or kind.itemsize > 4 * MAX_NAME for kind in kinds):
        raise InvalidPredictions(
            f"{name} has the type {shown(dtype)}; expected numbers or text of at most {MAX_NAME:,} characters. Python "
            "objects are not read: they could run code."
        )
    _check_shape(shape, name, limits)
    if len(shape) == 2 and dtype.kind in CHARACTER and dtype.itemsize > MAX_CLASS_ID * CHARACTER[dtype.kind]:
        raise InvalidPredictions(
            f"{name} has the type {shown(dtype)}; class ids have at most {MAX_CLASS_ID} characters."
        )
    num_bytes = math.prod(shape) * dtype.itemsize
    if num_bytes > MAX_BYTES:
        raise InvalidPredictions(f"{name} unpacks to {num_bytes:,} bytes; at most {MAX_BYTES:,} are taken.")
    packed = file.read(num_bytes + 1)
    if len(packed) != num_bytes:
        raise InvalidPredictions(f"{name} announces {num_bytes:,} bytes of values and has {len(packed):,} or more.")
    return np.frombuffer(packed, dtype=dtype).reshape(shape, order="F" if is_fortran else "C")


def _check_shape(shape: tuple[int, ...], name: str, limits: Limits) -> None:
    most = (max(limits.num_rows, limits.num_classes), limits.num_classes)
    if len(shape) not in (1, 2) or any(not 1 <= size <= at_most for size, at_most in zip(shape, most, strict=False)):
        raise InvalidPredictions(
            f"{name} has shape {shape}; expected a row for each of the set's {limits.num_images:,} images and at most "
            f"{limits.num_classes:,} columns, as many as the study has classes."
        )


def _header(file: IO[bytes], name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    try:
        version = npy.read_magic(file)
        reader = readers.get(version)
        if reader is not None:
            return reader(file)
    except Exception as error:  # numpy parses the header as Python, and lets through whatever that raises
        raise InvalidPredictions(f"{name} can't be read as a numpy array: {str(error)[:200]}.") from error
    raise InvalidPredictions(f"{name} is written in version {version} of npy; save it with numpy's save.")
