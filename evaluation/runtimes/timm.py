"""Networks of timm by name, weights from a safetensors file, and the preprocessing that timm says belongs to them."""

from collections.abc import Mapping
from typing import Any, Self

from evaluation.errors import InvalidClassifier
from evaluation.preprocessing import Preprocessing
from evaluation.runtimes.base import register
from evaluation.runtimes.torch import TorchRuntime, require_torch


@register("timm")
class TimmRuntime(TorchRuntime):
    """A safetensors file whose metadata names the network, such as `architecture: resnet50.a1_in1k`."""

    @classmethod
    def load(cls, content: bytes, *, input_shape: tuple[int, ...], num_classes: int) -> Self:
        require_torch()
        import torch

        from evaluation.runtimes import architectures

        network = _network(architectures.architecture_of(content), num_classes=num_classes)
        return cls(architectures.filled(network, architectures.weights_of(content)), dtype=torch.float32)


def own_preprocessing(content: bytes) -> Preprocessing:
    """What timm says that the named network was trained with."""
    require_torch()
    from evaluation.runtimes import architectures

    network = _network(architectures.architecture_of(content))
    from timm.data import resolve_data_config

    return from_data_config(resolve_data_config({}, model=network))


def from_data_config(config: Mapping[str, Any]) -> Preprocessing:
    """The preprocessing of a data configuration as timm writes it."""
    if (mode := config.get("crop_mode", "center")) != "center":
        raise InvalidClassifier(
            f"timm prepares images for this network by the crop mode {mode!r}; only 'center' is done."
        )
    channels, height, width = config["input_size"]
    if channels not in (1, 3):
        raise InvalidClassifier(f"The network takes {channels} channels; expected 1 or 3.")
    return Preprocessing.from_json(
        {
            "size": [height, width],
            "resample": config["interpolation"],
            "crop_fraction": config["crop_pct"],
            "colour": "RGB" if channels == 3 else "L",
            "mean": list(config["mean"]),
            "std": list(config["std"]),
        }
    )


def _network(name: str, **options: Any) -> Any:
    try:
        import timm
    except ImportError as error:
        raise InvalidClassifier(
            "This runtime needs timm, which is not installed here: pip install 'twinset[timm]'."
        ) from error
    if not timm.is_model(name):
        raise InvalidClassifier(f"timm has no network {name!r:.60}.")
    return timm.create_model(name, pretrained=False, **options)
