"""Torch programs and weights, on the CPU or on CUDA, with gradients. Nothing is ever unpickled."""

from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from evaluation.errors import InvalidClassifier
from evaluation.runtimes.base import register

ZIP = b"PK\x03\x04"


@register("torch")
class TorchRuntime:
    """A network with one image input and one output of a number per class."""

    def __init__(self, network: Any, *, dtype: Any, batch_size: int | None = None) -> None:
        import torch

        self.device = torch.device(_device())
        self.dtype = dtype
        self.batch_size = batch_size  # where the program was exported for one size alone
        self.takes_whole_numbers = dtype == torch.uint8
        self.is_brief = self.device.type == "cuda" and settings.TORCH_PRECISION == "bfloat16"
        self.network = network.eval().requires_grad_(False).to(self.device)
        if self.is_brief:
            self.network.to(memory_format=torch.channels_last)
        if self.device.type == "cpu":
            torch.set_num_threads(settings.SCORING_THREADS)

    @classmethod
    def load(cls, content: bytes, *, input_shape: tuple[int, ...], num_classes: int) -> Self:
        require_torch()
        if content.startswith(ZIP):
            return cls._of_program(content, input_shape, num_classes)
        import torch

        from evaluation.runtimes import architectures

        name = architectures.architecture_of(content)
        network = architectures.built(name, architectures.weights_of(content), num_classes)
        return cls(network, dtype=torch.float32)

    @classmethod
    def _of_program(cls, content: bytes, input_shape: tuple[int, ...], num_classes: int) -> Self:
        from evaluation.runtimes.programs.archive import opened
        from evaluation.runtimes.programs.graph import Program

        program = Program(opened(content))
        batch_size = program.image_sizes[0] if program.image_sizes else None
        _check("image input", program.image_sizes, (batch_size, *input_shape))
        _check("output", program.output_sizes, (batch_size, num_classes))
        return cls(program, dtype=program.image_dtype, batch_size=batch_size)

    def predict(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        import torch

        with torch.inference_mode():
            return self._in_parts(batch, lambda part, _: self._logits(part))

    def gradient(self, batch: NDArray[np.float32], labels: NDArray[np.intp]) -> NDArray[np.float32]:
        import torch

        def uphill(part: Any, places: slice) -> Any:
            part.requires_grad_(True)
            wanted = torch.from_numpy(labels[places]).to(self.device)
            logits = self._logits(part.clone())[: len(wanted)]
            loss = torch.nn.functional.cross_entropy(logits, wanted, reduction="sum")
            return torch.autograd.grad(loss, part)[0]

        with torch.enable_grad():
            return self._in_parts(batch, uphill)

    def _logits(self, part: Any) -> Any:
        import torch

        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.is_brief):
            return self.network(part).float()

    def _in_parts(self, batch: NDArray[np.float32], of_part: Callable[[Any, slice], Any]) -> NDArray[np.float32]:
        rows = [
            of_part(self._tensor(batch[places]), places)[: len(batch[places])].float().cpu().numpy()
            for places in self._places(len(batch))
        ]
        return np.concatenate(rows)

    def _places(self, length: int) -> Iterator[slice]:
        size = self.batch_size or max(length, 1)
        for start in range(0, length, size):
            yield slice(start, min(start + size, length))

    def _tensor(self, part: NDArray[np.float32]) -> Any:
        """As the network takes it: of its type, on its device, filled up with black to the size it was exported for."""
        import torch

        missing = (self.batch_size or len(part)) - len(part)
        if missing:
            part = np.concatenate([part, np.zeros((missing, *part.shape[1:]), part.dtype)])
        # A copy: a network may work on its input in place. From pinned memory a GPU fetches it by itself.
        is_pinned = self.device.type == "cuda"
        copy = torch.empty(part.shape, dtype=torch.float32, pin_memory=is_pinned)
        copy.numpy()[...] = part
        moved = copy.to(self.device, non_blocking=is_pinned).to(self.dtype)
        return moved.to(memory_format=torch.channels_last) if self.is_brief and moved.ndim == 4 else moved


def require_torch() -> None:
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise InvalidClassifier(
            "This runtime needs torch, which is not installed here: pip install 'twinset[torch]'."
        ) from error


def _device() -> str:
    import torch

    if settings.SCORING_DEVICE != "auto":
        return str(settings.SCORING_DEVICE)
    return "cuda" if torch.cuda.is_available() else "cpu"


def _check(what: str, found: tuple[int | None, ...], expected: tuple[int | None, ...]) -> None:
    fits = len(found) == len(expected) and all(a is None or a == b for a, b in zip(found, expected, strict=True))
    if not fits:
        told = [" × ".join("any" if size is None else str(size) for size in sizes) for sizes in (expected, found)]
        raise InvalidClassifier(f"Expected an {what} of {told[0]}; the program's is {told[1] or 'a single number'}.")
