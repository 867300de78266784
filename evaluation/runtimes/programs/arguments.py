"""What an operator is given: values made before, or numbers written in the file."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch

from evaluation.errors import InvalidClassifier
from evaluation.runtimes.programs.archive import DTYPES, STRIDED

Values = dict[str, Any]
"""By name; the device is under the empty one."""
Reader = Callable[[Values], Any]

LITERALS = {
    "as_int": int, "as_ints": list, "as_float": float, "as_floats": list, "as_bool": bool, "as_bools": list,
    "as_string": str,
}  # fmt: skip
MEMORY_FORMATS = {
    1: torch.contiguous_format, 2: torch.channels_last, 3: torch.channels_last_3d, 4: torch.preserve_format,
}  # fmt: skip
NAMED = ("as_tensor", "as_sym_int", "as_sym_float", "as_sym_bool", "as_optional_tensor")
LISTS = ("as_tensors", "as_optional_tensors", "as_sym_ints", "as_sym_floats", "as_sym_bools")


def argument(written: Mapping[str, Any]) -> Reader:
    """What reads this argument when the operator is run."""
    ((kind, value),) = written.items()
    if kind in LITERALS:
        return _always(LITERALS[kind](value))
    if kind in NAMED:
        return _single(value)
    if kind in LISTS:
        readers = [_single(each) for each in value]
        return lambda values: [read(values) for read in readers]
    if kind == "as_none":
        return _always(None)
    if kind == "as_scalar_type":
        return _always(DTYPES[value])
    if kind == "as_memory_format":
        return _always(MEMORY_FORMATS[value])
    if kind == "as_layout" and value == STRIDED:
        return _always(torch.strided)
    if kind == "as_device":
        return lambda values: values[""]  # wherever the program was exported, it runs where its input is
    raise InvalidClassifier(f"The program uses an argument of the kind {kind!r:.40}, which is not taken.")


def names_in(written: Mapping[str, Any]) -> Iterator[str]:
    """The values made before that this argument needs."""
    ((kind, value),) = written.items()
    if kind in NAMED or kind in LISTS:
        for each in value if kind in LISTS else [value]:
            if (name := _name(each)) is not None:
                yield name


def _single(value: Mapping[str, Any]) -> Reader:
    name = _name(value)
    if name is not None:
        return lambda values: values[name]
    return _always(next((value[key] for key in ("as_int", "as_float", "as_bool") if key in value), None))


def _name(value: Mapping[str, Any]) -> str | None:
    """Either form of a reference: a tensor's, perhaps wrapped as optional, or a number's."""
    found = value.get("name") or value.get("as_name") or value.get("as_tensor", {}).get("name")
    return None if found is None else str(found)


def _always(value: Any) -> Reader:
    return lambda _: value
