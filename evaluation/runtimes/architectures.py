"""Networks by name, for weights that come without a program; what a file of weights says is only numbers."""

import json
import struct
from collections.abc import Mapping
from typing import Any

import torch

from evaluation.errors import InvalidClassifier

MAX_HEADER = 100_000_000
TORCHVISION = "torchvision/"


def architecture_of(content: bytes) -> str:
    """The name in the file's metadata, under `architecture`."""
    try:
        (length,) = struct.unpack("<Q", content[:8])
        header = json.loads(content[8 : 8 + min(length, MAX_HEADER)])
        name = header.get("__metadata__", {}).get("architecture")
    except (struct.error, ValueError, AttributeError, RecursionError) as error:
        raise InvalidClassifier(
            "This is neither a program of torch.export (.pt2) nor a safetensors file; pickled files are not taken."
        ) from error
    if not isinstance(name, str):
        raise InvalidClassifier(
            'The weights do not say what they belong to; save them with metadata={"architecture": NAME}.'
        )
    return name


def weights_of(content: bytes) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return dict(load(content))
    except (SafetensorError, KeyError, ValueError, RuntimeError) as error:
        raise InvalidClassifier(f"The safetensors file is damaged: {error}") from error


def built(name: str, weights: Mapping[str, torch.Tensor], num_classes: int) -> torch.nn.Module:
    """The network of this name with these weights, which must fit to the last one."""
    network = _mlp(weights) if name == "mlp" else _torchvision(name, num_classes)
    return filled(network, weights)


def filled(network: torch.nn.Module, weights: Mapping[str, torch.Tensor]) -> torch.nn.Module:
    try:
        network.load_state_dict(weights, strict=True)
    except RuntimeError as error:
        raise InvalidClassifier(f"The weights do not fit their architecture: {str(error)[:500]}") from error
    return network


def _mlp(weights: Mapping[str, torch.Tensor]) -> torch.nn.Module:
    """Flat pixels, then `layers.0`, `layers.1`, …: linear, with ReLU between them; sizes are those of the weights."""
    layers = torch.nn.ModuleDict()
    while (found := weights.get(f"layers.{len(layers)}.weight")) is not None:
        if found.ndim != 2:
            raise InvalidClassifier(f"layers.{len(layers)}.weight has {found.ndim} dimensions; expected 2.")
        layers[str(len(layers))] = torch.nn.Linear(found.shape[1], found.shape[0])
    if not layers:
        raise InvalidClassifier("The weights of an mlp are called layers.0.weight, layers.0.bias, layers.1.weight, ….")
    return _Mlp(layers)


class _Mlp(torch.nn.Module):
    def __init__(self, layers: torch.nn.ModuleDict) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        values = image.flatten(1)
        for number, layer in enumerate(self.layers.values()):
            values = layer(values if number == 0 else torch.relu(values))
        return values


def _torchvision(name: str, num_classes: int) -> Any:
    if not name.startswith(TORCHVISION):
        raise InvalidClassifier(f"There is no architecture {name!r:.60}; there are: mlp, {TORCHVISION}NAME.")
    try:
        from torchvision import models
    except ImportError as error:
        raise InvalidClassifier(f"{name!r:.60} needs torchvision, which is not installed.") from error
    short = name.removeprefix(TORCHVISION)
    if short not in models.list_models(module=models):
        raise InvalidClassifier(f"torchvision has no classifier {short!r:.60}.")
    return models.get_model(short, weights=None, num_classes=num_classes)
