"""The networks of `networks.py` as exported torch programs."""

import io
from typing import Any

import pytest

from tests.benchmarks.scoring.networks import BOTTLENECKS, SIDE

torch = pytest.importorskip("torch")  # it is looked through for examples like any file
nn = torch.nn


def small(num_classes: int) -> bytes:
    layers = [_convolved(3, 16, 7, 4), _convolved(16, 32, 3, 2), _convolved(32, 64, 3, 2)]
    return _exported(nn.Sequential(*layers, *_head(64, num_classes)))


def resnet50(num_classes: int) -> bytes:
    layers: list[Any] = [_convolved(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1)]
    num_channels = 64
    for num_blocks, width, stride in BOTTLENECKS:
        for number in range(num_blocks):
            layers.append(Bottleneck(num_channels, width, stride if number == 0 else 1))
            num_channels = 4 * width
    return _exported(nn.Sequential(*layers, *_head(num_channels, num_classes)))


class Bottleneck(nn.Module):
    def __init__(self, num_channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.inside = nn.Sequential(
            _convolved(num_channels, width, 1),
            _convolved(width, width, 3, stride),
            nn.Conv2d(width, 4 * width, 1),
        )
        is_changed = num_channels != 4 * width or stride > 1
        self.beside = nn.Conv2d(num_channels, 4 * width, 1, stride) if is_changed else nn.Identity()

    def forward(self, image: Any) -> Any:
        return torch.relu(self.inside(image) + self.beside(image))


def _convolved(num_channels: int, num_filters: int, side: int, stride: int = 1) -> Any:
    return nn.Sequential(nn.Conv2d(num_channels, num_filters, side, stride, side // 2), nn.ReLU())


def _head(num_channels: int, num_classes: int) -> list[Any]:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(num_channels, num_classes)]


def _exported(network: Any) -> bytes:
    images = (torch.zeros(2, 3, SIDE, SIDE),)
    program = torch.export.export(network.eval(), images, dynamic_shapes=({0: torch.export.Dim("n")},))
    buffer = io.BytesIO()
    torch.export.save(program, buffer)
    return buffer.getvalue()
