"""What is in a .pt2 file: a zip of JSON and raw numbers. What could only be read by pickle is refused."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from evaluation.errors import InvalidClassifier

MODEL = "models/model.json"
WEIGHTS = "data/weights/"
CONSTANTS = "data/constants/"
CONFIGS = {WEIGHTS: "data/weights/model_weights_config.json", CONSTANTS: "data/constants/model_constants_config.json"}
SCHEMA = 8
DTYPES = {
    1: torch.uint8, 2: torch.int8, 3: torch.int16, 4: torch.int32, 5: torch.int64, 6: torch.float16, 7: torch.float32,
    8: torch.float64, 12: torch.bool, 13: torch.bfloat16,
}  # fmt: skip
STRIDED = 7


@dataclass(frozen=True)
class Archive:
    """The program's graph as it is written, and its tensors by their full names."""

    module: Mapping[str, Any]
    tensors: Mapping[str, torch.Tensor]


def opened(content: bytes) -> Archive:
    """Read the parts that a program consists of; any other part of the file is not looked at."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            parts = _Parts(file)
            program = parts.json(MODEL)
            version = program["schema_version"]["major"]
            if version != SCHEMA:
                raise InvalidClassifier(f"The program has schema {version}; {SCHEMA} is read.")
            tensors = parts.tensors(WEIGHTS) | parts.tensors(CONSTANTS)
            return Archive(program["graph_module"], tensors)
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, AttributeError, RecursionError, RuntimeError) as error:
        raise InvalidClassifier(f"This is no program of torch.export, or it is damaged: {error!r:.300}") from error


class _Parts:
    """The parts of a file, whose names all begin with the same folder."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self.file = file
        self.root = next((name.removesuffix(MODEL) for name in file.namelist() if name.endswith(f"/{MODEL}")), None)
        if self.root is None:
            raise InvalidClassifier(
                f"The archive has no {MODEL}. Save the program with torch.export.save of torch 2.8 or newer; "
                "a TorchScript file or a pickled module is not taken."
            )

    def read(self, name: str) -> bytes:
        info = self.file.getinfo(f"{self.root}{name}")
        if info.compress_type != zipfile.ZIP_STORED:
            raise InvalidClassifier(f"{name} is compressed, which torch.export.save does not do.")
        return self.file.read(info)

    def json(self, name: str) -> Any:
        return json.loads(self.read(name))

    def tensors(self, folder: str) -> dict[str, torch.Tensor]:
        config = self.json(CONFIGS[folder])["config"]
        buffers: dict[str, bytearray] = {}
        found = {}
        for name, entry in config.items():
            path = entry["path_name"]
            if entry["use_pickle"] or not path.startswith(("weight_", "tensor_")):
                raise InvalidClassifier(f"{name} is stored by pickle, which could run anything; it is not taken.")
            if path not in buffers:
                buffers[path] = bytearray(self.read(f"{folder}{path}"))
            found[name] = _tensor(buffers[path], entry["tensor_meta"])
        return found


def _tensor(buffer: bytearray, meta: Mapping[str, Any]) -> torch.Tensor:
    if meta["layout"] != STRIDED or meta["dtype"] not in DTYPES:
        raise InvalidClassifier("A tensor is of a kind that is not read: only dense ones of common numbers are.")
    dtype = DTYPES[meta["dtype"]]
    flat = torch.frombuffer(buffer, dtype=dtype) if buffer else torch.empty(0, dtype=dtype)
    sizes, strides = ([size["as_int"] for size in meta[key]] for key in ("sizes", "strides"))
    return flat.as_strided(sizes, strides, meta["storage_offset"]["as_int"])  # checks the bounds of the buffer
