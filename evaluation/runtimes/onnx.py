"""ONNX files on ONNX Runtime. The file comes from outside: its structure is read before it is run."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from evaluation.errors import InvalidClassifier
from evaluation.runtimes.base import register
from evaluation.runtimes.penultimate import features_of

MAX_BYTES = 2_000_000_000  # protobuf itself ends at 2 GiB
DOMAINS = ("", "ai.onnx", "ai.onnx.ml")
INPUT_TYPES = {"FLOAT": np.float32, "FLOAT16": np.float16, "DOUBLE": np.float64, "UINT8": np.uint8}
OUTPUT_TYPES = ("FLOAT", "FLOAT16", "DOUBLE")
OUTPUT_NAMES = ("logits", "probabilities")
CUDA = "CUDAExecutionProvider"
SILENT = 4
MAX_SECONDS = 100.0  # for one batch: below the lease, which is renewed after each

Dimensions = tuple[int | None, ...]


@dataclass(frozen=True)
class Port:
    """An input or output of the graph; a dimension that is not fixed is None."""

    name: str
    element: str
    dimensions: Dimensions | None

    def __str__(self) -> str:
        if self.dimensions is None:
            return f"{self.name!r} ({self.element})"
        shape = " × ".join("any" if size is None else str(size) for size in self.dimensions)
        return f"{self.name!r} ({self.element}, {shape})"


@register("onnx")
class OnnxRuntime:
    """An ONNX file with one image input and one output of a number per class."""

    def __init__(self, session: Any, image: Port, output: Port) -> None:
        self.session = session
        self.image = image
        self.output = output
        self.dtype = INPUT_TYPES[image.element]
        self.takes_whole_numbers = image.element == "UINT8"

    @classmethod
    def load(cls, content: bytes, *, input_shape: tuple[int, ...], num_classes: int) -> Self:
        graph = _checked(content).graph
        image = _image_input(graph, input_shape)
        output = _class_output(graph, num_classes)
        return cls(_session(content), image, output)

    @classmethod
    def load_features(cls, content: bytes, *, input_shape: tuple[int, ...], num_classes: int) -> Self:
        """The same file, to answer with what its last layer is fed with; `InvalidClassifier` where there is none."""
        import onnx

        parsed = _checked(content)
        image = _image_input(parsed.graph, input_shape)
        name = features_of(parsed.graph, _class_output(parsed.graph, num_classes).name)
        if name not in {value.name for value in parsed.graph.output}:
            parsed.graph.output.append(onnx.ValueInfoProto(name=name))  # the runtime infers what it is
        return cls(_session(parsed.SerializeToString()), image, Port(name, "FLOAT", None))

    def predict(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        rows = [self._run(part) for part in self._parts(batch.astype(self.dtype, copy=False))]
        return np.concatenate(rows)[: len(batch)].astype(np.float32)

    def _parts(self, batch: NDArray[Any]) -> Iterator[NDArray[Any]]:
        """The batch as the graph takes it: whole, or in parts of the one size it was exported for."""
        assert self.image.dimensions is not None
        size = self.image.dimensions[0]
        if size is None:
            yield batch
            return
        for start in range(0, len(batch), size):
            part = batch[start : start + size]
            yield np.concatenate([part, np.zeros((size - len(part), *batch.shape[1:]), batch.dtype)])

    def _run(self, batch: NDArray[Any]) -> NDArray[Any]:
        """Run the graph once; one that does not come to an end is stopped."""
        import onnxruntime

        options = onnxruntime.RunOptions()
        options.log_severity_level = SILENT
        is_late = threading.Event()

        def stop() -> None:
            is_late.set()
            options.terminate = True

        timer = threading.Timer(MAX_SECONDS, stop)
        timer.start()
        try:
            return np.asarray(self.session.run([self.output.name], {self.image.name: batch}, options)[0])
        except Exception as error:
            if is_late.is_set():
                raise TimeoutError(f"stopped after {MAX_SECONDS:g} s on {len(batch)} images") from error
            raise
        finally:
            timer.cancel()


def _checked(content: bytes) -> Any:
    """The parsed file, known to be whole, valid and free of anything outside itself."""
    # Imported here: a slow import, and a web process never runs a classifier.
    import onnx

    if len(content) > MAX_BYTES:
        raise InvalidClassifier(f"The file has {len(content):,} bytes; at most {MAX_BYTES:,} are taken.")
    try:
        parsed = onnx.load_model_from_string(content)
    except Exception as error:
        raise InvalidClassifier(f"This is not an ONNX file, or it is damaged or cut short: {error}") from error
    _refuse_external_data(parsed)
    _refuse_custom_operators(parsed)
    try:
        onnx.checker.check_model(content)
    except Exception as error:
        raise InvalidClassifier(f"The ONNX file is not valid: {_first_line(error)}") from error
    return parsed


def _messages(message: Any) -> Iterator[Any]:
    """This protobuf message and all inside it, whatever the field: no tensor can hide in a new place."""
    waiting = [message]
    while waiting:
        current = waiting.pop()
        yield current
        for field, value in current.ListFields():
            if field.message_type is not None:
                waiting.extend(value if hasattr(value, "__len__") else [value])


def _refuse_external_data(parsed: Any) -> None:
    import onnx

    for message in _messages(parsed):
        if not isinstance(message, onnx.TensorProto):
            continue
        if message.data_location == onnx.TensorProto.EXTERNAL or message.external_data:
            location = next((entry.value for entry in message.external_data if entry.key == "location"), "")
            raise InvalidClassifier(
                f"The tensor {message.name!r} keeps its numbers in another file ({location!r}). "
                "Save the classifier as one file, without external data."
            )


def _refuse_custom_operators(parsed: Any) -> None:
    import onnx

    own = {function.domain for function in parsed.functions}
    for message in _messages(parsed):
        if isinstance(message, onnx.NodeProto) and message.domain not in own and message.domain not in DOMAINS:
            raise InvalidClassifier(
                f"The file uses the operator {message.op_type!r} of {message.domain!r}. "
                "Only the standard operators (ai.onnx, ai.onnx.ml) are taken."
            )


def _image_input(graph: Any, input_shape: tuple[int, ...]) -> Port:
    constants = {tensor.name for tensor in graph.initializer}
    inputs = [_port(value) for value in graph.input if value.name not in constants]
    expected = f"any × {' × '.join(map(str, input_shape))}"
    if len(inputs) != 1:
        raise InvalidClassifier(
            f"Expected one input, the image ({expected}); found {len(inputs)}: {_listed(inputs) or 'none'}."
        )
    image = inputs[0]
    if image.element not in INPUT_TYPES:
        raise InvalidClassifier(f"Expected an input of {', '.join(INPUT_TYPES)}; found {image}.")
    if image.dimensions is None or not _fits(image.dimensions[1:], input_shape):
        raise InvalidClassifier(f"The preprocessing makes images of {expected}; the file's input is {image}.")
    return image


def _class_output(graph: Any, num_classes: int) -> Port:
    outputs = [_port(value) for value in graph.output]
    suitable = [
        port
        for port in outputs
        if port.element in OUTPUT_TYPES and (port.dimensions is None or _fits(port.dimensions[1:], (num_classes,)))
    ]
    if len(suitable) > 1:
        suitable = [port for name in OUTPUT_NAMES for port in suitable if port.name == name][:1]
    if not suitable:
        raise InvalidClassifier(
            f"Expected one output with a number for each of {num_classes} classes (of several, the one named "
            f"'logits' or 'probabilities'); found {_listed(outputs) or 'none'}."
        )
    return suitable[0]


def _port(value: Any) -> Port:
    import onnx

    kind = value.type.WhichOneof("value")
    if kind != "tensor_type":
        return Port(value.name, kind or "no type", None)
    tensor = value.type.tensor_type
    dimensions = tuple(dim.dim_value if dim.dim_value > 0 else None for dim in tensor.shape.dim)
    element = onnx.TensorProto.DataType.Name(tensor.elem_type)
    return Port(value.name, element, dimensions if tensor.HasField("shape") else None)


def _fits(found: Dimensions, expected: tuple[int, ...]) -> bool:
    return len(found) == len(expected) and all(a is None or a == b for a, b in zip(found, expected, strict=True))


def _session(content: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = SILENT
    options.intra_op_num_threads = settings.SCORING_THREADS
    options.inter_op_num_threads = 1
    # Waiting threads sleep: several consumers share the cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Without this, a file that reads as ONNX above could be taken for another format here, unchecked.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    try:
        session = onnxruntime.InferenceSession(content, options, providers=providers())
    except Exception as error:
        raise InvalidClassifier(f"ONNX Runtime can't load the file: {_first_line(error)}") from error
    if settings.SCORING_DEVICE.startswith("cuda") and CUDA not in session.get_providers():
        # It takes the CPU without a word then.
        raise InvalidClassifier(
            f"SCORING_DEVICE is {settings.SCORING_DEVICE}, but ONNX Runtime can't use it: the driver, CUDA or cuDNN is "
            "missing, or not of the version that it needs."
        )
    return session


def providers() -> list[Any]:
    """What runs the file, by preference: a GPU where one is wanted and this installation has the part for it."""
    import onnxruntime

    device, _, number = settings.SCORING_DEVICE.partition(":")
    has_cuda = CUDA in onnxruntime.get_available_providers()
    if device == "cuda" and not has_cuda:
        raise InvalidClassifier(
            f"SCORING_DEVICE is {settings.SCORING_DEVICE}, but this ONNX Runtime has no CUDA; install onnxruntime-gpu "
            "in the place of onnxruntime."
        )
    if not has_cuda or device == "cpu":
        return ["CPUExecutionProvider"]
    onnxruntime.preload_dlls()  # of CUDA, where they were installed as packages
    return [(CUDA, {"device_id": int(number or 0)}), "CPUExecutionProvider"]


def _listed(ports: list[Port]) -> str:
    return ", ".join(map(str, ports))


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:500]
