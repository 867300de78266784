"""Small torch networks, exported on the spot."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

SHAPE = (3, 8, 8)


def convolutional(num_classes: int = 3) -> Any:
    """Convolution, normalization, pooling, a residual and a linear layer, with statistics that are not standard."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 6, 3, padding=1),
        torch.nn.BatchNorm2d(6),
        torch.nn.ReLU(inplace=True),
        Residual(torch.nn.Conv2d(6, 6, 3, padding=1)),
        torch.nn.MaxPool2d(2),
        torch.nn.Dropout(),
        torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(),
        torch.nn.Linear(6, num_classes),
    )
    network.train()
    with torch.no_grad():
        network(torch.randn(64, *SHAPE))
    return network.eval()


class Residual(torch.nn.Module):
    def __init__(self, inside: Any) -> None:
        super().__init__()
        self.inside = inside

    def forward(self, values: Any) -> Any:
        return values + torch.nn.functional.gelu(self.inside(values))


class Attention(torch.nn.Module):
    """Patches that look at one another, as in a vision transformer; reads its sizes from its input."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.patches = torch.nn.Conv2d(3, 8, 4, stride=4)
        self.token = torch.nn.Parameter(torch.randn(1, 1, 8))
        self.layer = torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=True, activation="gelu")
        self.head = torch.nn.Linear(8, 3)

    def forward(self, image: Any) -> Any:
        rows = self.patches(image).flatten(2).transpose(1, 2)
        whole = torch.cat([self.token.expand(rows.shape[0], -1, -1), rows], dim=1)
        return self.head(self.layer(whole)[:, 0].reshape(image.shape[0], -1)).softmax(dim=-1)


def exported(network: Any, *, batch: int | None = None, shape: tuple[int, ...] = SHAPE, dtype: Any = None) -> bytes:
    """As torch.export saves it: for any number of images, or for one alone."""
    example = torch.zeros(batch or 2, *shape, dtype=dtype or torch.float32)
    shapes = None if batch else ({0: torch.export.Dim("n")},)
    buffer = io.BytesIO()
    torch.export.save(torch.export.export(network, (example,), dynamic_shapes=shapes), buffer)
    return buffer.getvalue()


def rewritten(content: bytes, change: Callable[[str, bytes], bytes | None], compression: int = 0) -> bytes:
    """The same archive with parts changed, or left out where `change` says None."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", compression) as new:
        for info in old.infolist():
            part = change(info.filename, old.read(info))
            if part is not None:
                new.writestr(info.filename, part)
    return made.getvalue()


def edited(content: bytes, ending: str, change: Callable[[Any], None]) -> bytes:
    """The same archive with the JSON of one part changed."""

    def edit(name: str, part: bytes) -> bytes:
        if not name.endswith(ending):
            return part
        found = json.loads(part)
        change(found)
        return json.dumps(found).encode()

    return rewritten(content, edit)


def images(number: int, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    return np.random.default_rng(4).normal(size=(number, *shape)).astype(np.float32)
